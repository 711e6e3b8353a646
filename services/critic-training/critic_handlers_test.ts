import { createPolicy, presets } from "@cugro/algorithm";
import { createHandlers as behaviorGeneration } from "@cugro/behavior-generation";
import { decodeStored } from "@cugro/jobs";
import { openCompute } from "@cugro/tensors";
import { assertAlmostEquals, assertGreater, assertLess } from "@std/assert";
import {
  A,
  correlation,
  distinctTask,
  learnBoth,
  meanOf,
  normaliserOfTask,
  S,
  signOf,
} from "../../tests/fakes/distinct_tasks.ts";
import { withJobs } from "../../tests/fakes/job_bench.ts";
import { createHandlers } from "./mod.ts";

const KNOBS = {
  behaviorSteps: 2,
  criticSteps: 300,
  maxCriticSteps: 300,
  criticLearningRate: 4e-3,
  emaDecay: 0.95,
};

Deno.test("critic.train learns the returns of both tasks, each with a head of its own", async () => {
  const { compile } = await openCompute();
  // A policy needs a behavior generator; values do not depend on it.
  const handlers = { ...createHandlers({ compile }), ...behaviorGeneration({ compile }) };
  await withJobs(handlers, KNOBS, async (jobs) => {
    const policy = createPolicy({
      critic: decodeStored(await learnBoth(jobs, "critic.train")),
      behaviorGenerator: decodeStored(await learnBoth(jobs, "behavior.train")),
      normalisers: new Map([1, 2].map((task) => [task, normaliserOfTask(task)])),
      stateDim: S,
      actionDim: A,
      hyperparameters: { ...presets.smoke, ...KNOBS },
      compile,
    });
    for (const task of [1, 2]) {
      const { states, actions, rewards } = distinctTask(task, 300);
      const values = await policy.value(task, states, actions);
      const better = await policy.value(task, states, actions.map((a) => a + 0.3 * signOf(task)));
      const error = meanOf(values.map((value, n) => Math.abs(value - rewards[n]!)));
      assertLess(error, 0.5, "without its replay the old task is wrong by 1.2");
      assertGreater(correlation(values, rewards), 0.9);
      assertAlmostEquals(meanOf(values), meanOf(rewards), 1);
      assertAlmostEquals(meanOf(better) - meanOf(values), 5 * 0.3, 0.6);
    }
    policy.dispose();
  });
});
