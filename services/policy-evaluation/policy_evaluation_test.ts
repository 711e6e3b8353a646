import type { Compile } from "@cugro/algorithm";
import { createRng, fitNormaliser, fitSketch, normaliserToStored } from "@cugro/algorithm/arrays";
import { createHandlers as behaviorGeneration } from "@cugro/behavior-generation";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import type { Dataset } from "@cugro/datasets";
import { openVectorEnvironment, rollout } from "@cugro/environments";
import { encodeShard, encodeStored } from "@cugro/jobs";
import type { JsonObject } from "@cugro/protocol";
import { createHandlers as stateGeneration } from "@cugro/state-generation";
import { openCompute } from "@cugro/tensors";
import { assert, assertEquals, assertGreater, assertLess, assertNotEquals } from "@std/assert";
import {
  A,
  distinctTask,
  learnBoth,
  normaliserOfTask,
  S,
  storedNormaliser,
  trueShards,
} from "../../tests/fakes/distinct_tasks.ts";
import { withJobs } from "../../tests/fakes/job_bench.ts";
import { createHandlers } from "./mod.ts";

const KNOBS = {
  denoiserWidth: 48,
  stateSteps: 100,
  behaviorSteps: 100,
  maxGeneratorSteps: 100,
  generatorLearningRate: 6e-3,
  criticSteps: 200,
  maxCriticSteps: 200,
  criticLearningRate: 4e-3,
  emaDecay: 0.95,
};
const anchors = { random: 0, good: 100, source: "test" };

function handlersOfAll(compile: Compile) {
  const learning = { ...stateGeneration({ compile }), ...behaviorGeneration({ compile }) };
  return { ...learning, ...criticTraining({ compile }), ...createHandlers({ compile }) };
}

function sketchOf(task: number): Uint8Array {
  const { states, actions } = distinctTask(task, 500);
  const rows = {
    states: states.slice(400 * S),
    actions: actions.slice(400 * A),
    size: 100,
    stateDim: S,
    actionDim: A,
  };
  return encodeStored(fitSketch({ ...rows, seed: 1, normaliser: normaliserOfTask(task) }));
}

/** A distance in a job's metrics, as a multiple of what real rows show. */
function relative({ fidelity }: JsonObject): number {
  const { slicedWasserstein, slicedWassersteinFloor } = fidelity as Record<string, number>;
  return slicedWasserstein! / slicedWassersteinFloor!;
}

Deno.test("policy.evaluate values the policy's own actions and tells true replay from another task's", async () => {
  const { compile } = await openCompute();
  await withJobs(handlersOfAll(compile), KNOBS, async (jobs) => {
    const [stateGenerator, behaviorGenerator, critic] = [
      await learnBoth(jobs, "states.train"),
      await learnBoth(jobs, "behavior.train"),
      await learnBoth(jobs, "critic.train"),
    ];
    const of = (task: number) => ({
      task,
      newTask: 2,
      environment: null,
      horizon: 10,
      anchors,
      heldOutSeed: 3,
      replayRows: 300,
    });
    const known = (task: number) => ({
      behaviorGenerator,
      critic,
      normaliser: storedNormaliser(task),
      sketch: sketchOf(task),
    });
    const old = await jobs.run("policy.evaluate", of(1), { ...known(1), ...trueShards(1) });
    const dataset = await jobs.add(distinctTask(2));
    const fresh = await jobs.run("policy.evaluate", of(2), { ...known(2), stateGenerator, dataset });
    for (const { metrics, outputs } of [old, fresh]) {
      // The mean return of the data is 0; choosing by the critic gains the spread of the actions, 0.3, times 5, a few times.
      const value = Number(metrics.valueEstimate);
      assert(value > 0.5 && value < 8, `the value is ${value}`);
      assertEquals(metrics.returns, []);
      assertEquals(JSON.parse(new TextDecoder().decode(outputs.rollouts)).returns, []);
    }
    assertLess(relative(old.metrics), 2);
    assertLess(relative(fresh.metrics), 5);
    const { states, actions } = distinctTask(2, 300);
    const foreign = { "replay/1/0": encodeShard(300, states, actions) };
    const wrong = await jobs.run("policy.evaluate", of(1), { ...known(1), ...foreign });
    assertGreater(relative(wrong.metrics), 10);
  });
});

/** Rows of a robot that always does the same; a policy that has learnt from them can do nothing else. */
function constantActions(action: readonly number[], stateDim: number): Dataset {
  const size = 60;
  const rng = createRng(4);
  const actions = Float32Array.from({ length: size * action.length }, (_, i) => action[i % action.length]!);
  const states = rng.normals(size * stateDim);
  const shape = { size, stateDim, actionDim: action.length, metadata: {} };
  const flags = { terminals: new Uint8Array(size).fill(1), timeouts: new Uint8Array(size) };
  return { states, actions, rewards: rng.normals(size), nextStates: states, ...flags, ...shape };
}

Deno.test("policy.evaluate gives the returns that the policy's actions earn from the seed's start states", async () => {
  const environment = { family: "hopper-vel", goal: [1] };
  const action = Float32Array.of(0.4, -0.6, 0.8);
  const simulator = await openVectorEnvironment(environment, 2);
  const starts = createRng(7, "starts");
  const seeds = [starts.integer(2 ** 31), starts.integer(2 ** 31)];
  const expected = await rollout(simulator, seeds, () => Float32Array.of(...action, ...action));
  const opposite = await rollout(
    simulator,
    seeds,
    () => Float32Array.of(...action, ...action).map((a) => -a),
  );
  const { stateDim } = simulator;
  simulator.close();
  assertNotEquals(opposite.returns, expected.returns);

  const data = constantActions([...action], stateDim);
  const normaliser = encodeStored(normaliserToStored(fitNormaliser(data)));
  const brief = {
    behaviorSteps: 2,
    criticSteps: 2,
    evaluationEpisodes: 2,
    candidates: 2,
    actingEvaluations: 1,
  };
  const { compile } = await openCompute();
  await withJobs(handlersOfAll(compile), brief, async ({ add, run }) => {
    const about = { task: 1, oldTasks: 0, heldOutSeed: 3, replayRows: 0 };
    const inputs = { dataset: await add(data), "normaliser/1": normaliser };
    const behavior = await run("behavior.train", about, inputs);
    const critic = await run("critic.train", about, inputs);
    const config = {
      task: 1,
      newTask: 2,
      environment,
      horizon: 1_000,
      anchors,
      heldOutSeed: 3,
      replayRows: 0,
    };
    const { outputs, metrics } = await run("policy.evaluate", config, {
      behaviorGenerator: behavior.outputs.weights!,
      critic: critic.outputs.weights!,
      normaliser,
      sketch: sketchOf(1),
    });
    assertEquals(metrics, { returns: expected.returns, fidelity: null, valueEstimate: null });
    assertEquals(JSON.parse(new TextDecoder().decode(outputs.rollouts)), { task: 1, ...expected });
  });
});
