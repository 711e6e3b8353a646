import { decodeShard, encodeShard } from "@cugro/jobs";
import { openCompute } from "@cugro/tensors";
import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import {
  column,
  correlation,
  distinctTask,
  learnBoth,
  meanOf,
  S,
  signOf,
  storedNormaliser,
} from "../../tests/fakes/distinct_tasks.ts";
import { withJobs } from "../../tests/fakes/job_bench.ts";
import { createHandlers } from "./mod.ts";

const KNOBS = {
  denoiserWidth: 48,
  behaviorSteps: 250,
  maxGeneratorSteps: 250,
  generatorLearningRate: 6e-3,
  functionEvaluations: 8,
  emaDecay: 0.98,
};
const ROWS = 400;

Deno.test("behavior.train and actions.label give states the actions of the task asked for", async () => {
  const handlers = createHandlers(await openCompute());
  await withJobs(handlers, KNOBS, async (jobs) => {
    const behaviorGenerator = await learnBoth(jobs, "behavior.train");
    for (const task of [1, 2]) {
      // Rows that no training has seen.
      const states = distinctTask(task, 400 + ROWS).states.slice(400 * S);
      const inputs = {
        states: encodeShard(ROWS, states),
        behaviorGenerator,
        normaliser: storedNormaliser(task),
      };
      const { outputs, metrics } = await jobs.run("actions.label", { task, shard: 0 }, inputs);
      const shard = decodeShard(outputs.shard!, task);
      assertEquals([shard.size, shard.actions.length, metrics.rows], [ROWS, ROWS, ROWS]);
      assertEquals(shard.states, states);
      assertAlmostEquals(meanOf(shard.actions), 2 * signOf(task), 0.2);
      assertGreater(-signOf(task) * correlation(column(states, S, 3), shard.actions), 0.6);
    }
  });
});
