/**
 * Raw arrays of any reader -> one {@link Dataset}: names, shapes, and the parts a file may leave out.
 *
 * Stated rules: rewards and flags may be `[N]` or `[N, 1]`. Without `timeouts`, an episode is cut where its next state
 * is not the following row's state, or after `horizon` steps. Without next states, s' is the following row's state;
 * at the end of an episode, where there is none, it is the row's own state. The last row always ends an episode.
 * @module
 */
import {
  type Dataset,
  DatasetError,
  type DatasetMetadata,
  type RawArray,
  type RawDataset,
} from "./dataset.ts";

const NAMES = {
  states: ["observations", "states"],
  actions: ["actions"],
  rewards: ["rewards"],
  nextStates: ["next_observations", "nextStates", "next_states"],
  terminals: ["terminals"],
  timeouts: ["timeouts"],
  success: ["success"],
} as const;

interface Found extends RawArray {
  field: string;
}

function find(raw: RawDataset, name: keyof typeof NAMES): Found | undefined {
  const field = NAMES[name].find((candidate) => raw.arrays[candidate] !== undefined);
  return field === undefined ? undefined : { field, ...raw.arrays[field]! };
}

function required(raw: RawDataset, name: keyof typeof NAMES, file: string): Found {
  const found = find(raw, name);
  if (found) return found;
  const present = Object.keys(raw.arrays).join(", ") || "none";
  throw new DatasetError(
    { file, field: NAMES[name][0] },
    `the field is missing; fields present are ${present}`,
  );
}

function rows(found: Found, size: number, columns: number | undefined, file: string): Float32Array {
  const { shape, field, data } = found;
  const wanted = columns === undefined ? `[${size}] or [${size}, 1]` : `[${size}, ${columns}]`;
  const fits = columns === undefined
    ? shape[0] === size && (shape.length === 1 || (shape.length === 2 && shape[1] === 1))
    : shape.length === 2 && shape[0] === size && shape[1] === columns;
  if (!fits) throw new DatasetError({ file, field, value: `[${shape}]` }, `the shape must be ${wanted}`);
  return data instanceof Float32Array ? data.slice() : Float32Array.from(data);
}

function flags(found: Found, size: number, file: string): Uint8Array {
  const values = rows(found, size, undefined, file);
  const row = values.findIndex((value) => value !== 0 && value !== 1);
  if (row >= 0) {
    throw new DatasetError({ file, field: found.field, row, value: values[row] }, "a flag must be 0 or 1");
  }
  return Uint8Array.from(values);
}

function matrixShape(found: Found, file: string): [number, number] {
  const [size, columns] = found.shape;
  if (found.shape.length === 2 && size && columns) return [size, columns];
  throw new DatasetError(
    { file, field: found.field, value: `[${found.shape}]` },
    "the shape must be [rows, columns] with at least one each",
  );
}

/**
 * Builds the dataset; arrays are float32, flags 0 or 1. Values are not judged yet (see `validate.ts`).
 * @param raw what a reader found
 * @param file name used in errors
 * @throws {DatasetError} for missing fields and shapes that disagree
 */
export function assemble(raw: RawDataset, file: string): Dataset {
  const foundStates = required(raw, "states", file);
  const foundActions = required(raw, "actions", file);
  const [size, stateDim] = matrixShape(foundStates, file);
  const [, actionDim] = matrixShape(foundActions, file);
  const metadata = readMetadata(raw.attributes, file);
  const states = rows(foundStates, size, stateDim, file);
  const foundNext = find(raw, "nextStates");
  const given = foundNext && rows(foundNext, size, stateDim, file);
  const terminals = flags(required(raw, "terminals", file), size, file);
  const foundTimeouts = find(raw, "timeouts");
  const timeouts = foundTimeouts
    ? flags(foundTimeouts, size, file)
    : inferTimeouts(states, given, terminals, stateDim, metadata.horizon);
  if (!terminals[size - 1]) timeouts[size - 1] = 1;
  const foundSuccess = find(raw, "success");
  return {
    states,
    actions: rows(foundActions, size, actionDim, file),
    rewards: rows(required(raw, "rewards", file), size, undefined, file),
    nextStates: given ?? followingStates(states, terminals, timeouts, stateDim),
    terminals,
    timeouts,
    ...(foundSuccess ? { success: flags(foundSuccess, size, file) } : {}),
    size,
    stateDim,
    actionDim,
    metadata,
  };
}

function inferTimeouts(
  states: Float32Array,
  nextStates: Float32Array | undefined,
  terminals: Uint8Array,
  stateDim: number,
  horizon = Infinity,
): Uint8Array {
  const timeouts = new Uint8Array(terminals.length);
  let length = 0;
  for (let row = 0; row < terminals.length; row++) {
    length++;
    const jumps = nextStates !== undefined && row + 1 < terminals.length &&
      !sameState(nextStates, row, states, row + 1, stateDim);
    if (!terminals[row] && (jumps || length >= horizon)) timeouts[row] = 1;
    if (terminals[row] || timeouts[row]) length = 0;
  }
  return timeouts;
}

/** Whether row `i` of `a` and row `j` of `b` are the same state up to float32 rounding. */
export function sameState(a: Float32Array, i: number, b: Float32Array, j: number, stateDim: number): boolean {
  for (let column = 0; column < stateDim; column++) {
    const left = a[i * stateDim + column]!;
    const right = b[j * stateDim + column]!;
    if (Math.abs(left - right) > 1e-5 * (1 + Math.abs(left))) return false;
  }
  return true;
}

function followingStates(
  states: Float32Array,
  terminals: Uint8Array,
  timeouts: Uint8Array,
  stateDim: number,
): Float32Array {
  const next = states.slice();
  for (let row = 0; row + 1 < terminals.length; row++) {
    if (terminals[row] || timeouts[row]) continue;
    next.set(states.subarray((row + 1) * stateDim, (row + 2) * stateDim), row * stateDim);
  }
  return next;
}

const NUMBERS = {
  horizon: "horizon",
  return_random: "returnRandom",
  return_final_policy: "returnFinalPolicy",
  action_limit: "actionLimit",
} as const;

function readMetadata(attributes: Record<string, unknown>, file: string): DatasetMetadata {
  const metadata: DatasetMetadata = {};
  if (typeof attributes.env === "string") metadata.env = attributes.env;
  if (typeof attributes.family === "string") metadata.family = attributes.family;
  if (attributes.goal !== undefined) metadata.goal = readGoal(attributes.goal, file);
  for (const [attribute, name] of Object.entries(NUMBERS)) {
    const value = attributes[attribute];
    if (value === undefined || value === null) continue;
    const number = Number(value);
    if (!Number.isFinite(number)) {
      throw new DatasetError({ file, field: `@${attribute}`, value }, "the attribute must be a number");
    }
    metadata[name] = number;
  }
  return metadata;
}

function readGoal(value: unknown, file: string): number[] {
  const goal = typeof value === "number" ? [value] : Array.from(value as ArrayLike<number>, Number);
  if (goal.length > 0 && goal.every(Number.isFinite)) return goal;
  throw new DatasetError({ file, field: "@goal", value }, "the attribute must be a list of numbers");
}
