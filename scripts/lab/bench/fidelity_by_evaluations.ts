/**
 * What fewer network evaluations cost in likeness: one pair of generators trained on rollouts of the shipped half
 * cheetah, sampled by the default preset, by the same solver with 100 evaluations, and as the paper does.
 * @module
 */
import {
  compareWithSketch,
  type Compile,
  createRng,
  fitNormaliser,
  fitSketch,
  heldOutRows,
  type Hyperparameters,
  type Normaliser,
  presets,
  type Rows,
  sampleActions,
  sampleStates,
  type Stored,
  takeRows,
  trainBehaviorGenerator,
  trainStateGenerator,
} from "@cugro/algorithm";
import { openVectorEnvironment, policyAct, rolloutRecorded, shippedPolicy } from "@cugro/environments";
import { finish } from "./bench_learner.ts";
import { type Figures, type Group, median } from "./measure.ts";

const GOAL = [1.5];
const COPIES = 20;

/** Pairs that a sampler draws, and with how many seeds: the median counts. */
interface Effort {
  pairs: number;
  seeds: number;
}

const FULL: Effort = { pairs: 2_048, seeds: 3 };
const QUICK: Effort = { pairs: 1_024, seeds: 1 };

const samplers: Record<string, Hyperparameters> = {
  default: presets.default,
  hundred: { ...presets.default, functionEvaluations: 100 },
  paper: { ...presets.default, solver: "dpm3", functionEvaluations: 100, finalDenoising: false },
};

interface Trained {
  normaliser: Normaliser;
  sketch: Stored;
  stateGenerator: Stored;
  behaviorGenerator: Stored;
  stateDim: number;
  actionDim: number;
}

/** The group `fidelity`: sliced Wasserstein distances to held-out rows, and the floor of real rows. */
export const fidelity: Group = {
  name: "fidelity",
  yardstick: [],
  open: async ({ compile, quick }) => {
    const trained = await trainGenerators(compile.compiled, quick ? 400 : 1_500, quick ? 20 : 60);
    // The same weights and seeds give the same samples: there is nothing to repeat.
    let figures: Figures | undefined;
    return {
      measure: async () => figures ??= await compareSamplers(trained, compile.compiled, quick ? QUICK : FULL),
      close: () => {},
    };
  },
};

async function compareSamplers(trained: Trained, compile: Compile, effort: Effort): Promise<Figures> {
  const figures: Figures = {};
  for (const [name, hyperparameters] of Object.entries(samplers)) {
    Object.assign(figures, await distances(trained, name, hyperparameters, compile, effort));
  }
  return figures;
}

async function trainGenerators(compile: Compile, steps: number, episodes: number): Promise<Trained> {
  const { states, actions, size, stateDim, actionDim } = await collectRows(episodes);
  const { train, heldOut } = heldOutRows(size, 1);
  const rows = (chosen: Int32Array) => ({
    states: takeRows(states, stateDim, chosen),
    actions: takeRows(actions, actionDim, chosen),
    size: chosen.length,
    stateDim,
    actionDim,
  });
  const normaliser = fitNormaliser(rows(train));
  const input = {
    ...rows(train),
    task: 1,
    replay: [],
    normalisers: new Map([[1, normaliser]]),
    hyperparameters: { ...presets.default, stateSteps: steps, behaviorSteps: steps },
    oldTasks: 0,
    seed: 1,
    compile,
  };
  return {
    normaliser,
    sketch: fitSketch({ ...rows(heldOut), seed: 1, normaliser }),
    stateGenerator: await finish(trainStateGenerator(input)),
    behaviorGenerator: await finish(trainBehaviorGenerator(input)),
    stateDim,
    actionDim,
  };
}

/** Rows of whole episodes; half of them by the half-trained policy, all with its noise. */
async function collectRows(episodes: number): Promise<Rows & { stateDim: number; actionDim: number }> {
  const { snapshots } = await shippedPolicy("half_cheetah");
  const env = await openVectorEnvironment({ family: "cheetah-vel", goal: GOAL }, COPIES);
  const noise = Array.from({ length: COPIES }, (_, i) => 100 + i);
  const rng = createRng(1, "bench.starts");
  const starts = () => Array.from({ length: episodes / 2 }, () => rng.integer(2 ** 31));
  const recorded = [
    ...await rolloutRecorded(env, starts(), policyAct(snapshots.medium, GOAL, noise)),
    ...await rolloutRecorded(env, starts(), policyAct(snapshots.final, GOAL, noise)),
  ];
  const { stateDim, actionDim } = env;
  env.close();
  const join = (pick: (episode: typeof recorded[number]) => Float32Array) => {
    const parts = recorded.map(pick);
    const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  };
  const states = join((episode) => episode.states);
  return {
    states,
    actions: join(({ actions }) => actions),
    size: states.length / stateDim,
    stateDim,
    actionDim,
  };
}

async function distances(
  trained: Trained,
  name: string,
  hyperparameters: Hyperparameters,
  compile: Compile,
  { pairs, seeds }: Effort,
): Promise<Figures> {
  const { normaliser, sketch, stateDim, actionDim } = trained;
  const found = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const shared = { task: 1, normaliser, count: pairs, seed, hyperparameters, compile };
    const states = await sampleStates({ ...shared, weights: trained.stateGenerator, stateDim });
    const actions = await sampleActions({ ...shared, weights: trained.behaviorGenerator, states, actionDim });
    found.push(compareWithSketch(sketch, { states, actions, size: pairs }, stateDim, actionDim));
  }
  return {
    [`${name}SlicedWasserstein`]: median(found.map((one) => one.slicedWasserstein)),
    [`${name}Mmd`]: median(found.map((one) => one.mmd)),
    ...(name === "default"
      ? { slicedWassersteinFloor: median(found.map((one) => one.slicedWassersteinFloor)) }
      : {}),
  };
}
