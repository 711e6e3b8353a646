/**
 * The training that proposer and actor share: squared error to labels, and to the parent's network for old tasks. One async
 * generator, one item a step; between two steps everything it knows is a value.
 * @module
 */
import type { Compile, Stored } from "@cugro/tensors/seam";
import { TEACHER } from "../diffusion/generator_step.ts";
import { growTask } from "../diffusion/grow_embedding.ts";
import { type OpenTraining, resumedState, runTraining, scheduleOf } from "../diffusion/training_parts.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { jointSteps, stepsFor } from "../knobs/training_steps.ts";
import { initOptimiser } from "../numerics/optimiser.ts";
import {
  recordCurves,
  type Snapshot,
  type TrainingProgress,
  type TrainingResult,
} from "../numerics/progress.ts";
import { createRng } from "../numerics/rng.ts";
import { knownTasks, tasksTensor, withPrefix } from "../numerics/weights.ts";
import { type OneStepBatches, openOneStepBatches } from "./one_step_batches.ts";
import { type RawOneStepRows, rowsToLearn } from "./one_step_rows.ts";
import {
  checkOneStep,
  initOneStep,
  type OneStepKind,
  type OneStepShape,
  oneStepShape,
} from "./one_step_network.ts";
import { oneStepTraining } from "./one_step_loss.ts";

/** Input of a proposer's or an actor's training. */
export interface OneStepTrainingInput extends RawOneStepRows {
  /** The parent version's network of the same kind: the start, and what old tasks are held to. */
  parent?: Stored;
  /** As the parent's, where widths are concerned. */
  hyperparameters: Hyperparameters;
  /** Whether all tasks are learnt alike, from fresh weights: all have labels. */
  joint?: boolean;
  /** Old tasks of the learner: decides the number of steps. */
  oldTasks: number;
  /** Decides initial weights, batches and noise. */
  seed: number;
  /** Goes on from here; all other inputs must be those of the interrupted training. */
  resume?: Snapshot;
  /** How the step runs. */
  compile: Compile;
}

/**
 * Trains g(z, s, k) to give what the sampler makes of the same noise z.
 *
 * @param input labelled rows `[N, S]`, `[N, A]`, states of old tasks, the parent's weights and a seed
 * @yields After every step; stop with `return()`, which frees all tensors.
 * @returns Published weights with `tasks`, curves `loss`, `lossNew`, `lossOld`, metrics.
 * @throws {InvalidInputError} If shapes do not fit, a normaliser is missing, or the loss is no longer finite.
 */
export function trainProposer(
  input: OneStepTrainingInput,
): AsyncGenerator<TrainingProgress, TrainingResult> {
  return trainOneStep(input, "proposer", input.hyperparameters.proposerSteps);
}

/**
 * Trains g(s, k) to give the weighted mean of candidates; otherwise as {@linkcode trainProposer}.
 *
 * @param input labelled rows `[N, S]`, `[N, A]`, states of old tasks, the parent's weights and a seed
 * @yields progress after every step; `return()` frees all tensors
 * @returns published weights with `tasks`, curves and metrics
 */
export function trainActor(input: OneStepTrainingInput): AsyncGenerator<TrainingProgress, TrainingResult> {
  return trainOneStep(input, "actor", input.hyperparameters.actorSteps);
}

async function* trainOneStep(
  input: OneStepTrainingInput,
  kind: OneStepKind,
  firstSteps: number,
): AsyncGenerator<TrainingProgress, TrainingResult> {
  const { distilStepsPerOldTask, maxDistilSteps } = input.hyperparameters;
  const count = input.joint ? jointSteps : stepsFor;
  const steps = count(firstSteps, distilStepsPerOldTask, maxDistilSteps, input.oldTasks);
  return yield* runTraining(openTraining(input, kind, steps));
}

/** Everything a training needs before its next step; checks the input. */
function openTraining(input: OneStepTrainingInput, kind: OneStepKind, steps: number): OpenTraining {
  const { hyperparameters, resume, seed } = input;
  const start = startWeights(input, kind);
  const tasks = knownTasks(start);
  const shape = shapeFor(input, kind, tasks.length);
  checkOneStep(start, shape, initOneStep(shape, createRng(0)));
  const rows = rowsToLearn(input, kind, tasks);
  const open = (from: number | readonly number[]): OneStepBatches =>
    openOneStepBatches({
      ...rows,
      batchSize: hyperparameters.generatorBatchSize,
      newTaskShare: input.joint ? "proportional" : hyperparameters.distilNewTaskShare,
      stateDim: input.stateDim,
      actionDim: input.actionDim,
      noisy: kind === "proposer",
      tasks: tasks.length,
      seed: from,
    });
  const batches = open(resume?.position.rng ?? seed);
  const teacher = input.replay.length > 0 ? input.parent : undefined;
  const definition = oneStepTraining({
    name: kind,
    shape,
    optimiser: hyperparameters,
    teacherShape: teacher === undefined ? undefined : shapeFor(input, kind, knownTasks(teacher).length),
    labelledRows: batches.labelledRows,
  });
  const initial = {
    ...resumedState(initOptimiser(floatsOf(start), hyperparameters), resume),
    ...(teacher === undefined ? {} : withPrefix(floatsOf(teacher), TEACHER)),
  };
  const { distilLearningRate: generatorLearningRate } = hyperparameters;
  const rates = scheduleOf(steps, { ...hyperparameters, generatorLearningRate });
  // The example comes from other streams: the position of `batches` belongs to the next step.
  const compiled = input.compile(definition, initial, { ...open(seed).next(0), ...rates(0) });
  const curves = recordCurves(steps, resume?.position["curves"]);
  return { name: kind, steps, resume, tasks, batches, curves, rates, compiled };
}

/** Fresh weights without a parent, else the parent's with a place for the new task; a task that it knows keeps its place. */
function startWeights(input: OneStepTrainingInput, kind: OneStepKind): Stored {
  const { parent, task, labels, seed } = input;
  if (parent !== undefined && knownTasks(parent).includes(task)) return parent;
  if (parent !== undefined) return growTask(parent, task, createRng(seed, `${kind}.growth`));
  const tasks = [...new Set([...labels.map((shard) => shard.task), task])].sort((a, b) => a - b);
  return {
    ...initOneStep(shapeFor(input, kind, tasks.length), createRng(seed, `${kind}.init`)),
    tasks: tasksTensor(tasks),
  };
}

function shapeFor(input: OneStepTrainingInput, kind: OneStepKind, tasks: number): OneStepShape {
  return oneStepShape(kind, input, tasks, input.hyperparameters);
}

/** Published weights as a step takes them. */
function floatsOf({ tasks: _tasks, ...floats }: Stored): Stored {
  return floats;
}
