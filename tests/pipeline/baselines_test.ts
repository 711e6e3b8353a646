/**
 * The methods that ours is compared with, through the command line and real workers: what they keep, and that the same jobs learn them.
 */
import { decodeShard } from "@cugro/jobs";
import { decodeTensors, type VersionFact, versionKey } from "@cugro/protocol";
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { withFolder } from "../fakes/test_folder.ts";
import { type FinishedJob, finishedJobs, runCommand, smallStream } from "./embedded.ts";

const SMOKE = [
  ...["--preset", "smoke", "--workers", "1", "--json"],
  ...[
    "stateSteps=20",
    "behaviorSteps=20",
    "criticSteps=20",
    "evaluationEpisodes=1",
    "candidates=2",
  ]
    .flatMap((knob) => ["--set", knob]),
];

const setting = (...knobs: string[]) => knobs.flatMap((knob) => ["--set", knob]);

interface Learnt {
  versions: number[];
  resultsMatrix: (number | null)[][];
}

Deno.test("cugro run learns by every baseline: kept rows and all data with VAEs, noise with GANs, elastic weights; the outputs say what is kept", () =>
  withFolder(async (folder) => {
    const store = join(folder, "store");
    const [one, two, three] = await smallStream(folder, 3);
    const learn = async (learner: string, files: string[], ...more: string[]): Promise<Learnt> =>
      JSON.parse(
        await runCommand(["run", ...files, "--learner", learner, "--store", store, ...SMOKE, ...more]),
      );
    const version = async (learner: string, n: number): Promise<VersionFact> =>
      JSON.parse(await readFile(join(store, versionKey(learner, n)), "utf8"));
    const jobsOf = async ({ jobs, kinds }: VersionFact, kind: string) => {
      const done = await finishedJobs(store);
      return await Promise.all(
        jobs.filter((_, at) => kinds![at] === kind).map(async (id) => ({
          inputs: Object.keys(
            JSON.parse(await readFile(join(store, "jobs", kind, id, "job.json"), "utf8")).job.inputs,
          ),
          result: done.get(id) as FinishedJob & { metrics: Record<string, number> },
        })),
      );
    };

    await learn("kept", [one!, two!], ...setting("replay=real-buffer", "bufferShare=0.05", "generator=vae"));
    const buffers = await jobsOf(await version("kept", 2), "actions.label");
    assertEquals(buffers.length, 2, "the old task's rows, and the new one's for later");
    const shard = await readFile(join(store, "artifacts", buffers[0]!.result.outputs.shard!.artifact));
    assertEquals(decodeShard(new Uint8Array(shard), 1).size, 60);
    const status = await runCommand(["status", "--learner", "kept", "--store", store]);
    assertStringIncludes(
      status,
      "keeps old data: rows of each task are kept and replayed (replay: real-buffer)",
    );

    // From here on all data together: nothing is taken over from the version before.
    const joint = await learn(
      "kept",
      [three!],
      "--from-next-task",
      ...setting("replay=multitask", "generator=vae"),
    );
    assertEquals(joint.resultsMatrix[2]!.filter((score) => typeof score === "number").length, 3);
    for (const kind of ["states.train", "behavior.train", "critic.train"]) {
      const [{ inputs, result }] = await jobsOf(await version("kept", 3), kind) as [
        Awaited<ReturnType<typeof jobsOf>>[number],
      ];
      assertEquals(inputs.filter((name) => name.startsWith("replay")).length, 2, kind);
      assertEquals([inputs.includes("parent"), result.metrics.steps], [false, 60], kind);
    }

    await learn(
      "noisy",
      [one!, two!],
      ...setting("replay=noise", "replayPairsPerTask=60", "shardsPerTask=1", "generator=gan"),
    );
    const fidelity = async (learner: string) =>
      (await version(learner, 2)).row.find(({ task }) => task === 1)!.fidelity as Record<string, number>;
    const [real, noise] = [await fidelity("kept"), await fidelity("noisy")];
    assertGreater(noise.slicedWasserstein!, 1.5 * real.slicedWasserstein!);
    assert((await version("noisy", 2)).decision === "published");

    await learn("held", [one!, two!], ...setting("replay=none", "regulariser=ewc", "fisherRows=4"));
    for (const kind of ["states.train", "behavior.train", "critic.train"]) {
      const [{ result }] = await jobsOf(await version("held", 2), kind) as [
        Awaited<ReturnType<typeof jobsOf>>[number],
      ];
      const file = await readFile(join(store, "artifacts", result.outputs.weights!.artifact));
      const names = Object.keys(decodeTensors(new Uint8Array(file)).tensors);
      const fisher = names.filter((name) => name.startsWith("fisher/"));
      assert(fisher.length > 3 && fisher.every((name) => names.includes(name.slice(7))), kind);
    }
  }));
