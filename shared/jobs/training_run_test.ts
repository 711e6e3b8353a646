import { eager, trainStateGenerator } from "@cugro/algorithm";
import { openBackend } from "@cugro/tensors";
import { assertEquals, assertGreater } from "@std/assert";
import { distinctTask, storedNormaliser } from "../../tests/fakes/distinct_tasks.ts";
import { type Ended, withJobs } from "../../tests/fakes/job_bench.ts";
import { decodeStored } from "./encoding.ts";
import { runGeneratorTraining } from "./training_run.ts";

type Train = typeof trainStateGenerator;
const knobs = { stateSteps: 10, generatorBatchSize: 16 };

/** A training that dies once, right after a step. `done`: the steps that were done. */
function dyingAt(step: number, train: Train, done: number[]): Train {
  let died = false;
  return async function* (input) {
    const training = train(input);
    for (;;) {
      const item = await training.next();
      if (item.done) return item.value;
      done.push(item.value.step);
      if (!died && item.value.step === step) {
        died = true;
        throw new Error("the power went");
      }
      yield item.value;
    }
  };
}

/** Trains on the first task, with a checkpoint every four steps. */
async function learn(train: Train): Promise<Ended> {
  await openBackend();
  const ends: Ended[] = [];
  const handlers: Parameters<typeof withJobs>[0] = {
    "states.train": (context) => runGeneratorTraining(context, eager, train),
  };
  await withJobs(handlers, knobs, async ({ add, run }) => {
    const config = { task: 1, oldTasks: 0, heldOutSeed: 3, replayRows: 0 };
    const inputs = { dataset: await add(distinctTask(1, 100)), "normaliser/1": storedNormaliser(1) };
    ends.push(await run("states.train", config, inputs));
  }, 4);
  return ends[0]!;
}

Deno.test("runTraining() goes on from its checkpoint to the same weights and curves", async () => {
  const whole = await learn(trainStateGenerator);
  const done: number[] = [];
  const cut = await learn(dyingAt(7, trainStateGenerator, done));
  assertEquals([whole.attempts, whole.startedAtStep], [1, 0]);
  assertEquals([cut.attempts, cut.startedAtStep], [2, 4]);
  assertEquals(done, [1, 2, 3, 4, 5, 6, 7, 5, 6, 7, 8, 9, 10]);
  assertEquals(cut.outputs, whole.outputs);
  assertEquals(cut.metrics, whole.metrics);
});

Deno.test("runTraining() puts out the weights and the curve of the loss", async () => {
  const { outputs } = await learn(trainStateGenerator);
  assertEquals(Object.keys(outputs).sort(), ["curves", "weights"]);
  assertEquals(decodeStored(outputs.weights!).tasks, { shape: [1], data: Int32Array.of(1) });
  const curves: { name: string; steps: number[]; values: number[] }[] = JSON.parse(
    new TextDecoder().decode(outputs.curves),
  );
  const loss = curves.find(({ name }) => name === "loss")!;
  assertEquals(loss.steps.at(-1), 10);
  // Predicting nothing costs 1 a dimension.
  assertGreater(loss.values[0]!, 2);
});
