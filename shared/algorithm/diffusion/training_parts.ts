/**
 * What trainings with a frozen parent beside them share: the loop over steps, rates, losses, and the state that a snapshot holds.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { CompiledStep, Stored } from "@cugro/tensors/seam";
import { TEACHER } from "./generator_step.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { adamInputs, learningRateAt, publishedWeights } from "../numerics/optimiser.ts";
import {
  type CurveRecorder,
  type Snapshot,
  type TrainingProgress,
  type TrainingResult,
  whileMeasured,
} from "../numerics/progress.ts";
import { withoutHeld } from "../numerics/ewc.ts";
import { countWeights, entry, tasksTensor } from "../numerics/weights.ts";

/** A training before its next step. */
export interface OpenTraining {
  /** Of the network, for errors. */
  name: string;
  /** Of the whole training. */
  steps: number;
  /** Steps after which it ends. @default `steps` */
  end?: number;
  resume: Snapshot | undefined;
  /** Task ids in row order. */
  tasks: readonly number[];
  batches: {
    next(step: number): Stored;
    state(): Snapshot["position"]["rng"];
    /** Rows of a batch that are the new task's; they stand first. */
    freshRows: number;
  };
  curves: CurveRecorder;
  rates: (step: number) => Stored;
  compiled: CompiledStep;
  /**
   * Measures what is published beside the weights.
   *
   * @yields now and then
   */
  measure?: (weights: Stored) => AsyncGenerator<unknown, Stored>;
}

/**
 * Runs the steps that are left.
 *
 * @param metrics Beside the number of steps, that of weights, and the last losses.
 * @yields After every step; stop with `return()`, which frees all tensors.
 * @returns Published weights with `tasks`, curves `loss`, `lossNew`, `lossOld`, metrics.
 * @throws {InvalidInputError} If the loss is no longer finite.
 */
export async function* runTraining(
  { name, steps, end = steps, resume, tasks, batches, curves, rates, compiled, measure }: OpenTraining,
  metrics: Record<string, number> = {},
): AsyncGenerator<TrainingProgress, TrainingResult> {
  const progress = (step: number, losses: Record<string, number>): TrainingProgress => ({
    ...{ step, steps: end, losses },
    snapshot: () => takeSnapshot(compiled, { step, rng: batches.state(), curves: curves.state() }),
  });
  let losses: Record<string, number> = {};
  try {
    for (let step = resume?.position.step ?? 0; step < end; step++) {
      const outputs = await compiled.run({ ...batches.next(step), ...rates(step) });
      losses = lossesOf(entry(outputs, "rowLoss").data, batches.freshRows, name, step);
      curves.add(step + 1, losses);
      yield progress(step + 1, losses);
    }
    const weights: Stored = {
      ...publishedWeights(withoutTeacher(await compiled.readState())),
      tasks: tasksTensor(tasks),
    };
    const beside = measure === undefined
      ? {}
      : yield* whileMeasured(measure(weights), () => progress(end, losses));
    const drawn = curves.curves();
    const last = Object.fromEntries(drawn.map(({ name, values }) => [`${name}Final`, values.at(-1)!]));
    return {
      weights: { ...weights, ...beside },
      curves: drawn,
      metrics: { steps: end, weights: countWeights(weights), ...metrics, ...last },
    };
  } finally {
    compiled.dispose();
  }
}

/**
 * The rates of each step of a training.
 *
 * @param steps of the whole training
 * @param hyperparameters learning rate, warm-up, average
 * @param beta1 Adam's, if it is not the default
 * @returns step -> scalars that the update takes
 */
export function scheduleOf(
  steps: number,
  hyperparameters: Hyperparameters,
  beta1?: number,
): (step: number) => Stored {
  const { generatorLearningRate: learningRate, warmupSteps, learningRateSchedule: schedule, emaDecay } =
    hyperparameters;
  return (step) =>
    adamInputs(step, learningRateAt(step, { learningRate, warmupSteps, steps, schedule }), emaDecay, beta1);
}

/**
 * Means over all rows, the new task's, and the old tasks'.
 *
 * @throws {InvalidInputError} If the loss is not finite.
 */
function lossesOf(
  rows: ArrayLike<number>,
  freshRows: number,
  name: string,
  step: number,
): Record<string, number> {
  const mean = (from: number, to: number) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += rows[i]!;
    return sum / (to - from);
  };
  const loss = mean(0, rows.length);
  if (!Number.isFinite(loss)) {
    throw new InvalidInputError(
      `Cannot go on training ${name} as its loss is ${loss} at step ${step + 1}: ` +
        "lower generatorLearningRate, or look for outliers in the data",
    );
  }
  const lossNew = mean(0, freshRows);
  return freshRows === rows.length
    ? { loss, lossNew }
    : { loss, lossNew, lossOld: mean(freshRows, rows.length) };
}

/** A training's own tensors. */
function withoutTeacher(state: Stored): Stored {
  return Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith(TEACHER)));
}

/**
 * The state to go on from: a snapshot's, which must have the tensors of a fresh one.
 *
 * @param fresh the state of a training that begins
 * @param resume where an earlier run stopped
 * @returns the state to begin with
 * @throws {InvalidInputError} if a tensor is missing or of another shape
 */
export function resumedState(fresh: Stored, resume: Snapshot | undefined): Stored {
  if (resume === undefined) return fresh;
  for (const [name, { shape }] of Object.entries(fresh)) {
    const saved = entry(resume.tensors, name).shape;
    if (saved.join() !== shape.join()) {
      throw new InvalidInputError(
        `Cannot resume as "${name}" must be [${shape}]: current shape is [${saved}]`,
      );
    }
  }
  return resume.tensors;
}

/** A snapshot between two steps. */
async function takeSnapshot(
  compiled: CompiledStep,
  position: Snapshot["position"],
): Promise<Snapshot> {
  return { tensors: withoutHeld(withoutTeacher(await compiled.readState())), position };
}
