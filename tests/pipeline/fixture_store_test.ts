/**
 * A store of an earlier version is opened, backed up, restored; what was restored acts with the same numbers, and is continued with the same job ids; where the
 * machine computes as the one did that made it, with the same bytes.
 */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { cp, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withFolder } from "../fakes/test_folder.ts";
import { finishedJobs, runCommand } from "./embedded.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/store_0.2/", import.meta.url));
/** Profiles round differently; another policy is further away by far. */
const TOLERANCE = 2e-3;

interface Act {
  task: number;
  seed: number;
  version?: number;
  observations: number[][];
  answer: { version: number; actions: number[][] };
}
type Jobs = Record<string, { kind: string; outputs: Record<string, string> }>;
interface Recorded {
  profile: Record<string, unknown>;
  acts: Act[];
  jobs: Jobs;
  thirdTask: { jobs: Jobs; act: Act };
}

async function checkAct(store: string, { task, seed, version, observations, answer }: Act, exact: boolean) {
  const flags = version === undefined ? [] : ["--version", String(version)];
  const output = await runCommand([
    ...["act", "--learner", "fixture", "--store", store, "--task", String(task), "--seed", String(seed)],
    ...["--observations", JSON.stringify(observations), ...flags],
  ]);
  const given: Act["answer"] = JSON.parse(output);
  assertEquals(given.version, answer.version);
  if (exact) return assertEquals(given.actions, answer.actions);
  const wanted = answer.actions.flat();
  for (const [i, value] of given.actions.flat().entries()) assertAlmostEquals(value, wanted[i]!, TOLERANCE);
}

async function jobsOf(store: string): Promise<Jobs> {
  const jobs = [...await finishedJobs(store)].map(([id, { kind, outputs }]) => {
    const artifacts = Object.entries(outputs).map(([name, { artifact }]) => [name, artifact]);
    return [id, { kind, outputs: Object.fromEntries(artifacts) }] as const;
  });
  return Object.fromEntries(jobs);
}

/** Curves and rollouts hold times and measurements; weights and shards are what later work is made of. */
function bytesOf(jobs: Jobs): Record<string, string> {
  const kept = Object.entries(jobs).flatMap(([id, { outputs }]) =>
    Object.entries(outputs).filter(([name]) => ["weights", "shard"].includes(name))
      .map(([name, artifact]) => [`${id} ${name}`, artifact] as const)
  );
  return Object.fromEntries(kept);
}

/** The old half lies where it lay, whole; the new one by kind; garbage collection finds nothing in either. */
async function checkHalves(folder: string, store: string, old: string[], made: Jobs): Promise<void> {
  const places = (await readdir(join(store, "jobs"), { recursive: true }))
    .filter((path) => basename(path) === "result.json").map(dirname);
  const wanted = [...old, ...Object.entries(made).map(([id, { kind }]) => join(kind, id))];
  assertEquals(places.sort(), wanted.sort());
  const collected = join(folder, "collected");
  await cp(store, collected, { recursive: true });
  await runCommand(["gc", "--store", collected, "--grace-hours", "0"]);
  assertEquals(await jobsOf(collected), await jobsOf(store));
}

/**
 * Kind of each job, by id, but for imports: their id has the key of the file in it, and a file that is handed over lies
 * under a key of its own each time, so that nobody takes it for a dropped one (`shared/learners/acts/upload.ts`). No
 * other job's id depends on it: what an import makes goes by the hash of its content.
 */
function kindsOf(jobs: Jobs): Record<string, string> {
  const others = Object.entries(jobs).filter(([, { kind }]) => kind !== "dataset.import");
  return Object.fromEntries(others.map(([id, { kind }]) => [id, kind]));
}

Deno.test("a store of version 0.2 acts as it did then, and learns its third task with the same job ids", async () => {
  const recorded: Recorded = JSON.parse(await readFile(join(FIXTURE, "record.json"), "utf8"));
  await withFolder(async (folder) => {
    const original = join(folder, "original");
    await cp(join(FIXTURE, "store"), original, { recursive: true });
    const { answer: { version } } = recorded.acts[0]!;
    await checkAct(original, { ...recorded.acts[0]!, version }, false);
    // All that follows is done in what a backup of it gives back.
    const store = join(folder, "store");
    await runCommand(["backup", "--all", "--store", original, "--to", join(folder, "backup")]);
    await runCommand(["restore", "--from", join(folder, "backup"), "--store", store]);
    const before = await jobsOf(store);
    assertEquals(before, recorded.jobs);

    await runCommand([
      ...["run", join(FIXTURE, "task3.hdf5"), "--learner", "fixture", "--store", store, "--workers", "2"],
    ]);
    const after = await jobsOf(store);
    const made = Object.fromEntries(Object.entries(after).filter(([id]) => !(id in before)));
    assertEquals(kindsOf(made), kindsOf(recorded.thirdTask.jobs));
    assertEquals(Object.values(made).filter(({ kind }) => kind === "dataset.import").length, 1);

    const trained = [...await finishedJobs(store)].find(([id, { kind }]) =>
      id in made && kind === "states.train"
    )!;
    const exact = JSON.stringify(trained[1].profile) === JSON.stringify(recorded.profile);
    if (exact) assertEquals(bytesOf(made), bytesOf(recorded.thirdTask.jobs));
    for (const act of recorded.acts) {
      await checkAct(store, { ...act, version: act.answer.version }, exact);
    }
    if (exact) await checkAct(store, recorded.thirdTask.act, true);
    // What the third version is made of can be made again: shards that went with the decision, too.
    const statement = join(folder, "statement.json");
    await runCommand([
      ...[
        "verify",
        "3",
        "--learner",
        "fixture",
        "--store",
        store,
        "--job",
        "states.train",
        "--out",
        statement,
      ],
    ]);
    const { subject, predicate } = JSON.parse(await readFile(statement, "utf8"));
    const [job] = Object.keys(made).filter((id) => made[id]!.kind === "states.train");
    assertEquals(predicate.verificationResult, "PASSED");
    assertEquals(predicate.jobs.map(({ job }: { job: string }) => job), [job]);
    const weights = subject.find(({ name }: { name: string }) => name === `${job}/weights`);
    assertEquals(weights.digest.sha256, made[job!]!.outputs.weights);
    await checkHalves(folder, store, Object.keys(before), made);
    // A copy of both halves acts like the original.
    const copy = join(folder, "copy");
    await runCommand(["learner", "export", "fixture", copy, "--store", store]);
    await checkAct(copy, { ...recorded.acts[0]!, version: recorded.acts[0]!.answer.version }, exact);
    assertEquals(await jobsOf(copy), after);
  });
});
