/** A file that says the wrong goal: what is done again once its label is put right, and what is not. */
import { createEmbeddedBus } from "@cugro/bus";
import { runCoordinator } from "@cugro/coordinator";
import { readDataset, writeHdf5 } from "@cugro/datasets";
import { addUploaded, createLearner, type LearnerStatus, learnerStatus, relabel } from "@cugro/learners";
import { JOB_KINDS } from "@cugro/protocol";
import { gatherReport, renderReport } from "@cugro/report";
import { openFilesystemStore, type Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { openCompute } from "@cugro/tensors";
import { runWorker } from "@cugro/worker";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { withFolder } from "../fakes/test_folder.ts";
import { finishedJobs, smallStream } from "./embedded.ts";
import { allHandlers } from "./job_runner.ts";

const overrides = { stateSteps: 20, behaviorSteps: 20, criticSteps: 20 };

/** Learners in one process, with the real work. */
interface Learning {
  store: Store;
  /** Hands files over, and learns until nothing is left to do. */
  learn(name: string, ...files: Uint8Array[]): Promise<LearnerStatus>;
}

async function withLearning(folder: string, test: (learning: Learning) => Promise<void>): Promise<void> {
  const store = await openFilesystemStore({ root: join(folder, "store") });
  const bus = createEmbeddedBus();
  const { compile, profile } = await openCompute();
  const stop = new AbortController();
  const worker = runWorker({
    ...{ store, bus, handlers: allHandlers(compile), kinds: JOB_KINDS, signal: stop.signal },
    profile: { ...profile },
    log: createLog({ level: "silent" }),
  });
  const learn: Learning["learn"] = async (learner, ...files) => {
    for (const [index, body] of files.entries()) {
      await addUploaded({ store, learner, fileName: `${index + 1}.hdf5`, body });
    }
    await runCoordinator({ store, bus, learners: [learner], until: "idle", signal: stop.signal });
    return await learnerStatus(store, learner);
  };
  try {
    await test({ store, learn });
  } finally {
    stop.abort();
    await worker;
    await bus.close();
    await store.close();
  }
}

/** The same rows, said to be of another goal. */
async function withGoal(file: string, goal: number[]): Promise<Uint8Array> {
  const { dataset } = readDataset(await readFile(file), file);
  return await writeHdf5({ ...dataset, metadata: { ...dataset.metadata, goal } });
}

Deno.test("a label put right after two tasks: two jobs are done, and the scores are those of the right file", async () => {
  await withFolder(async (folder) => {
    const [right, second] = await smallStream(folder, 2) as [string, string];
    const files = await Promise.all([right, second].map((file) => readFile(file)));
    await withLearning(folder, async ({ store, learn }) => {
      for (const name of ["mine", "reference"]) {
        await createLearner({ store, name, seed: 0, preset: "smoke", overrides });
      }
      const before = await learn("mine", await withGoal(right, [0, -1]), files[1]!);
      const jobs = await finishedJobs(join(folder, "store"));

      const { rejections: [refused] } = await learn("mine", files[0]!);
      assertStringIncludes(refused!.reason, "(goal: 0,-1 now, 1,0 in the file). If the file is right:");
      const set = { goal: /relabel 1 --set goal=(\S+) --learner mine/.exec(refused!.reason)![1] };
      const { again } = await relabel({ store, name: "mine", task: 1, set, by: "test" });
      const after = await learn("mine");

      const done = await finishedJobs(join(folder, "store"));
      const added = [...done].filter(([id]) => !jobs.has(id));
      const evaluations = added.filter(([, { kind }]) => kind === "policy.evaluate").map(([id]) => id);
      assertEquals(evaluations.sort(), again.map(({ job }) => job).sort());
      assertEquals(added.length - evaluations.length, 1, "beside them the import of the right file alone");
      for (const [id, { finished }] of jobs) assertEquals(done.get(id)!.finished, finished);

      const column = ({ resultsMatrix }: LearnerStatus, task: number) =>
        resultsMatrix.map((row) => row[task - 1]);
      assertEquals(column(after, 2), column(before, 2));
      assert(column(after, 1).every((score, version) => score !== column(before, 1)[version]));
      const measured = ({ versions }: LearnerStatus) =>
        versions.map(({ row }) => row.map(({ fidelity, valueEstimate }) => [fidelity, valueEstimate]));
      assertEquals(measured(after), measured(before), "what needs rows is as it was measured");
      assertEquals(after.rejections, []);
      const page = renderReport(await gatherReport(store, "mine"));
      assertStringIncludes(page, "run again after a label; fidelity and value from before it");

      // With the right file at once: the trainings are the very same jobs, and so are the scores.
      const reference = await learn("reference", ...files);
      const ids = new Set(
        reference.jobs.filter(({ kind }) => kind !== "policy.evaluate").map(({ id }) => id),
      );
      assertEquals([...ids].filter((id) => !done.has(id)).length, 2, "but the imports, each of its own file");
      assertEquals(after.resultsMatrix, reference.resultsMatrix);
    });
  });
});
