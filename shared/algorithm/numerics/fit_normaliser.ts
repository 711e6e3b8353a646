/**
 * Fitting N_i to a task's rows, all at once or piece by piece.
 * @module
 */
import { InvalidInputError } from "./errors.ts";
import type { Bounds, Normaliser } from "./normaliser.ts";
import { openTails, type Tails } from "./tails.ts";

/** Share of rows beyond each of the two percentiles. */
const TAIL_SHARE = 0.001;
/** A half-range below this share of the median one counts as nearly constant: blowing it up to 1 would be learning noise. */
const RELATIVE_FLOOR = 0.01;
/** And below this share of the value's size it is not far from float32 rounding. */
const RESOLUTION_FLOOR = 1e-4;
const ABSOLUTE_FLOOR = 1e-6;
/** Few enough rows that all their columns stay near the processor. */
const BLOCK_ROWS = 4096;

/** Of what size rows are, of which N_i is fitted. */
export interface RowsForm {
  size: number;
  stateDim: number;
  actionDim: number;
  /** The actions are one-hot rows of that many, which N_i does not touch. */
  discreteActions?: number | undefined;
}

/**
 * Fits N_i to a task's rows.
 *
 * @param rows `states` `[size, stateDim]` and `actions` `[size, actionDim]`, raw units
 * @returns centre, half-range, min and max of states `[S]` and actions `[A]`
 * @throws {InvalidInputError} If there are no rows, a length does not fit or a value is not finite.
 */
export function fitNormaliser(rows: RowsForm & { states: Float32Array; actions: Float32Array }): Normaliser {
  const fit = openNormaliserFit(rows);
  fit.add(rows.states, rows.actions);
  return fit.finish();
}

/**
 * Fits N_i to rows that come in pieces, of which all together are `size`: to the same bits as {@link fitNormaliser}, with
 * memory for two thousandths of them.
 *
 * @param form N, S, A and the number of discrete actions
 * @returns `add` takes pieces `[n, S]` and `[n, A]`; `finish` gives the normaliser
 */
export function openNormaliserFit(
  { size, stateDim, actionDim, discreteActions }: RowsForm,
): { add(states: Float32Array, actions: Float32Array): void; finish(): Normaliser } {
  const states = openBounds(size, stateDim, "states");
  const actions = discreteActions === undefined ? openBounds(size, actionDim, "actions") : undefined;
  return {
    add(stateRows, actionRows) {
      states.add(stateRows);
      actions?.add(actionRows);
    },
    finish: () => ({
      states: states.finish(),
      actions: actions?.finish() ?? oneHotBounds(discreteActions!),
    }),
  };
}

/** Bounds under which one-hot rows are their own normalised form. */
function oneHotBounds(classes: number): Bounds {
  const all = (value: number) => new Float32Array(classes).fill(value);
  return { centre: all(0), halfRange: all(1), min: all(0), max: all(1), classes };
}

function openBounds(size: number, dim: number, what: string) {
  const columns = Array.from(
    { length: dim },
    () => openTails(Math.floor(TAIL_SHARE * Math.max(0, size - 1))),
  );
  let length = 0;
  return {
    add(rows: Float32Array): void {
      const bad = rows.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        const place = `${what}[${Math.floor((length + bad) / dim)}, ${bad % dim}]`;
        throw new InvalidInputError(
          `Cannot fit normaliser as ${place} must be finite: current value is ${rows[bad]}`,
        );
      }
      length += rows.length;
      for (let from = 0; from < rows.length; from += BLOCK_ROWS * dim) {
        const block = rows.subarray(from, from + BLOCK_ROWS * dim);
        columns.forEach((column, d) => column.add(block, d, dim));
      }
    },
    finish(): Bounds {
      if (size < 1 || length !== size * dim) {
        throw new InvalidInputError(
          `Cannot fit normaliser as ${what} must be [${size}, ${dim}] with at least one row: current length is ${length}`,
        );
      }
      return boundsOf(columns.map((column) => column.ends()));
    },
  };
}

function boundsOf(columns: readonly ReturnType<Tails["ends"]>[]): Bounds {
  const dim = columns.length;
  const bounds = {
    centre: new Float32Array(dim),
    halfRange: new Float32Array(dim),
    min: new Float32Array(dim),
    max: new Float32Array(dim),
  };
  for (const [d, { least, greatest, low, high }] of columns.entries()) {
    // A rare indicator has equal percentiles although it varies: then its true range is the only scale there is.
    const [from, to] = high > low ? [low, high] : [least, greatest];
    bounds.centre[d] = high > low ? low + (high - low) / 2 : low;
    bounds.halfRange[d] = high > low ? (to - from) / 2 : to - from;
    bounds.min[d] = least;
    bounds.max[d] = greatest;
  }
  floorHalfRanges(bounds);
  return bounds;
}

/** Raises half-ranges that are tiny next to the others, to the value's size, or zero. */
function floorHalfRanges({ centre, halfRange }: Bounds): void {
  const varying = halfRange.filter((value) => value > 0).sort();
  const median = varying.length === 0 ? 1 : varying[varying.length >> 1]!;
  for (let d = 0; d < halfRange.length; d++) {
    halfRange[d] = Math.max(
      halfRange[d]!,
      RELATIVE_FLOOR * median,
      RESOLUTION_FLOOR * Math.abs(centre[d]!),
      ABSOLUTE_FLOOR,
    );
  }
}
