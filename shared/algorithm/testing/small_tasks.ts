/**
 * For tests only: small synthetic tasks, and a way to run a training to its end.
 * @module
 */
import { eager } from "@cugro/tensors/seam";
import type { GeneratorTrainingInput } from "../diffusion/generator_training.ts";
import { type Hyperparameters, presets } from "../knobs/hyperparameters.ts";
import { fitNormaliser, type Normaliser } from "../numerics/normaliser.ts";
import type { TrainingProgress, TrainingResult } from "../numerics/progress.ts";
import { createRng } from "../numerics/rng.ts";

/** Networks and batches small enough for tests. */
export const tiny: Hyperparameters = {
  ...presets.smoke,
  denoiserWidth: 16,
  generatorBatchSize: 32,
  stateSteps: 20,
  behaviorSteps: 20,
  maxGeneratorSteps: 10_000,
};

/** Rows of one synthetic task. */
export interface TestTask {
  task: number;
  states: Float32Array;
  actions: Float32Array;
  size: number;
  normaliser: Normaliser;
}

/**
 * States around a centre, actions that follow the state with the task's own sign: `states` [size, 2], `actions` [size, 1].
 *
 * @param centre Mean of both state dimensions; the spread is 0.5 and 0.1.
 */
export function testTask(task: number, centre: number, size = 600): TestTask {
  const rng = createRng(1000 + task);
  const sign = task % 2 === 0 ? 1 : -1;
  const states = new Float32Array(size * 2);
  const actions = new Float32Array(size);
  for (let n = 0; n < size; n++) {
    states[2 * n] = centre + 0.5 * rng.normal();
    states[2 * n + 1] = centre + 0.1 * rng.normal();
    actions[n] = sign * Math.tanh(states[2 * n]! - centre) + 0.05 * rng.normal();
  }
  return {
    task,
    states,
    actions,
    size,
    normaliser: fitNormaliser({ states, actions, size, stateDim: 2, actionDim: 1 }),
  };
}

/** Training input for `fresh`, with the real rows of `old` as replay. */
export function trainingInput(
  fresh: TestTask,
  old: TestTask[] = [],
  more: Partial<GeneratorTrainingInput> = {},
): GeneratorTrainingInput {
  return {
    task: fresh.task,
    stateDim: 2,
    actionDim: 1,
    states: fresh.states,
    actions: fresh.actions,
    size: fresh.size,
    replay: old.map(({ task, states, actions, size }) => ({ task, states, actions, size })),
    normalisers: new Map([fresh, ...old].map(({ task, normaliser }) => [task, normaliser])),
    hyperparameters: tiny,
    oldTasks: old.length,
    seed: 5,
    compile: eager,
    ...more,
  };
}

/** Runs a training to its end. */
export async function finish(
  training: AsyncGenerator<TrainingProgress, TrainingResult>,
): Promise<TrainingResult> {
  while (true) {
    const item = await training.next();
    if (item.done) return item.value;
  }
}

/** Mean and standard deviation of one column of `[n, columns]`. */
export function momentsOf(
  rows: Float32Array,
  columns: number,
  column: number,
): { mean: number; spread: number } {
  const values = rows.filter((_, i) => i % columns === column);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, spread: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) };
}
