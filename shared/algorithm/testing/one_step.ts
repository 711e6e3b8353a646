/**
 * For tests only: labels of one-step networks whose map is known.
 * @module
 */
import { eager } from "@cugro/tensors/seam";
import type { LabelledActions } from "../distillation/one_step_rows.ts";
import type { OneStepTrainingInput } from "../distillation/one_step_training.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import type { Normaliser } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";
import { tiny } from "./small_tasks.ts";

/** Networks small enough for tests, trained long enough to fit. */
export const small: Hyperparameters = {
  ...tiny,
  denoiserWidth: 32,
  generatorBatchSize: 64,
  distilLearningRate: 4e-3,
  distilPerturbation: 0,
  distilNewTaskShare: 0.5,
  emaDecay: 0.98,
  proposerSteps: 250,
  actorSteps: 250,
  maxDistilSteps: 250,
};

/** Two state dimensions, one action; normalised is raw. */
export const plain: Normaliser = {
  states: boundsOf(2),
  actions: boundsOf(1),
};

function boundsOf(dim: number) {
  const of = (value: number) => new Float32Array(dim).fill(value);
  return { centre: of(0), halfRange: of(1), min: of(-1), max: of(1) };
}

/** Labels of a task: `answer` of states uniform in [-1, 1] and of noise. */
export function labelsOf(
  task: number,
  answer: (s: number, z: number) => number,
  { kind = "proposer", size = 800 }: { kind?: "proposer" | "actor"; size?: number } = {},
): LabelledActions {
  const rng = createRng(task, "labels");
  const states = rng.uniforms(2 * size, -1, 1);
  const noise = rng.normals(size);
  const targets = Float32Array.from(noise, (z, i) => answer(states[2 * i]!, z));
  return { task, states, noise: kind === "proposer" ? noise : new Float32Array(0), targets, size };
}

/** Training input for the labels of a new task, with the states of old ones as replay. */
export function oneStepInput(
  fresh: LabelledActions,
  old: LabelledActions[] = [],
  more: Partial<OneStepTrainingInput> = {},
): OneStepTrainingInput {
  return {
    task: fresh.task,
    stateDim: 2,
    actionDim: 1,
    labels: [fresh],
    replay: old.map(({ task, states, size }) => ({ task, states, size })),
    normalisers: new Map([fresh, ...old].map(({ task }) => [task, plain])),
    hyperparameters: small,
    oldTasks: old.length,
    seed: 5,
    compile: eager,
    ...more,
  };
}
