import { decodeShardStates } from "@cugro/jobs";
import { openCompute } from "@cugro/tensors";
import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import {
  column,
  correlation,
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
  stateSteps: 250,
  maxGeneratorSteps: 250,
  generatorLearningRate: 6e-3,
  functionEvaluations: 8,
  emaDecay: 0.98,
};
const ROWS = 500;

Deno.test("states.train and states.sample learn both tasks and sample the one asked for", async () => {
  const handlers = createHandlers(await openCompute());
  await withJobs(handlers, KNOBS, async (jobs) => {
    const stateGenerator = await learnBoth(jobs, "states.train");
    for (const task of [1, 2]) {
      const inputs = { stateGenerator, normaliser: storedNormaliser(task) };
      const { outputs, metrics } = await jobs.run("states.sample", { task, shard: 0, rows: ROWS }, inputs);
      const { states, size } = decodeShardStates(outputs.shard!);
      assertEquals([size, states.length, metrics.rows], [ROWS, ROWS * S, ROWS]);
      assertAlmostEquals(meanOf(column(states, S, 0)), 3 * signOf(task), 0.15);
      assertGreater(signOf(task) * correlation(column(states, S, 1), column(states, S, 2)), 0.6);
      const spread = Math.sqrt(meanOf(column(states, S, 3).map((x) => x * x)));
      assertAlmostEquals(spread, 1, 0.25);
    }
  });
});
