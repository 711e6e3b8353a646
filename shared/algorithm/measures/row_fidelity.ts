/**
 * Fidelity that needs real rows, so it is measured in the version that learns the task, while its data is there:
 * precision and recall, a two-sample test, and whether the generator memorised. Over (state, action) pairs in
 * normalised coordinates; each figure has the same figure of real rows against real rows beside it.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { Normaliser } from "../numerics/normaliser.ts";
import { nearestDistances, neighbourRadii, sharesInside } from "./neighbours.ts";
import { type Cloud, cloudOf, type Rows } from "./point_clouds.ts";
import { twoSampleAuc } from "./two_sample.ts";

const MAX_QUERIES = 1_500;
const MAX_COPY_QUERIES = 1_000;
const MAX_TRAIN_ROWS = 20_000;
const NEIGHBOURS = 5;
/** Quantile of held-out distances below which a pseudo row counts as a copy. */
const COPY_QUANTILE = 0.01;

/** Row metrics; those under `real` take real train rows in place of the pseudo rows. */
export interface RowFidelity {
  /** Share of pseudo rows within the 5-nearest-neighbour ball of some held-out row (Kynkaanniemi et al. 2019). */
  precision: number;
  /** Share of held-out rows within such a ball of some pseudo row. */
  recall: number;
  /** Area under the ROC curve of a classifier telling pseudo from held-out rows: 0.5 = cannot, 1 = always. */
  auc: number;
  /**
   * Share of pseudo rows nearer to a train row than real held-out rows are at their 1 % quantile: about 0.01 for a
   * generator that knows no more about train rows than about held-out ones, 1 for one that copies.
   */
  memorisation: number;
  real: { precision: number; recall: number; auc: number };
}

/** Rows in raw units, and the task's normaliser. */
export interface RowFidelityInput {
  /** Rows the generator was trained on. */
  train: Rows;
  /** Rows it never saw. */
  heldOut: Rows;
  /** Its samples. */
  pseudo: Rows;
  normaliser: Normaliser;
  stateDim: number;
  actionDim: number;
  seed: number;
}

/**
 * Compares pseudo rows with real ones row by row; looks at 1,500 of each at most (1,000 of each among 20,000 train rows
 * for copies).
 *
 * @param input real and pseudo rows, raw units, and the task's normaliser
 * @returns precision, recall, classifier AUC, share of copies
 * @throws {InvalidInputError} with fewer than 16 rows of a kind
 */
export function rowFidelity(input: RowFidelityInput): RowFidelity {
  const { train, heldOut, pseudo, seed } = input;
  for (const [name, rows] of Object.entries({ train, heldOut, pseudo })) {
    if (rows.size < 16) {
      throw new InvalidInputError(
        `Cannot compare rows as ${name} needs at least 16: current size is ${rows.size}`,
      );
    }
  }
  const size = Math.min(MAX_QUERIES, heldOut.size, pseudo.size, train.size);
  const real = normalisedRows(input, heldOut, size);
  const generated = normalisedRows(input, pseudo, size);
  const trained = normalisedRows(input, train, size);
  const radii = neighbourRadii(real, NEIGHBOURS);
  return {
    ...coverage(real, generated, radii),
    auc: twoSampleAuc(real, generated, seed),
    memorisation: copies(input),
    real: { ...coverage(real, trained, radii), auc: twoSampleAuc(real, trained, seed) },
  };
}

function normalisedRows(
  input: { normaliser: Normaliser; stateDim: number; actionDim: number },
  rows: Rows,
  maxRows: number,
): Cloud {
  const { states, actions } = input.normaliser;
  const coordinates = {
    centre: Float32Array.of(...states.centre, ...actions.centre),
    halfRange: Float32Array.of(...states.halfRange, ...actions.halfRange),
  };
  return cloudOf(rows, input.stateDim, input.actionDim, coordinates, maxRows);
}

/** Precision and recall: the shares of the generated and of the real rows inside the other's neighbour balls. */
function coverage(
  real: Cloud,
  generated: Cloud,
  realRadii: Float64Array,
): { precision: number; recall: number } {
  const radii = [neighbourRadii(generated, NEIGHBOURS), realRadii] as const;
  const [precision, recall] = sharesInside(generated, real, radii);
  return { precision, recall };
}

function copies(input: RowFidelityInput): number {
  const queries = Math.min(MAX_COPY_QUERIES, input.heldOut.size, input.pseudo.size);
  const train = normalisedRows(input, input.train, MAX_TRAIN_ROWS);
  const honest = nearestDistances(normalisedRows(input, input.heldOut, queries), train).sort();
  const threshold = honest[Math.floor(COPY_QUANTILE * honest.length)]!;
  const distances = nearestDistances(normalisedRows(input, input.pseudo, queries), train);
  return distances.reduce((count, distance) => count + (distance <= threshold ? 1 : 0), 0) / queries;
}
