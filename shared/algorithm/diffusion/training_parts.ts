/**
 * What trainings with a frozen parent beside them share: rates, losses, and the state that a snapshot holds.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type { CompiledStep, Stored } from "@cugro/tensors/seam";
import { TEACHER } from "./generator_step.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { adamInputs, learningRateAt } from "../numerics/optimiser.ts";
import type { Snapshot } from "../numerics/progress.ts";
import { entry } from "../numerics/weights.ts";

/** The rates of each step of a training. */
export function scheduleOf(steps: number, hyperparameters: Hyperparameters): (step: number) => Stored {
  const { generatorLearningRate: learningRate, warmupSteps, learningRateSchedule: schedule, emaDecay } =
    hyperparameters;
  return (step) =>
    adamInputs(step, learningRateAt(step, { learningRate, warmupSteps, steps, schedule }), emaDecay);
}

/** Means over all rows, the new task's, and the old tasks'. @throws {InvalidInputError} If the loss is not finite. */
export function lossesOf(
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
export function withoutTeacher(state: Stored): Stored {
  return Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith(TEACHER)));
}

/** The state to go on from: a snapshot's, which must have the tensors of a fresh one. */
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
export async function takeSnapshot(
  compiled: CompiledStep,
  position: Snapshot["position"],
): Promise<Snapshot> {
  return { tensors: withoutTeacher(await compiled.readState()), position };
}
