/**
 * Random inputs that graphs and loaders are checked on: observations in and around the data of every task, and the noise that
 * our own policy draws for them.
 * @module
 */
import { createRng } from "@cugro/algorithm/arrays";
import { decisionNoise, openNoise, rowSources } from "@cugro/algorithm/arrays";
import type { Parts } from "../parts.ts";

/** Spread of observations, in half-ranges of the data; every eighth is further out, beyond what is clamped. */
const SPREAD = 0.7;
const FAR = 3;

/** Rows of one task, and the seed from which a policy of ours draws their noise. */
export interface TaskInputs {
  task: number;
  /** n */
  rows: number;
  seed: number;
  /** `[n, S]`, raw. */
  observations: Float32Array;
  /** `[n, A]`, raw: what the critic is asked about. */
  actions: Float32Array;
  /** `[n, M, A]` */
  noise: Float32Array;
  /** `[n, M]`, for `selection: one`. */
  gumbel: Float32Array | undefined;
}

/**
 * Inputs of `count` rows, shared out over the tasks.
 *
 * @param count rows in all
 * @param seed of the first task; the others have the following ones
 * @returns rows of each task that gets any
 */
export function randomInputs(parts: Parts, count: number, seed: number): TaskInputs[] {
  const { tasks } = parts;
  return tasks.map((task, place) => {
    const rows = Math.floor(count / tasks.length) + (place < count % tasks.length ? 1 : 0);
    const own = seed + place;
    return {
      ...{ task, rows, seed: own },
      observations: observationsOf(parts, place, rows, own),
      actions: actionsOf(parts, place, rows, own),
      ...noiseOf(parts, rows, own),
    };
  }).filter(({ rows }) => rows > 0);
}

function noiseOf(
  { knobs, actionDim }: Parts,
  rows: number,
  seed: number,
): Pick<TaskInputs, "noise" | "gumbel"> {
  const sources = rowSources([{ noise: openNoise(seed), rows }], rows);
  const { noise, gumbel } = decisionNoise(knobs, actionDim, sources)(rows, rows);
  return { noise: noise!.data as Float32Array, gumbel: gumbel?.data as Float32Array | undefined };
}

function observationsOf(
  { stateDim, tables }: Parts,
  place: number,
  rows: number,
  seed: number,
): Float32Array {
  const centre = tables["observations.centre"]!.data, halfRange = tables["observations.halfRange"]!.data;
  const normals = createRng(seed, "export.observations").normals(rows * stateDim);
  return normals.map((normal, i) => {
    const at = place * stateDim + i % stateDim;
    const spread = Math.floor(i / stateDim) % 8 === 7 ? FAR : SPREAD;
    return centre[at]! + halfRange[at]! * spread * normal;
  });
}

function actionsOf(
  { actionDim, classes, tables }: Parts,
  place: number,
  rows: number,
  seed: number,
): Float32Array {
  const rng = createRng(seed, "export.actions");
  const actions = new Float32Array(rows * actionDim);
  const min = tables["actions.min"]!.data, max = tables["actions.max"]!.data;
  for (let row = 0; row < rows; row++) {
    if (classes !== undefined) actions[row * actionDim + rng.integer(classes)] = 1;
    else {
      for (let d = 0; d < actionDim; d++) {
        const at = place * actionDim + d;
        actions[row * actionDim + d] = min[at]! + (max[at]! - min[at]!) * rng.uniform();
      }
    }
  }
  return actions;
}
