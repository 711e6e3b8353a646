/**
 * For tests only: offline data whose Q is known in closed form, and training run to its end.
 * @module
 */
import { eager, type Stored, toParams } from "@cugro/tensors/seam";
import * as tf from "tf";
import { criticRows } from "../critic/critic_batches.ts";
import { criticShape, qValues, trainableWeights } from "../critic/critic_network.ts";
import type { CriticTrainingInput } from "../critic/critic_plan.ts";
import { trainCritic } from "../critic/critic_training.ts";
import { type Hyperparameters, presets } from "../knobs/hyperparameters.ts";
import { fitNormaliser, type Normaliser } from "../numerics/normaliser.ts";
import type { Snapshot, TrainingProgress, TrainingResult } from "../numerics/progress.ts";
import { createRng } from "../numerics/rng.ts";

/** Dimensions of the bandit. */
export const S = 2, A = 1;

/** Small and quick. */
export const quick: Hyperparameters = {
  ...presets.smoke,
  criticWidth: 32,
  criticEnsemble: 1,
  criticSteps: 120,
  maxCriticSteps: 120,
  criticBatchSize: 64,
  criticLearningRate: 5e-3,
  emaDecay: 0.9,
};

/** Rows of one task of the bandit. */
export interface Bandit {
  states: Float32Array;
  actions: Float32Array;
  rewards: Float32Array;
  nextStates: Float32Array;
  terminals: Uint8Array;
  timeouts: Uint8Array;
  size: number;
}

/**
 * States uniform in [-3, 3], actions uniform in [-5, 5], every row an episode of its own; so Q(s, a) is the reward.
 */
export function bandit(seed: number, reward: (s: number, a: number) => number, size = 600): Bandit {
  const rng = createRng(seed, "bandit");
  const states = rng.uniforms(size * S, -3, 3), actions = rng.uniforms(size * A, -5, 5);
  const rewards = Float32Array.from({ length: size }, (_, i) => reward(states[i * S]!, actions[i]!));
  const terminals = new Uint8Array(size).fill(1), timeouts = new Uint8Array(size);
  return { states, actions, rewards, nextStates: states, terminals, timeouts, size };
}

/** Constant reward 1 in episodes of `length` that only the clock ends; states say nothing. */
export function clockwork(length: number, size = 600): Bandit {
  const data = bandit(9, () => 1, size);
  return {
    ...data,
    nextStates: bandit(10, () => 0, size).states,
    terminals: new Uint8Array(size),
    timeouts: Uint8Array.from({ length: size }, (_, n) => n % length === length - 1 ? 1 : 0),
  };
}

/** The task's normaliser. */
export function normaliserOf(data: Bandit): Normaliser {
  return fitNormaliser({ ...data, stateDim: S, actionDim: A });
}

/** A training input with nothing old. */
export function inputOf(
  task: number,
  data: Bandit,
  over: Partial<CriticTrainingInput> = {},
): CriticTrainingInput {
  return {
    task,
    stateDim: S,
    actionDim: A,
    ...data,
    replay: [],
    normalisers: new Map([[task, normaliserOf(data)]]),
    hyperparameters: quick,
    oldTasks: 0,
    seed: 1,
    compile: eager,
    ...over,
  };
}

/** What a whole training showed. */
export interface Run {
  result: TrainingResult;
  losses: Record<string, number>[];
  /** Snapshots after the steps asked for. */
  snapshots: Map<number, Snapshot>;
}

/** Runs a training to its end. */
export async function runToEnd(
  training: AsyncGenerator<TrainingProgress, TrainingResult>,
  snapshotAt: readonly number[] = [],
): Promise<Run> {
  const losses: Record<string, number>[] = [];
  const snapshots = new Map<number, Snapshot>();
  while (true) {
    const item = await training.next();
    if (item.done) return { result: item.value, losses, snapshots };
    losses.push(item.value.losses);
    if (snapshotAt.includes(item.value.step)) snapshots.set(item.value.step, await item.value.snapshot());
  }
}

/** Trains a critic to its end. */
export function train(input: CriticTrainingInput, snapshotAt: readonly number[] = []): Promise<Run> {
  return runToEnd(trainCritic(input), snapshotAt);
}

/** Mean over the ensemble of Q by the head in column `head`, raw units, `[n]`. */
export function valuesOf(weights: Stored, head: number, data: Bandit, h = quick): Float32Array {
  return tf.tidy(() => {
    const rows = criticRows(data.states, data.actions, data.size, normaliserOf(data));
    const oneHot = Array.from({ length: weights["tasks"]!.data.length }, (_, i) => i === head ? 1 : 0);
    const q = qValues(
      toParams(trainableWeights(weights)),
      criticShape(S, A, h),
      tf.tensor2d(rows, [data.size, S + A]),
      tf.tensor2d([oneHot]),
    );
    const mean = tf.mean(q, 1).dataSync() as Float32Array;
    return mean.map((value) =>
      value * weights["returns.std"]!.data[head]! + weights["returns.mean"]!.data[head]!
    );
  });
}

/** Root mean square of Q - reward, as a share of the rewards' spread. */
export function relativeError(weights: Stored, head: number, data: Bandit): number {
  const q = valuesOf(weights, head, data);
  const squares = q.reduce((sum, value, i) => sum + (value - data.rewards[i]!) ** 2, 0) / data.size;
  return Math.sqrt(squares) / weights["returns.std"]!.data[head]!;
}
