/**
 * What an error of the algorithm means for its job: through the real worker, by the handlers of the services.
 */
import { eager, fitNormaliser, normaliserToStored } from "@cugro/algorithm";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import { createHandlers as stateGeneration } from "@cugro/state-generation";
import { datasetKey } from "@cugro/protocol";
import { openBackend } from "@cugro/tensors";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { exampleDataset } from "../../tests/fakes/example_dataset.ts";
import { type Ended, type JobBench, withJobs } from "../../tests/fakes/job_bench.ts";
import { encodeShard, encodeStored } from "./encoding.ts";
import { translateErrors } from "./translate_errors.ts";

const data = exampleDataset(20, 10);
const normaliser = encodeStored(normaliserToStored(fitNormaliser(data)));
const about = { task: 1, oldTasks: 0, heldOutSeed: 3, replayRows: 0 };
const knobs = { stateSteps: 4, criticSteps: 4, warmupSteps: 0, generatorBatchSize: 16, criticBatchSize: 16 };

/** Runs `use` with the handlers that learn. */
async function learning(
  more: Partial<typeof knobs> & Record<string, number>,
  use: (jobs: JobBench) => Promise<void>,
) {
  await openBackend();
  const handlers = { ...stateGeneration({ compile: eager }), ...criticTraining({ compile: eager }) };
  await withJobs(handlers, { ...knobs, ...more }, use);
}

function assertGivenUpAtOnce({ attempts, failure }: Ended, reason: string): void {
  assertStringIncludes(failure?.message ?? "no failure", reason);
  assertEquals({ attempts, permanent: failure?.permanent }, { attempts: 1, permanent: true });
}

Deno.test("a training whose loss is no longer finite is given up at once", async (t) => {
  for (
    const [kind, rate] of [["states.train", "generatorLearningRate"], [
      "critic.train",
      "criticLearningRate",
    ]] as const
  ) {
    await t.step(kind, () =>
      learning({ [rate]: 1e30 }, async (jobs) => {
        const ended = await jobs.run(kind, about, {
          dataset: await jobs.add(data),
          "normaliser/1": normaliser,
        });
        assertGivenUpAtOnce(ended, `lower ${rate}`);
      }));
  }
});

Deno.test("a replay of another shape is given up at once", () =>
  learning({}, async (jobs) => {
    const inputs = {
      dataset: await jobs.add(data),
      "normaliser/1": normaliser,
      "normaliser/2": normaliser,
      "replay/1/0": encodeShard(8, new Float32Array(8 * 3), new Float32Array(8)),
    };
    const second = { ...about, task: 2, oldTasks: 1 };
    assertGivenUpAtOnce(await jobs.run("states.train", second, inputs), "must be [8, 2]");
  }));

Deno.test("a task that the weights have not learnt is given up at once", () =>
  learning({}, async (jobs) => {
    const inputs = { dataset: await jobs.add(data), "normaliser/1": normaliser };
    const { outputs } = await jobs.run("states.train", about, inputs);
    const sampling = { task: 9, shard: 0, rows: 4 };
    const ended = await jobs.run("states.sample", sampling, { stateGenerator: outputs.weights!, normaliser });
    assertGivenUpAtOnce(ended, "task 9");
  }));

Deno.test("a stored dataset that cannot be read is given up at once", () =>
  learning({}, async (jobs) => {
    const dataset = { dataset: "ab".repeat(32) };
    await jobs.store.put(datasetKey(dataset.dataset), new TextEncoder().encode("this was a dataset once"));
    const ended = await jobs.run("states.train", about, { dataset, "normaliser/1": normaliser });
    assertGivenUpAtOnce(ended, "dataset");
  }));

Deno.test("running out of memory is a range error too, and is tried again", async () => {
  const handler = translateErrors(() =>
    Promise.resolve({ outputs: { weights: new Uint8Array(2 ** 52), curves: new Uint8Array() }, metrics: {} })
  );
  await withJobs({ "states.train": handler }, {}, async (jobs) => {
    const inputs = { dataset: new Uint8Array(1), "normaliser/1": normaliser };
    const { attempts, failure } = await jobs.run("states.train", about, inputs);
    assertStringIncludes(failure!.message, "RangeError: Array buffer allocation failed");
    assertEquals({ attempts, permanent: failure!.permanent }, { attempts: 3, permanent: false });
  });
});
