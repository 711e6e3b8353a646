/**
 * A graph beside this system's own answers. What differs by more is not written.
 * @module
 */
import { classesOf } from "@cugro/algorithm/arrays";
import type { ModelName } from "../graphs/decision_graphs.ts";
import { openOnnxModel } from "../onnx/runtime.ts";
import type { Parts } from "../parts.ts";
import { askModel, modelInputs } from "./ask_model.ts";
import { type Outputs, rowErrors, undecidedRows } from "./differences.ts";
import type { TaskInputs } from "./inputs.ts";
import type { Ours } from "./ours.ts";

/** Inputs that every graph is checked on. */
export const CHECKED_INPUTS = 1_000;
/** Largest difference: of actions and states in half-ranges of the task's data, of values in spreads of its returns. */
export const CHECKED_WITHIN = 1e-5;
/** Of all rows this share may be undecided. */
export const UNDECIDED = 0.01;

/** The result of a check. */
export interface Checked {
  model: ModelName;
  passed: boolean;
  /** Of the rows that are decided. */
  greatestError: number;
  inputs: number;
  /** Rows that differ by more and hang on the last digits of their inputs, see {@link undecidedRows}. */
  undecided: number;
  sizeBytes: number;
  seconds: number;
}

/**
 * Compares a model with ours.
 *
 * @param bytes of the ONNX file
 * @param onRows told how many rows are done
 * @param within largest difference
 * @returns the greatest error, in the units of {@link rowErrors}, and how many rows are undecided or wrong
 */
export async function checkModel(
  name: ModelName,
  bytes: Uint8Array,
  { parts, inputs, ours, onRows = () => {}, within = CHECKED_WITHIN }: {
    parts: Parts;
    inputs: readonly TaskInputs[];
    ours: Ours;
    onRows?: (done: number) => void;
    within?: number;
  },
): Promise<Checked> {
  const began = performance.now();
  const model = await openOnnxModel(bytes);
  let done = 0, greatestError = 0, undecided = 0, wrong = 0;
  try {
    for (const own of inputs) {
      const ask = modelInputs(name, parts, own, name === "generators" ? ours.replayNoise(own) : undefined);
      const theirs = await askModel(model, ask, parts.knobs.candidates, (rows) => onRows(done + rows));
      done += own.rows;
      const errors = rowErrors(parts, own.task, await answers(name, parts, ours, own, theirs), theirs);
      const far = new Map(errors.entries().filter(([, error]) => !(error <= within)));
      const open = await undecidedRows({ model, parts, task: own.task, inputs: ask, outputs: theirs }, far);
      undecided += open.size;
      wrong += far.size - open.size;
      for (const [row, error] of errors.entries()) {
        if (!open.has(row)) greatestError = Math.max(greatestError, error);
      }
    }
  } finally {
    await model.close();
  }
  const rows = inputs.reduce((sum, own) => sum + own.rows, 0);
  const passed = wrong === 0 && undecided <= UNDECIDED * rows;
  const seconds = (performance.now() - began) / 1000;
  return { model: name, passed, greatestError, inputs: rows, undecided, sizeBytes: bytes.length, seconds };
}

/** Our own answers, as the model calls them. */
async function answers(
  name: ModelName,
  { classes }: Parts,
  ours: Ours,
  inputs: TaskInputs,
  theirs: Outputs,
): Promise<Outputs> {
  const action = (rows: Float32Array) =>
    classes === undefined ? rows : Float32Array.from(classesOf(rows, classes));
  if (name === "critic") return { value: await ours.value(inputs) };
  if (name !== "generators") return { action: action(await ours.act(name, inputs)) };
  // Actions in the very states that the model gives: else the difference of the states would count twice.
  const [observation, actions] = [
    await ours.states(inputs),
    await ours.actionsIn(theirs.observation!, inputs),
  ];
  return { observation, action: action(actions) };
}
