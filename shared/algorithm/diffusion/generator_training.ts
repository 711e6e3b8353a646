/**
 * The training that both generators share: one async generator, one item a step. Between two steps everything it knows is a value.
 * @module
 */
import { allTasks, type RawTaskRows, type TaskRows } from "../replay/task_rows.ts";
import type { Compile, Stored } from "@cugro/tensors/seam";
import { type Batches, openBatches } from "./batches.ts";
import { checkDenoiser, denoiserWeights, frozenWeights, initDenoiser, predictNoise } from "./denoiser.ts";
import type { DenoiserShape } from "./denoiser_shape.ts";
import { contextOf, generatorStep, TEACHER } from "./generator_step.ts";
import { growTask } from "./growth.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { consolidated, heldState, measureFisher } from "../numerics/ewc.ts";
import { initOptimiser } from "../numerics/optimiser.ts";
import {
  recordCurves,
  type Snapshot,
  type TrainingProgress,
  type TrainingResult,
} from "../numerics/progress.ts";
import { type OpenTraining, resumedState, runTraining, scheduleOf } from "./training_parts.ts";
import { createRng } from "../numerics/rng.ts";
import { entry, knownTasks, tasksTensor, withoutFisher, withPrefix } from "../numerics/weights.ts";

/** What a generator learns a new task from. */
export interface GeneratorTrainingInput extends RawTaskRows {
  /** Published weights of the parent version: the start, and the teacher of `retention: distill`. */
  parent?: Stored;
  /** As the parent's, where architecture and widths are concerned. */
  hyperparameters: Hyperparameters;
  /** Old tasks of the learner: decides the number of steps. */
  oldTasks: number;
  /** Decides initial weights, batches, times and noise. */
  seed: number;
  /** Goes on from here; all other inputs must be those of the interrupted training. */
  resume?: Snapshot;
  /** How the step runs. */
  compile: Compile;
}

/** What distinguishes the two generators. */
export interface GeneratorSettings {
  name: "stateGenerator" | "behaviorGenerator";
  /** Shape for a number of known tasks. */
  shapeOf: (tasks: number) => DenoiserShape;
  steps: number;
  /** Normalised rows of the new task and of the old ones, by {@linkcode TaskRows.taskRow}. */
  rowsOf: (tasks: readonly number[]) => { fresh: TaskRows; replay: TaskRows[] };
}

/**
 * Trains a generator on a new task mixed with replay: epsilon-prediction, L = mean over rows of sum over dims (eps - target)^2.
 * A task that the parent knows (its dataset has grown) is trained on in its own place, and all others are replayed.
 * Fresh Adam each task, start from the parent's published weights.
 *
 * @yields After every step; stop with `return()`, which frees all tensors.
 * @returns Published weights with `tasks`, curves `loss`, `lossNew`, `lossOld`, metrics.
 * @throws {InvalidInputError} If shapes do not fit, a normaliser is missing, or the loss is no longer finite.
 */
export async function* trainGenerator(
  input: GeneratorTrainingInput,
  settings: GeneratorSettings,
): AsyncGenerator<TrainingProgress, TrainingResult> {
  const parent = input.parent && withoutFisher(input.parent);
  const { shape, ...open } = openTraining(
    { ...input, ...(parent ? { parent } : {}) },
    settings,
    input.parent,
  );
  const result = yield* runTraining(open, { zeroPredictorLoss: shape.dim });
  if (input.hyperparameters.regulariser === "none") return result;
  const fisher = await fisherOfGenerator(input, settings, shape, result.weights);
  return { ...result, weights: { ...result.weights, ...fisher } };
}

