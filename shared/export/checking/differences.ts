/**
 * How far outputs of a model are from others, row by row; and which rows cannot be compared, since their answer depends on the
 * last digits of the input.
 * @module
 */
import { createRng } from "@cugro/algorithm/arrays";
import type { OnnxArray, OnnxModel } from "../onnx/runtime.ts";
import type { Parts } from "../parts.ts";
import { askModel, type ModelInputs } from "./ask_model.ts";

/** Outputs of a model by their names, all rows after each other. */
export type Outputs = Readonly<Record<string, Float32Array>>;

/** A float32 has no more: what is read back differs from what was computed by this part of itself. */
const PRECISION = 2 ** -22;
/** By how much inputs are moved, in half-ranges (noise: in its spread): what the sums of a few layers of 256 lose. */
const ROUNDING = 3e-6;
/** Differences as great as this come of a choice between candidates, and rounding errors of their values decide it. */
const CHOICE = 1e-3;
const ROUNDING_OF_VALUES = 1e-5;
const DIRECTIONS = 3;
/** The precision of a value in float32, in spreads of returns: weights by exp(alpha Q) multiply it by alpha. */
const VALUE_PRECISION = 1e-6;

/**
 * Difference of each row: of actions and states in half-ranges, of values in spreads of returns, of discrete actions 0 or 1.
 *
 * @param ours outputs by name, `[n, ...]`
 * @param theirs outputs by name, `[n, ...]`
 * @returns `[n]`
 */
export function rowErrors(
  { tasks, classes, tables }: Parts,
  task: number,
  ours: Outputs,
  theirs: Outputs,
): number[] {
  const place = tasks.indexOf(task);
  const scale = (table: string) => {
    const { data, shape } = tables[table]!;
    return data.subarray(place * shape[1]!, (place + 1) * shape[1]!);
  };
  const scales: Readonly<Record<string, Float32Array>> = {
    value: scale("returns.std"),
    observation: scale("observations.halfRange"),
    action: classes === undefined ? scale("actions.halfRange") : Float32Array.of(1),
  };
  const compared = Object.entries(ours).map(([name, own]) => [own, theirs[name]!, scales[name]!] as const);
  const [own, , unit] = compared[0]!;
  return Array.from(
    { length: own.length / unit.length },
    (_, row) => Math.max(...compared.map((one) => rowError(row, ...one))),
  );
}

function rowError(row: number, ours: Float32Array, theirs: Float32Array, scale: Float32Array): number {
  let greatest = 0;
  for (const [d, unit] of scale.entries()) {
    const at = row * scale.length + d;
    const error = Math.abs(ours[at]! - theirs[at]!) - PRECISION * Math.abs(ours[at]!);
    if (Number.isNaN(error)) return Infinity;
    greatest = Math.max(greatest, error / unit);
  }
  return greatest;
}

/** A model and what it was asked and answered. */
interface Asked {
  model: OnnxModel;
  parts: Parts;
  task: number;
  inputs: ModelInputs;
  outputs: Outputs;
}

/**
 * Of rows that differ, those whose answer moves by at least half the difference when the inputs are moved by a rounding
 * error: it may be either. Two candidates have the same value to the last digit, or noise is near the border between
 * two modes of the diffusion. And those that differ by no more than weights by value lose of what values lose.
 *
 * @param asked the model, what it was asked, and what it answered
 * @param far the rows that differ, and by how much
 * @returns numbers of rows, a part of those in `far`
 */
export async function undecidedRows(asked: Asked, far: ReadonlyMap<number, number>): Promise<Set<number>> {
  const undecided = new Set<number>();
  if (far.size === 0) return undecided;
  const { model, parts, task, outputs } = asked;
  for (const [row, error] of far) if (error <= lostInWeights(asked)) undecided.add(row);
  const rows = [...far.keys()];
  const here = Object.fromEntries(
    Object.entries(outputs).map(([name, data]) => [name, takeRows(data, rowsOf(asked), rows)]),
  );
  for (const [nudge, least] of [[ROUNDING, 0], [ROUNDING_OF_VALUES, CHOICE]] as const) {
    for (let direction = 0; direction < DIRECTIONS; direction++) {
      const moved = await askModel(model, nudged(asked, rows, nudge, direction), parts.knobs.candidates);
      for (const [i, distance] of rowErrors(parts, task, here, moved).entries()) {
        const error = far.get(rows[i]!)!;
        if (error >= least && distance >= error / 2) undecided.add(rows[i]!);
      }
    }
  }
  return undecided;
}

function lostInWeights({ inputs, parts: { knobs: { selection, inverseTemperature } } }: Asked): number {
  const isWeighed = inputs.noise !== undefined && (selection === "soft" || selection === "mode");
  return isWeighed ? inverseTemperature * VALUE_PRECISION : 0;
}

function rowsOf({ inputs }: Asked): number {
  return inputs.task!.shape[0]!;
}

function takeRows<T extends OnnxArray["data"]>(data: T, count: number, rows: readonly number[]): T {
  const width = data.length / count;
  const taken = data.slice(0, rows.length * width) as T;
  for (const [i, row] of rows.entries()) {
    // cast: a part of an array is of its kind.
    taken.set(data.subarray(row * width, (row + 1) * width) as never, i * width);
  }
  return taken;
}

/** Some rows of the inputs, each number but the task moved. */
function nudged(asked: Asked, rows: readonly number[], nudge: number, seed: number): ModelInputs {
  const { tasks, stateDim, actionDim, classes, tables } = asked.parts;
  const place = tasks.indexOf(asked.task);
  const unitOf = (name: string, i: number): number => {
    if (name === "observation") {
      return tables["observations.halfRange"]!.data[place * stateDim + i % stateDim]!;
    }
    if (name !== "action") return 1;
    return classes === undefined ? tables["actions.halfRange"]!.data[place * actionDim + i % actionDim]! : 0;
  };
  return Object.fromEntries(
    Object.entries(asked.inputs).map(([name, { shape: [, ...rest], data }]) => {
      const taken = takeRows(data, rowsOf(asked), rows), shape = [rows.length, ...rest];
      if (!(taken instanceof Float32Array)) return [name, { shape, data: taken }];
      const normals = createRng(seed, `export.nudges.${name}`).normals(taken.length);
      return [name, { shape, data: taken.map((value, i) => value + nudge * unitOf(name, i) * normals[i]!) }];
    }),
  );
}
