import type { Compile, Policy } from "@cugro/algorithm";
import { createRng, fitNormaliser, fitSketch, normaliserToStored, presets } from "@cugro/algorithm/arrays";
import { createHandlers as behaviorGeneration } from "@cugro/behavior-generation";
import { createHandlers as criticTraining } from "@cugro/critic-training";
import type { Dataset } from "@cugro/datasets";
import { familyInfo, openVectorEnvironment, rollout } from "@cugro/environments";
import { openSession } from "@cugro/inference";
import { decodeNormaliser, decodeStored, encodeStored } from "@cugro/jobs";
import type { FamilyRef, JsonObject } from "@cugro/protocol";
import { createHandlers as stateGeneration } from "@cugro/state-generation";
import { openCompute } from "@cugro/tensors";
import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { type JobBench, withJobs } from "../../tests/fakes/job_bench.ts";
import { type Choice, chooseActing } from "./choose_acting.ts";
import { createHandlers } from "./mod.ts";

const KNOBS = {
  ...{ stateSteps: 2, behaviorSteps: 2, criticSteps: 2, proposerSteps: 2, actorSteps: 2, candidates: 2 },
  ...{ actingEvaluations: 1, actorCandidates: 2, inverseTemperature: 0, evaluationEpisodes: 3 },
};
const HOPPER = { family: "hopper-vel", goal: [1] };
const [S, A] = [11, 3];

function handlersOfAll(compile: Compile) {
  const learning = { ...stateGeneration({ compile }), ...behaviorGeneration({ compile }) };
  return { ...learning, ...criticTraining({ compile }), ...createHandlers({ compile }) };
}

/** Rows of a robot that does the same in every state, or anything. */
function rowsOf(actionOf: (draw: () => number) => number): Dataset {
  const size = 200;
  const rng = createRng(4);
  const states = rng.normals(size * S);
  const actions = Float32Array.from({ length: size * A }, () => actionOf(() => 2 * rng.uniform() - 1));
  const flags = { terminals: new Uint8Array(size).fill(1), timeouts: new Uint8Array(size) };
  const shape = { size, stateDim: S, actionDim: A, metadata: {} };
  return { states, actions, rewards: rng.normals(size), nextStates: states, ...flags, ...shape };
}

/** Networks of one task, and what an evaluation of it is given. */
async function learn({ add, run }: JobBench, data: Dataset) {
  const fit = fitNormaliser(data);
  const normaliser = encodeStored(normaliserToStored(fit));
  const dataset = await add(data);
  const about = { task: 1, oldTasks: 0, heldOutSeed: 3, replayRows: 16 };
  const train = async (kind: "states.train" | "behavior.train" | "critic.train") =>
    (await run(kind, about, { dataset, "normaliser/1": normaliser })).outputs.weights!;
  const models = { behaviorGenerator: await train("behavior.train"), critic: await train("critic.train") };
  const labelling = { task: 1, draw: { rows: 32, heldOutSeed: 3 } };
  const learnt = async (network: "proposer" | "actor", more: Record<string, Uint8Array>) => {
    const labels = await run(`${network}.label`, labelling, {
      ...{ behaviorGenerator: models.behaviorGenerator, normaliser, dataset },
      ...more,
    });
    const inputs = { "labels/1/0": labels.outputs.labels!, "normaliser/1": normaliser };
    return (await run(`${network}.train`, about, inputs)).outputs.weights!;
  };
  const proposer = await learnt("proposer", {});
  const actor = await learnt("actor", { critic: models.critic, proposer });
  const sketch = encodeStored(fitSketch({ ...data, seed: 1, normaliser: fit }));
  return {
    ...models,
    proposer,
    actor,
    normaliser,
    sketch,
    dataset,
    stateGenerator: await train("states.train"),
  };
}

const config = (more: JsonObject) => ({
  ...{ task: 1, newTask: 1, environment: HOPPER, horizon: 1_000, heldOutSeed: 3, replayRows: 16 },
  anchors: { random: 0, good: 1, source: "test" },
  ...more,
});
const ALL = ["actor", "proposer", "sampler"];
const COMPARED = { acting: { ways: ALL, compare: 6 } };