/** The Fisher information of the new task on top of the parent's; batches of one row, from streams of their own. */
async function fisherOfGenerator(
  input: GeneratorTrainingInput,
  settings: GeneratorSettings,
  shape: DenoiserShape,
  weights: Stored,
): Promise<Stored> {
  const { hyperparameters: h, compile, parent } = input;
  const rng = createRng(input.seed, `${settings.name}.fisher`);
  const tasks = knownTasks(weights);
  const { fresh } = settings.rowsOf(tasks);
  const batches = openGeneratorBatches(
    { ...input, hyperparameters: { ...h, generatorBatchSize: 1 } },
    { fresh, replay: [] },
    shape,
    tasks.length,
    rng.integer(2 ** 32),
  );
  const frozen = frozenWeights(shape);
  const trained = Object.entries(denoiserWeights(weights)).filter(([name]) => !frozen.includes(name));
  const measured = await measureFisher({
    name: settings.name,
    weights: Object.fromEntries(trained),
    output: (own, inputs) => predictNoise(own, shape, entry(inputs, "noisy"), contextOf(shape, inputs)),
    outputs: shape.dim,
    rows: h.fisherRows,
    next: (row) => batches.next(row),
    probe: () => rng.normals(shape.dim),
    compile,
  });
  return consolidated(parent, measured, h.ewcDecay);
}

/** Everything a training needs before its next step; checks the input. */
function openTraining(
  input: GeneratorTrainingInput,
  settings: GeneratorSettings,
  holder: Stored | undefined,
): OpenTraining & { shape: DenoiserShape } {
  const { hyperparameters, resume, seed } = input;
  const { name, steps } = settings;
  const start = startWeights(input, settings);
  const tasks = knownTasks(start);
  const shape = settings.shapeOf(tasks.length);
  checkDenoiser(start, shape, initDenoiser(shape, createRng(0)));
  const rows = settings.rowsOf(tasks);
  const batches = openGeneratorBatches(input, rows, shape, tasks.length, resume?.position.rng ?? seed);
  const teacher = hyperparameters.retention === "distill" && rows.replay.length > 0
    ? input.parent
    : undefined;
  const optimiser = { ...hyperparameters, frozen: frozenWeights(shape) };
  const definition = generatorStep({
    name,
    shape,
    optimiser,
    teacherShape: teacher === undefined ? undefined : settings.shapeOf(knownTasks(teacher).length),
    freshRows: batches.freshRows,
    ewcStrength: hyperparameters.regulariser === "ewc" ? hyperparameters.ewcStrength : undefined,
  });
  const initial = {
    ...resumedState(initOptimiser(denoiserWeights(start), optimiser), resume),
    ...(hyperparameters.regulariser === "ewc" ? heldState(start, holder) : {}),
    ...(teacher === undefined ? {} : withPrefix(denoiserWeights(teacher), TEACHER)),
  };
  const rates = scheduleOf(steps, hyperparameters);
  // The example comes from other streams: the position of `batches` belongs to the next step.
  const example = { ...openGeneratorBatches(input, rows, shape, tasks.length, seed).next(0), ...rates(0) };
  const curves = recordCurves(steps, resume?.position["curves"]);
  const compiled = input.compile(definition, initial, example);
  return { name, steps, resume, tasks, shape, batches, curves, rates, compiled };
}

/** Fresh weights for a first task, else the parent's with a place for the new task; a task that it knows keeps its place. */
function startWeights(input: GeneratorTrainingInput, settings: GeneratorSettings): Stored {
  const { parent, task, seed } = input;
  if (parent !== undefined && knownTasks(parent).includes(task)) return parent;
  if (parent !== undefined) return growTask(parent, task, createRng(seed, `${settings.name}.growth`));
  const tasks = input.joint ? allTasks(input) : [task];
  return {
    ...initDenoiser(settings.shapeOf(tasks.length), createRng(seed, `${settings.name}.init`)),
    tasks: tasksTensor(tasks),
  };
}

function openGeneratorBatches(
  { hyperparameters, joint }: GeneratorTrainingInput,
  rows: { fresh: TaskRows; replay: TaskRows[] },
  shape: DenoiserShape,
  tasks: number,
  seed: number | readonly number[],
): Batches {
  const { generatorBatchSize: batchSize } = hyperparameters;
  const newTaskShare = joint ? "proportional" : hyperparameters.newTaskShare;
  return openBatches({
    ...rows,
    batchSize,
    newTaskShare,
    dim: shape.dim,
    conditionDim: shape.conditionDim,
    tasks,
    seed,
  });
}
