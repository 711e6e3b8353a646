/**
 * N_i: one normaliser a task, fitted once at import and never changed. Only these numbers are kept, never rows.
 *
 * Centre and half-range come from the 0.1 and 99.9 percentiles, so that an outlier does not squeeze the rest (the paper takes min and max).
 * True min and max are kept too: samples are clamped to them.
 * @module
 */
import { InvalidInputError } from "./errors.ts";
import type { Stored } from "@cugro/tensors/seam";
import { entry } from "./weights.ts";

export { fitNormaliser, openNormaliserFit, type RowsForm } from "./fit_normaliser.ts";

/** Observed states are clamped to this multiple of the task's normalised min and max. */
export const OBSERVATION_CLAMP = 1.5;

/** Bounds of one kind of row in raw units, one entry a dimension. */
export interface Bounds {
  /** Maps to 0. */
  centre: Float32Array;
  /** Maps to 1; positive, floored for nearly constant dimensions. */
  halfRange: Float32Array;
  /** Least value in the data. */
  min: Float32Array;
  /** Greatest value in the data. */
  max: Float32Array;
  /** The rows are one-hot, of this many discrete actions: they are left as they are, and samples become one-hot rows. */
  classes?: number;
}

/** Bounds of a task's states and actions. */
export interface Normaliser {
  /** `[S]` each. */
  states: Bounds;
  /** `[A]` each. */
  actions: Bounds;
}

/**
 * Raw rows -> normalised rows, (x - centre) / halfRange.
 *
 * @param rows `[n, D]`, raw units
 * @param clampFactor If given, clamps to this multiple of the task's normalised min and max (observed states when acting: 1.5).
 * @returns `[n, D]`, mostly in [-1, 1]
 */
export function normalise(rows: Float32Array, bounds: Bounds, clampFactor?: number): Float32Array {
  const dim = checkWidth(rows, bounds);
  const out = new Float32Array(rows.length);
  const { low, high } = normalisedLimits(bounds);
  for (let i = 0, d = 0; i < rows.length; i++, d = d + 1 === dim ? 0 : d + 1) {
    const value = (rows[i]! - bounds.centre[d]!) / bounds.halfRange[d]!;
    out[i] = clampFactor === undefined
      ? value
      : Math.min(Math.max(value, low[d]! * clampFactor), high[d]! * clampFactor);
  }
  return out;
}

/**
 * Normalised rows -> raw rows, clamped to the task's own min and max; one-hot where the bounds are those of discrete actions.
 *
 * @param rows `[n, D]`, normalised
 * @returns `[n, D]`, raw units
 */
export function denormalise(rows: Float32Array, bounds: Bounds): Float32Array {
  const dim = checkWidth(rows, bounds);
  const out = new Float32Array(rows.length);
  for (let i = 0, d = 0; i < rows.length; i++, d = d + 1 === dim ? 0 : d + 1) {
    const value = bounds.centre[d]! + rows[i]! * bounds.halfRange[d]!;
    out[i] = Math.min(Math.max(value, bounds.min[d]!), bounds.max[d]!);
  }
  return bounds.classes === undefined ? out : oneHotRows(classesOf(rows, dim), dim);
}

/**
 * The discrete action of each row: its greatest entry, ties to the first.
 *
 * @param rows `[n, classes]`
 * @param classes their number
 * @returns `[n]`
 */
export function classesOf(rows: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: rows.length / classes }, (_, n) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (rows[n * classes + c]! > rows[n * classes + best]!) best = c;
    return best;
  });
}

function oneHotRows(chosen: Int32Array, classes: number): Float32Array {
  const rows = new Float32Array(chosen.length * classes);
  for (const [n, c] of chosen.entries()) rows[n * classes + c] = 1;
  return rows;
}

/**
 * The task's min and max in normalised units, `[D]` each; low <= 0 <= high.
 *
 * @param bounds of states or of actions, `[D]`
 * @returns `low` and `high`, `[D]` each
 */
export function normalisedLimits(bounds: Bounds): { low: Float32Array; high: Float32Array } {
  return {
    low: bounds.min.map((value, d) => (value - bounds.centre[d]!) / bounds.halfRange[d]!),
    high: bounds.max.map((value, d) => (value - bounds.centre[d]!) / bounds.halfRange[d]!),
  };
}

function checkWidth(rows: Float32Array, bounds: Bounds): number {
  const dim = bounds.centre.length;
  if (rows.length % dim !== 0) {
    throw new InvalidInputError(
      `Cannot normalise as rows must be [n, ${dim}]: current length is ${rows.length}`,
    );
  }
  return dim;
}

const KINDS = ["states", "actions"] as const;
const FIELDS = ["centre", "halfRange", "min", "max"] as const;

/**
 * As named arrays `states.centre` ... `actions.max`: 4 (S + A) numbers; `actions.classes` beside them if they are discrete.
 *
 * @param normaliser of a task
 * @returns named arrays, float32
 */
export function normaliserToStored(normaliser: Normaliser): Stored {
  const stored: Stored = {};
  for (const kind of KINDS) {
    for (const field of FIELDS) {
      const data = normaliser[kind][field];
      stored[`${kind}.${field}`] = { shape: [data.length], data };
    }
  }
  const { classes } = normaliser.actions;
  if (classes !== undefined) stored["actions.classes"] = { shape: [1], data: Int32Array.of(classes) };
  return stored;
}

/**
 * The inverse of {@linkcode normaliserToStored}.
 *
 * @param stored named arrays
 * @returns the normaliser
 * @throws {InvalidInputError} If an array is missing.
 */
export function normaliserFromStored(stored: Stored): Normaliser {
  const bounds = (kind: string): Bounds => {
    const field = (name: string) => Float32Array.from(entry(stored, `${kind}.${name}`).data);
    return { centre: field("centre"), halfRange: field("halfRange"), min: field("min"), max: field("max") };
  };
  const classes = stored["actions.classes"]?.data[0];
  const actions = bounds("actions");
  return { states: bounds("states"), actions: classes === undefined ? actions : { ...actions, classes } };
}

/**
 * N_i of a task.
 *
 * @param normalisers by task id
 * @param task an id
 * @returns its own
 * @throws {InvalidInputError} If there is none: another task's must never stand in for it.
 */
export function normaliserOf(normalisers: ReadonlyMap<number, Normaliser>, task: number): Normaliser {
  const normaliser = normalisers.get(task);
  if (normaliser === undefined) {
    throw new InvalidInputError(
      `Cannot use task ${task} as its normaliser is missing: present are those of [${
        [...normalisers.keys()].join(", ")
      }]`,
    );
  }
  return normaliser;
}