/** A network that does its utmost in every state. */
function beside(network: Uint8Array): Uint8Array {
  const weights = decodeStored(network);
  weights["output.bias"]!.data.fill(50);
  return encodeStored(weights);
}

/** A proposer whose noise alone decides between the ends of the range. */
function divide(proposer: Uint8Array): Uint8Array {
  const weights = decodeStored(proposer);
  const { data } = weights["input.kernel"]!;
  data.forEach((value, i) => data[i] = 1e4 * value);
  return encodeStored(weights);
}

interface Way {
  acting: string;
  passed: boolean;
  reason?: string;
  episodes?: number;
  difference?: number;
  agreement?: number;
}

/** What the actor earns in three episodes, asked in this thread as serving asks it. */
async function returnsOfSession({ actor, normaliser }: { actor: Uint8Array; normaliser: Uint8Array }) {
  const session = openSession({
    ...{ acting: "actor", network: decodeStored(actor), stateDim: S, actionDim: A },
    normalisers: new Map([[1, decodeNormaliser(normaliser)]]),
    hyperparameters: { ...presets.default, ...KNOBS },
  });
  const starts = createRng(7, "starts");
  const seeds = Array.from({ length: 3 }, () => starts.integer(2 ** 31));
  const environment = await openVectorEnvironment(HOPPER, seeds.length);
  try {
    return (await rollout(environment, seeds, (states) => session.act(1, states, 0))).returns;
  } finally {
    environment.close();
    session.dispose();
  }
}

Deno.test("the first way that is no worse than the sampler in the same episodes acts; others are noted as worse", async () => {
  await withJobs(handlersOfAll((await openCompute()).compile), KNOBS, async (jobs) => {
    const same = await learn(jobs, rowsOf(() => 0.4));
    // All ways do the same: not a point is between them, and few of the episodes show it.
    const most = { acting: { ...COMPARED.acting, compare: 60 } };
    const { metrics, failure } = await jobs.run("policy.evaluate", config(most), same);
    assertEquals(failure, undefined);
    assertEquals(metrics.acting, "actor");
    const [first, last] = metrics.ways as unknown as [Way, Way];
    assertEquals([first.acting, first.passed, first.difference, first.episodes], ["actor", true, 0, 8]);
    assertEquals([last.acting, last.episodes], ["sampler", 8]);
    const { metrics: sampled } = await jobs.run("policy.evaluate", config({}), same);
    assertEquals([sampled.acting, sampled.ways], [undefined, undefined]);
    assertEquals(metrics.returns, sampled.returns, "a row has the episodes that all versions run");

    const free = await learn(jobs, rowsOf((draw) => draw()));
    const wild = { ...free, proposer: beside(free.proposer) };
    const ways = { acting: { ways: ["proposer", "sampler"], compare: 6 } };
    // Where less is better, what is worse is better.
    const reversed = { random: 1, good: 0, source: "test" };
    const verdicts = [];
    for (const more of [{}, { anchors: reversed }]) {
      const { metrics } = await jobs.run("policy.evaluate", config({ ...ways, ...more }), wild);
      const [way] = metrics.ways as unknown as [Way];
      assertEquals(metrics.acting, way.passed ? "proposer" : "sampler");
      if (!way.passed) assertStringIncludes(way.reason!, "below the sampler");
      verdicts.push(way.passed);
    }
    assertEquals(verdicts.toSorted(), [false, true]);

    // Whatever it scores: candidates at both ends of the range have a mean that no candidate is near.
    const divided = { ...free, proposer: divide(free.proposer) };
    const { metrics: twoWays } = await jobs.run("policy.evaluate", config(COMPARED), divided);
    const [actor] = twoWays.ways as unknown as [Way];
    assertEquals([actor.acting, actor.passed, actor.episodes], ["actor", false, undefined]);
    assertStringIncludes(actor.reason!, "of the states good actions fall apart into two groups");
  });
});

