/**
 * The training that both generators share: one async generator, one item a step. Between two steps everything it knows is a value.
 * @module
 */
import { allTasks, type RawTaskRows, type TaskRows } from "../replay/task_rows.ts";
import type { Compile, StepDefinition, Stored } from "@cugro/tensors/seam";
import type { Batches } from "./batches.ts";
import { checkDenoiser, denoiserWeights, frozenWeights, predictNoise } from "./denoiser.ts";
import type { DenoiserShape } from "./denoiser_shape.ts";
import type { GeneratorFamily } from "./generator_family.ts";
import { contextOf, TEACHER } from "./generator_step.ts";
import { growTask } from "./grow_embedding.ts";
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
import { stepsUntil } from "../knobs/training_steps.ts";
import { createRng } from "../numerics/rng.ts";
import { entry, knownTasks, tasksTensor, withoutFisher, withPrefix } from "../numerics/weights.ts";

/** Input of a generator's training on a new task. */
export interface GeneratorTrainingInput extends RawTaskRows {
  /** Published weights of the parent version: the start, and the teacher of `retention: distill`. */
  parent?: Stored;
  /** As the parent's, where architecture and widths are concerned. */
  hyperparameters: Hyperparameters;
  /** Old tasks of the learner: decides the number of steps. */
  oldTasks: number;
  /** Decides initial weights, batches, times and noise. */
  seed: number;
  /** Share of the steps after which to end, in (0, 1): a part of the same training without it. */
  until?: number;
  /** Goes on from here; all other inputs must be those of the interrupted training. */
  resume?: Snapshot;
  /** How the step runs. */
  compile: Compile;
}

/** Differences between the two generators, and between their families. */
export interface GeneratorSettings {
  name: "stateGenerator" | "behaviorGenerator";
  family: GeneratorFamily;
  /** Shape for a number of known tasks. */
  shapeOf: (tasks: number) => DenoiserShape;
  steps: number;
  /** Share of rows that are not told their task, for guidance. */
  conditionDropout?: number;
  /** Normalised rows of the new task and of the old ones, by {@linkcode TaskRows.taskRow}. */
  rowsOf: (tasks: readonly number[]) => { fresh: TaskRows; replay: TaskRows[] };
}

/**
 * Trains a generator on a new task mixed with replay; of a diffusion model epsilon-prediction, L = mean over rows of sum over dims (eps - target)^2.
 * A task that the parent knows (its dataset has grown) is trained on in its own place, and all others are replayed.
 * Fresh Adam each task, start from the parent's published weights.
 * Source: arXiv 2404.10662, Eqs. 10 and 13 (of its first version).
 *
 * @param input rows of the task `[N, S]`, `[N, A]`, replay of each old task, normalisers, the parent's
 *   weights, a seed
 * @param settings which generator it is, and of which family
 * @yields After every step; stop with `return()`, which frees all tensors.
 * @returns Published weights with `tasks`, curves `loss`, `lossNew`, `lossOld`, metrics.
 * @throws {InvalidInputError} If shapes do not fit, a normaliser is missing, or the loss is no longer finite.
 */
export async function* trainGenerator(
  input: GeneratorTrainingInput,
  settings: GeneratorSettings,
): AsyncGenerator<TrainingProgress, TrainingResult> {
  const { shape, ...open } = openTraining(input, settings);
  const measure = input.hyperparameters.regulariser === "ewc" && input.until === undefined
    ? { measure: (weights: Stored) => fisherOfGenerator(input, settings, shape, weights) }
    : {};
  return yield* runTraining({ ...open, ...measure }, { zeroPredictorLoss: shape.dim });
}

