/**
 * How far a newer version's networks have moved from an older one's in given states of an old task: the mean action, the
 * values, and the critic's ranking of the same candidates.
 * @module
 */
import { sampleActions } from "@cugro/algorithm";
import { spearman } from "../streams/spearman.ts";
import { type OpenedVersion, valuesOf, type VersionPair } from "./open_versions.ts";

/** Candidates drawn for each state, for their mean and the critic's ranking. */
export const DRAWS = 16;

/** Movement in one set of states; actions in half ranges of the task's actions, root mean squares over states and numbers. */
export interface Movement {
  task: number;
  /** Which states: held out of the data, of the replay, or visited by the older version. */
  states: "held out" | "replay" | "visited";
  count: number;
  /** Of the mean action. */
  meanAction: number;
  /** The spread of the older version's draws, to compare the movement with. */
  spread: number;
  /** Share of the way from the older version's mean action to what the newer one does in these states when given its newest task; null where the older knows that task. */
  towardsNewTask: number | null;
  /** Of the values of the older version's draws, in their own standard deviations. */
  values: number;
  /** Mean over states of the rank correlation of both critics' values of the same draws; null where they hardly differ in any state. */
  rankAgreement: number | null;
}

/** Measures it. @param states `[count, S]` raw */
export async function measureMovement(
  pair: VersionPair,
  task: number,
  which: Movement["states"],
  states: Float32Array,
): Promise<Movement> {
  const { older, newer } = pair;
  const { actionDim, stateDim, normalisers } = newer.input;
  const count = states.length / stateDim;
  const tiled = tile(states, stateDim);
  const before = await drawsOf(older, task, tiled);
  const after = await drawsOf(newer, task, tiled);
  const halfRange = normalisers.get(task)!.actions.halfRange;
  const means = [before, after].map((draws) => meansOf(draws, actionDim, halfRange)) as [Means, Means];
  const newest = newer.fact.task;
  const known = older.fact.tasks.includes(newest) || newest === task
    ? undefined
    : meansOf(await drawsOf(newer, newest, tiled), actionDim, halfRange).means;
  return {
    ...{ task, states: which, count },
    meanAction: rootMeanSquare(differences(means[1].means, means[0].means)),
    spread: means[0].spread,
    towardsNewTask: known ? shareOfWay(means[0].means, means[1].means, known) : null,
    ...await valuesMoved(pair, task, tiled, before),
  };
}

interface Means {
  /** `[count, A]` in half ranges */
  means: Float64Array;
  spread: number;
}

/** {@link DRAWS} rows of each state, one after the other. */
function tile(states: Float32Array, stateDim: number): Float32Array {
  const out = new Float32Array(states.length * DRAWS);
  for (let row = 0; row < out.length / stateDim; row++) {
    const from = Math.floor(row / DRAWS) * stateDim;
    out.set(states.subarray(from, from + stateDim), row * stateDim);
  }
  return out;
}

/** With the same noise in every version. */
function drawsOf({ input }: OpenedVersion, task: number, states: Float32Array): Promise<Float32Array> {
  const { behaviorGenerator: weights, normalisers, actionDim, stateDim, hyperparameters, compile } = input;
  const count = states.length / stateDim;
  const normaliser = normalisers.get(task)!;
  return sampleActions({
    ...{ weights, task, normaliser, states, count, actionDim },
    ...{ seed: 0, hyperparameters, compile },
  });
}

function meansOf(draws: Float32Array, actionDim: number, halfRange: Float32Array): Means {
  const count = draws.length / actionDim / DRAWS;
  const means = new Float64Array(count * actionDim);
  let squares = 0;
  for (let state = 0; state < count; state++) {
    for (let d = 0; d < actionDim; d++) {
      const at = (draw: number) => draws[(state * DRAWS + draw) * actionDim + d]! / halfRange[d]!;
      let sum = 0;
      for (let draw = 0; draw < DRAWS; draw++) sum += at(draw);
      const mean = sum / DRAWS;
      means[state * actionDim + d] = mean;
      for (let draw = 0; draw < DRAWS; draw++) squares += (at(draw) - mean) ** 2;
    }
  }
  return { means, spread: Math.sqrt(squares / draws.length) };
}

function differences(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]!);
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

/** How much of the way from `before` to `target` lies between `before` and `after`, by least squares. */
export function shareOfWay(before: Float64Array, after: Float64Array, target: Float64Array): number {
  const [moved, way] = [differences(after, before), differences(target, before)];
  const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return product(moved, way) / product(way, way);
}

async function valuesMoved(
  { older, newer }: VersionPair,
  task: number,
  states: Float32Array,
  actions: Float32Array,
): Promise<Pick<Movement, "values" | "rankAgreement">> {
  const [before, after] = [
    Float64Array.from(await valuesOf(older.input, task, states, actions)),
    Float64Array.from(await valuesOf(newer.input, task, states, actions)),
  ];
  const mean = before.reduce((sum, value) => sum + value, 0) / before.length;
  const deviation = rootMeanSquare(before.map((value) => value - mean));
  const agreements: number[] = [];
  for (let from = 0; from < before.length; from += DRAWS) {
    const pairs = Array.from({ length: DRAWS }, (_, i) => [before[from + i]!, after[from + i]!] as const);
    const agreement = spearman(pairs);
    if (agreement !== null) agreements.push(agreement);
  }
  return {
    values: deviation === 0 ? 0 : rootMeanSquare(differences(after, before)) / deviation,
    rankAgreement: agreements.length === 0
      ? null
      : agreements.reduce((sum, one) => sum + one, 0) / agreements.length,
  };
}