Deno.test("an old task is acted in as before, until its score falls below the floor", async () => {
  await withJobs(handlersOfAll((await openCompute()).compile), KNOBS, async (jobs) => {
    const { dataset: _, stateGenerator: _s, ...known } = await learn(jobs, rowsOf((draw) => draw()));
    const evaluate = async (floor: number) => {
      const old = { newTask: 2, replayRows: 0, acting: { ways: ALL, floor } };
      const { metrics } = await jobs.run("policy.evaluate", config(old), known);
      return metrics as unknown as { acting: string; ways: (Way & { score: number })[]; returns: number[] };
    };
    const kept = await evaluate(-1e6);
    assertEquals([kept.acting, kept.ways.length, kept.returns.length], ["actor", 1, 3]);
    assertEquals(kept.returns, await returnsOfSession(known), "to the last bit as it is served");
    const fallen = await evaluate(1e6);
    assertEquals(fallen.ways.map(({ acting, passed }) => [acting, passed]), ALL.map((way) => [way, false]));
    assertStringIncludes(fallen.ways[0]!.reason!, "points below what may be forgotten");
    const best = fallen.ways.reduce((one, other) => other.score > one.score ? other : one);
    assertEquals(fallen.acting, best.acting, "nothing passes: the best of them acts");
  });
});

Deno.test("without a simulator a way is judged by its actions and by what the critic says of them", async () => {
  // Means of many candidates: the sampler's actions are near each other.
  const knobs = { ...KNOBS, candidates: 64 };
  await withJobs(handlersOfAll((await openCompute()).compile), knobs, async (jobs) => {
    const same = await learn(jobs, rowsOf(() => 0.4));
    const about = config({ ...COMPARED, environment: null });
    const { metrics } = await jobs.run("policy.evaluate", about, same);
    assertEquals([metrics.acting, metrics.returns], ["actor", []]);
    assertEquals((metrics.ways as unknown as Way[])[0]!.agreement, 0);
    const free = await learn(jobs, rowsOf((draw) => draw()));
    const inputs = { ...free, proposer: beside(free.proposer) };
    const ways = { acting: { ways: ["proposer", "sampler"], compare: 6 } };
    const { metrics: wild } = await jobs.run("policy.evaluate", { ...about, ...ways }, inputs);
    const [proposer] = wild.ways as unknown as [Way];
    assertEquals([wild.acting, proposer.passed], ["sampler", false]);
    assertGreater(proposer.agreement!, 0.3);
  });
});

Deno.test("where episodes succeed or fail, a way that seems to pass runs all of them; elsewhere it is taken or refused as soon as that is sure", async () => {
  const still: Policy["act"] = (_, states) => Promise.resolve(new Float32Array(states.length));
  const wild: Policy["act"] = (_, states) => Promise.resolve(new Float32Array(states.length).fill(1));
  const compare = async (spec: FamilyRef, act: Policy["act"], good = 1) => {
    const simulator = await openVectorEnvironment(spec, 1);
    const { stateDim, actionDim } = simulator;
    simulator.close();
    const of: Policy["act"] = (task, states, noise, way) => {
      const rows = states.length / stateDim;
      return (way === "sampler" ? still : act)(task, new Float32Array(rows * actionDim), noise);
    };
    const anchors = { random: 0, good, source: "test" };
    const acting = { ways: ["proposer", "sampler"], compare: 12 };
    const about = { task: 1, newTask: 1, environment: spec, horizon: 50, anchors, acting };
    const context = { config: about, seed: 1, tick: () => Promise.resolve() };
    const chosen = await chooseActing(
      {
        ...{ context, policy: { act: of }, input: { stateDim, actionDim }, states: null, episodes: 5 },
        simulators: { rules: {}, python: undefined },
      } as unknown as Choice,
    );
    const [way] = chosen.ways!;
    return [chosen.acting, way!.passed, way!.episodes];
  };
  const maze = { family: "maze-dir", goal: familyInfo("maze-dir")!.goals[0]! } as FamilyRef;
  assertEquals(await compare(maze, still), ["proposer", true, 12]);
  assertEquals(await compare(HOPPER as FamilyRef, still), ["proposer", true, 5]);
  // One of the two is worse, whether more is better or less.
  const verdicts = [await compare(HOPPER as FamilyRef, wild), await compare(HOPPER as FamilyRef, wild, -1)];
  assertEquals(verdicts.toSorted(), [["proposer", true, 5], ["sampler", false, 5]]);
});