/** The Fisher information of the new task on top of the parent's; batches of one row, from streams of their own. */
async function* fisherOfGenerator(
  input: GeneratorTrainingInput,
  settings: GeneratorSettings,
  shape: DenoiserShape,
  weights: Stored,
): AsyncGenerator<number, Stored> {
  const { hyperparameters: h, compile, parent } = input;
  const rng = createRng(input.seed, `${settings.name}.fisher`);
  const tasks = knownTasks(weights);
  const { fresh } = settings.rowsOf(tasks);
  const batches = openGeneratorBatches(
    { ...input, hyperparameters: { ...h, generatorBatchSize: 1 } },
    { family: settings.family },
    { fresh, replay: [] },
    shape,
    tasks.length,
    rng.integer(2 ** 32),
  );
  const frozen = frozenWeights(shape);
  const trained = Object.entries(denoiserWeights(weights)).filter(([name]) => !frozen.includes(name));
  const measured = yield* measureFisher({
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
): OpenTraining & { shape: DenoiserShape } {
  const { hyperparameters, resume, seed } = input;
  const { name, steps, family } = settings;
  const start = startWeights(input, settings);
  const tasks = knownTasks(start);
  const shape = settings.shapeOf(tasks.length);
  checkDenoiser(start, shape, family.init(shape, createRng(0)));
  const rows = settings.rowsOf(tasks);
  const open = (from: number | readonly number[]) =>
    openGeneratorBatches(input, settings, rows, shape, tasks.length, from);
  const batches = open(resume?.position.rng ?? seed);
  const { definition, state } = openStep(input, settings, start, shape, {
    freshRows: batches.freshRows,
    replayed: rows.replay.length > 0,
  });
  const rates = scheduleOf(steps, hyperparameters, family.beta1);
  // The example comes from other streams: the position of `batches` belongs to the next step.
  const example = { ...open(seed).next(0), ...rates(0) };
  const curves = recordCurves(steps, resume?.position["curves"]);
  const compiled = input.compile(definition, state, example);
  const { until } = input;
  const end = until === undefined ? {} : { end: stepsUntil(steps, until) };
  return { name, steps, ...end, resume, tasks, shape, batches, curves, rates, compiled };
}

/** The step, and the state of the first one that is left to do: its own tensors, and what holds old tasks. */
function openStep(
  { hyperparameters: h, parent, resume }: GeneratorTrainingInput,
  { name, family, shapeOf }: GeneratorSettings,
  start: Stored,
  shape: DenoiserShape,
  { freshRows, replayed }: { freshRows: number; replayed: boolean },
): { definition: StepDefinition; state: Stored } {
  const teacher = family.teaches && h.retention === "distill" && replayed ? parent : undefined;
  const optimiser = { ...h, frozen: family.frozen(shape), beta1: family.beta1 };
  const held = h.regulariser === "ewc";
  const own = initOptimiser(denoiserWeights(start), optimiser);
  return {
    definition: family.step({
      ...{ name, shape, optimiser, freshRows },
      teacherShape: teacher === undefined ? undefined : shapeOf(knownTasks(teacher).length),
      ewcStrength: held ? h.ewcStrength : undefined,
    }),
    state: {
      ...resumedState(own, resume),
      ...(held ? heldState(start, parent) : {}),
      ...(teacher === undefined ? {} : withPrefix(denoiserWeights(teacher), TEACHER)),
    },
  };
}

/** Fresh weights for a first task, else the parent's with a place for the new task; a task that it knows keeps its place. */
function startWeights(input: GeneratorTrainingInput, settings: GeneratorSettings): Stored {
  const { task, seed } = input;
  const parent = input.parent && withoutFisher(input.parent);
  if (parent !== undefined && knownTasks(parent).includes(task)) return parent;
  if (parent !== undefined) return growTask(parent, task, createRng(seed, `${settings.name}.growth`));
  const tasks = input.joint ? allTasks(input) : [task];
  return {
    ...settings.family.init(settings.shapeOf(tasks.length), createRng(seed, `${settings.name}.init`)),
    tasks: tasksTensor(tasks),
  };
}

function openGeneratorBatches(
  { hyperparameters, joint }: GeneratorTrainingInput,
  { family, conditionDropout }: Pick<GeneratorSettings, "family" | "conditionDropout">,
  rows: { fresh: TaskRows; replay: TaskRows[] },
  shape: DenoiserShape,
  tasks: number,
  seed: number | readonly number[],
): Batches {
  const { generatorBatchSize: batchSize } = hyperparameters;
  const newTaskShare = joint ? "proportional" : hyperparameters.newTaskShare;
  return family.openBatches({
    ...rows,
    batchSize,
    newTaskShare,
    dim: shape.dim,
    conditionDim: shape.conditionDim,
    tasks,
    seed,
    conditionDropout,
  });
}
