/**
 * A graph beside this system's own answers. What differs by more is not written.
 * @module
 */
import { createRng } from "@cugro/algorithm";
import { classesOf } from "@cugro/algorithm/arrays";
import type { ModelName } from "../graphs/decision_graphs.ts";
import { openOnnxModel } from "../onnx/runtime.ts";
import type { Parts } from "../parts.ts";
import { askModel, modelInputs } from "./ask_model.ts";
import type { TaskInputs } from "./inputs.ts";
import type { Ours } from "./ours.ts";

/** Inputs that every graph is checked on. */
export const CHECKED_INPUTS = 1_000;
/** Largest difference: of actions and states in half-ranges of the task's data, of values in spreads of its returns. */
export const CHECKED_WITHIN = 1e-5;
/** Of all rows this share may be undecided. */
const UNDECIDED = 0.01;
/** By how much observations are moved to see whether our own answer jumps there, in half-ranges. */
const NUDGES = [1e-6, 3e-6, 1e-5, 1e-5];
/** A jump is to the model's answer if no more than this part of the difference is left. */
const JUMPED_WITHIN = 0.1;
/** A float32 has no more: what is read back differs from what was computed by this part of itself. */
const PRECISION = 2 ** -22;

/** What a check came to. */
export interface Checked {
  model: ModelName;
  passed: boolean;
  /** Of the rows that are decided. */
  greatestError: number;
  inputs: number;
  /**
   * Rows in which our own answer jumps when the observation is moved by a rounding error, so that it may be either: two
   * candidates whose values are equal to the last digit.
   */
  undecided: number;
  sizeBytes: number;
  seconds: number;
}

/** Compares a model with ours. @param onRows told how many rows are done @param within largest difference */
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
      const compare = comparisonOf(parts, own, theirs);
      const errors = compare(await answers(name, ours, own, theirs));
      const far = errors.flatMap((error, row) => error <= within ? [] : [row]);
      const jumps = far.length > 0 && isDecision(name)
        ? await jumpsTo(name, parts, ours, own, compare, new Map(far.map((row) => [row, errors[row]!])))
        : new Set<number>();
      undecided += jumps.size;
      wrong += far.length - jumps.size;
      for (const [row, error] of errors.entries()) {
        if (!jumps.has(row)) greatestError = worse(greatestError, error);
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

type Answers = Partial<Record<"states" | "actions" | "values", Float32Array>>;

function isDecision(name: ModelName): name is "actor" | "proposer" | "sampler" {
  return name !== "critic" && name !== "generators";
}

async function answers(
  name: ModelName,
  ours: Ours,
  inputs: TaskInputs,
  theirs: Record<string, Float32Array>,
): Promise<Answers> {
  if (isDecision(name)) return { actions: await ours.act(name, inputs) };
  if (name === "critic") return { values: await ours.value(inputs) };
  // Actions in the very states that the model gives: else the difference of the states would count twice.
  const [states, actions] = [await ours.states(inputs), await ours.actionsIn(theirs.observation!, inputs)];
  return { states, actions };
}

/** The error of each row, given our answers. */
function comparisonOf(
  { tasks, stateDim, actionDim, classes, tables }: Parts,
  { task, rows }: TaskInputs,
  theirs: Record<string, Float32Array>,
): (ours: Answers) => number[] {
  const place = tasks.indexOf(task);
  const scale = (table: string, width: number) =>
    tables[table]!.data.subarray(place * width, (place + 1) * width);
  return ({ states, actions, values }) => {
    const parts: [ours: Float32Array, theirs: Float32Array, scale: Float32Array][] = [];
    if (values) parts.push([values, theirs.value!, scale("returns.std", 1)]);
    if (states) parts.push([states, theirs.observation!, scale("observations.halfRange", stateDim)]);
    if (actions && classes === undefined) {
      parts.push([actions, theirs.action!, scale("actions.halfRange", actionDim)]);
    } else if (actions) {
      // Of two discrete actions one is right.
      parts.push([Float32Array.from(classesOf(actions, classes!)), theirs.action!, Float32Array.of(1)]);
    }
    return Array.from({ length: rows }, (_, row) => Math.max(...parts.map((part) => rowError(row, ...part))));
  };
}

function rowError(row: number, ours: Float32Array, theirs: Float32Array, scale: Float32Array): number {
  let greatest = 0;
  for (const [d, unit] of scale.entries()) {
    const at = row * scale.length + d;
    const error = Math.abs(ours[at]! - theirs[at]!) - PRECISION * Math.abs(ours[at]!);
    greatest = worse(greatest, Math.max(error, 0) / unit);
  }
  return greatest;
}

/** The greater of two; a number that is none is the worst. */
function worse(a: number, b: number): number {
  return Number.isNaN(b) ? Infinity : Math.max(a, b);
}

/** Rows of `far` in which our own answer, with the observation moved by next to nothing, is the model's. */
async function jumpsTo(
  name: "actor" | "proposer" | "sampler",
  { tasks, stateDim, tables }: Parts,
  ours: Ours,
  inputs: TaskInputs,
  compare: (ours: Answers) => number[],
  far: ReadonlyMap<number, number>,
): Promise<Set<number>> {
  const from = tasks.indexOf(inputs.task) * stateDim;
  const halfRange = tables["observations.halfRange"]!.data;
  const jumps = new Set<number>();
  for (const [n, nudge] of NUDGES.entries()) {
    const normals = createRng(n, "export.nudges").normals(inputs.observations.length);
    const observations = inputs.observations.map((value, i) =>
      value + nudge * halfRange[from + i % stateDim]! * normals[i]!
    );
    const errors = compare({ actions: await ours.act(name, { ...inputs, observations }) });
    for (const [row, error] of far) if (errors[row]! <= JUMPED_WITHIN * error) jumps.add(row);
  }
  return jumps;
}
