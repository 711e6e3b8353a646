import { createPolicy, eager, presets } from "@cugro/algorithm";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import { decodeLabels, decodeShard, decodeStored, encodeShard } from "@cugro/jobs";
import { openCompute } from "@cugro/tensors";
import { assertAlmostEquals, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import {
  column,
  correlation,
  distinctTask,
  learnBoth,
  meanOf,
  normaliserOfTask,
  S,
  signOf,
  storedNormaliser,
  trueShards,
} from "../../tests/fakes/distinct_tasks.ts";
import { type JobBench, withJobs } from "../../tests/fakes/job_bench.ts";
import { createHandlers } from "./mod.ts";

const KNOBS = {
  denoiserWidth: 48,
  behaviorSteps: 250,
  maxGeneratorSteps: 250,
  generatorLearningRate: 6e-3,
  functionEvaluations: 8,
  emaDecay: 0.98,
};
const ONE_STEP_KNOBS = {
  ...KNOBS,
  criticSteps: 200,
  maxCriticSteps: 200,
  criticLearningRate: 4e-3,
  proposerSteps: 250,
  actorSteps: 250,
  maxDistilSteps: 250,
  actorCandidates: 16,
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

Deno.test("proposer and actor, learnt from labels of rows and by the parent's answers, act as the task asked for", async () => {
  const handlers = { ...createHandlers(await openCompute()), ...criticTraining(await openCompute()) };
  await withJobs(handlers, ONE_STEP_KNOBS, async (jobs) => {
    const behaviorGenerator = await learnBoth(jobs, "behavior.train");
    const critic = await learnBoth(jobs, "critic.train");
    const models = { behaviorGenerator, critic };
    const first = await distil(jobs, 1, models);
    const { proposer, actor } = await distil(jobs, 2, models, first);
    for (const task of [1, 2]) {
      const states = distinctTask(task, 400 + ROWS).states.slice(400 * S);
      const policy = createPolicy({
        ...{ behaviorGenerator: decodeStored(behaviorGenerator), critic: decodeStored(critic) },
        ...{ proposer: decodeStored(proposer), actor: decodeStored(actor) },
        normalisers: new Map([[task, normaliserOfTask(task)]]),
        hyperparameters: { ...presets.smoke, ...ONE_STEP_KNOBS, candidates: 1 },
        ...{ stateDim: S, actionDim: 1, compile: eager },
      });
      const proposed = await policy.act(task, states, 3, "proposer");
      assertAlmostEquals(meanOf(proposed), 2 * signOf(task), 0.35);
      assertGreater(-signOf(task) * correlation(column(states, S, 3), proposed), 0.6);
      // The critic of task 1 wants more, that of task 2 less: the weighted mean lies beyond the behavior's.
      const chosen = await policy.act(task, states, 3, "actor");
      assertGreater(signOf(task) * (meanOf(chosen) - meanOf(proposed)), 0.05);
      assertGreater(-signOf(task) * correlation(column(states, S, 3), chosen), 0.6);
      policy.dispose();
    }
  });
});

/** Labels and trainings of a task's one-step networks; the parent's answer for what came before. */
async function distil(
  { add, run }: JobBench,
  task: number,
  { behaviorGenerator, critic }: Record<"behaviorGenerator" | "critic", Uint8Array>,
  parents?: { proposer: Uint8Array; actor: Uint8Array },
): Promise<{ proposer: Uint8Array; actor: Uint8Array }> {
  const from = {
    behaviorGenerator,
    normaliser: storedNormaliser(task),
    dataset: await add(distinctTask(task)),
  };
  const draw = { rows: 600, heldOutSeed: 3 };
  const train = async (network: "proposer" | "actor", labels: Uint8Array): Promise<Uint8Array> => {
    const old = parents
      ? { ...trueShards(1), "normaliser/1": storedNormaliser(1), parent: parents[network] }
      : {};
    const inputs = { [`labels/${task}/0`]: labels, [`normaliser/${task}`]: storedNormaliser(task), ...old };
    const fields = { task, oldTasks: parents ? 1 : 0, heldOutSeed: 3, replayRows: 300 };
    const { outputs, failure } = await run(`${network}.train`, fields, inputs);
    assertEquals(failure, undefined);
    return outputs.weights!;
  };
  const proposals = await run("proposer.label", { task, draw }, from);
  assertEquals([proposals.failure, proposals.metrics.rows], [undefined, 600]);
  const proposer = await train("proposer", proposals.outputs.labels!);
  const choices = await run("actor.label", { task, draw }, { ...from, critic, proposer });
  assertEquals([choices.failure, choices.metrics.rows], [undefined, 600]);
  const { dataset: _, ...nothing } = from;
  const { failure } = await run("proposer.label", { task, draw }, nothing);
  assertStringIncludes(
    failure!.message,
    `Cannot label task ${task} as the job has neither states nor rows to draw`,
  );
  assertEquals(decodeLabels(choices.outputs.labels!, task).noise.length, 0);
  return { proposer, actor: await train("actor", choices.outputs.labels!) };
}
