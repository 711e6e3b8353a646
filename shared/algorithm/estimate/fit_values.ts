/**
 * Fitted Q evaluation: what a policy is worth in a task, told from transitions of another one.
 *
 * Each network of the ensemble learns a resample of the rows (each row counts as often as a Poisson draw of mean 1 says), from a
 * start of its own, against its own slow copy: how far the networks are apart is what the data leaves open. A time limit is
 * no end: what follows it counts; a terminal is one, even on the row of a time limit.
 * @module
 */
import type { Compile, Stored } from "@cugro/tensors/seam";
import { criticRows } from "../critic/critic_batches.ts";
import { trainableWeights } from "../critic/critic_network.ts";
import { oneStepTargets } from "../critic/critic_targets.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import type { Normaliser } from "../numerics/normaliser.ts";
import type { Snapshot } from "../numerics/progress.ts";
import { adamInputs, initOptimiser, learningRateAt, publishedWeights } from "../numerics/optimiser.ts";
import { createRng, type Rng } from "../numerics/rng.ts";
import { takeRows } from "../numerics/row_splits.ts";
import { matrix, withPrefix } from "../numerics/weights.ts";
import { ESTIMATE_NETWORKS } from "./read_estimates.ts";
import { ESTIMATE_DISCOUNT, initValues, type ValueScale, valueShape } from "./value_network.ts";
import { valueFitStep } from "./value_step.ts";

const BATCH = 256;
/** Fast, as a slow copy that follows by a hundredth needs tens of thousands of steps to look as far as the discount does. */
const TARGET_RATE = 0.15;
const LEARNING_RATE = 1e-3;
const WARMUP_STEPS = 50;
const OPTIMISER = { gradientClip: 1, emaDecay: 0 };

/** Arrays in, for {@linkcode fitValues}: transitions `[N]`, in any order. */
export interface ValueFitInput {
  task: number;
  /** `[N, S]` raw */
  states: Float32Array;
  /** `[N, A]` raw */
  actions: Float32Array;
  /** `[N]` */
  rewards: Float32Array;
  /** `[N, S]` raw */
  nextStates: Float32Array;
  /** The policy's action in each next state, `[N, A]` raw. */
  nextActions: Float32Array;
  /** `[N]`, 0 or 1 */
  terminals: ArrayLike<number>;
  /** N */
  size: number;
  normaliser: Normaliser;
  /** Mean length of the data's episodes. */
  episodeSteps: number;
  /** Gradient steps. */
  steps: number;
  seed: number;
  /** Goes on from here; all other inputs must be those of the interrupted fit. */
  resume?: Snapshot | undefined;
  compile: Compile;
}

/** How far a fit is: one item a step. */
export interface FitProgress {
  step: number;
  steps: number;
  /** Mean squared distance from the targets, in units of the scale. */
  loss: number;
  /** The whole state between this step and the next; resuming from it is bit-identical. */
  snapshot(): Promise<Snapshot>;
}

/**
 * Fits the networks; an item a step, the networks at the end.
 * Source: fitted Q evaluation (Le et al. 2019) with an ensemble over bootstrap shares.
 *
 * @param input rows `[N, S + A]` and their next, rewards, episode ends, and a seed
 * @yields progress after every step
 * @returns weights of E networks side by side
 * @throws {InvalidInputError} where there is no row, an array has another length, or the loss is no longer finite
 */
export async function* fitValues(input: ValueFitInput): AsyncGenerator<FitProgress, Stored> {
  checkRows(input);
  const { size, steps, seed, normaliser, resume, compile } = input;
  const scale = scaleOf(input);
  const inputs = normaliser.states.centre.length + normaliser.actions.centre.length;
  const start = initValues({ ...input, inputs, scale });
  const weights = trainableWeights(start);
  const state = resume?.tensors ??
    { ...initOptimiser(weights, OPTIMISER), ...withPrefix(weights, "target/") };
  const source = batches(input, scale);
  const rng = resume ? createRng(resume.position.rng) : createRng(seed, "estimate.batches");
  const next = (step: number, from: Rng): Stored => ({
    ...source(Int32Array.from({ length: BATCH }, () => from.integer(size))),
    ...adamInputs(step, learningRateAt(step, { ...SCHEDULE, steps }), OPTIMISER.emaDecay),
  });
  const settings = { shape: valueShape(start), targetRate: TARGET_RATE, optimiser: OPTIMISER };
  const compiled = compile(valueFitStep(settings), state, next(0, createRng(0)));
  try {
    for (let step = resume?.position.step ?? 0; step < steps; step++) {
      const { fit } = await compiled.run(next(step, rng));
      const snapshot = async () => ({
        tensors: await compiled.readState(),
        position: { step: step + 1, rng: rng.state() },
      });
      yield { step: step + 1, steps, loss: finite(fit!.data[0]!, step), snapshot };
    }
    return { ...start, ...trainableWeights(publishedWeights(await compiled.readState())) };
  } finally {
    compiled.dispose();
  }
}

const SCHEDULE = { learningRate: LEARNING_RATE, warmupSteps: WARMUP_STEPS, schedule: "cosine" } as const;

function finite(loss: number, step: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new InvalidInputError(`Cannot go on estimating as the fit is ${loss} at step ${step + 1}`);
}

function checkRows(input: ValueFitInput): void {
  const { size, normaliser: { states, actions } } = input;
  const [S, A] = [states.centre.length, actions.centre.length];
  const widths = { states: S, actions: A, rewards: 1, nextStates: S, nextActions: A, terminals: 1 };
  for (const [name, width] of Object.entries(widths)) {
    const { length } = input[name as keyof typeof widths];
    if (size > 0 && length === size * width) continue;
    throw new InvalidInputError(
      `Cannot estimate as ${name} must be [${size}, ${width}] with at least one row: current length is ${length}`,
    );
  }
}

/** Values as large as rewards that go on as they are on average, spread as sums of independent rewards would be. */
function scaleOf({ rewards, terminals, size }: ValueFitInput): ValueScale {
  let [sum, ends] = [0, 0];
  for (let n = 0; n < size; n++) {
    sum += rewards[n]!;
    ends += terminals[n] ? 1 : 0;
  }
  const mean = sum / size;
  const squares = rewards.reduce((total, reward) => total + (reward - mean) ** 2, 0);
  // Each step is the last one with the share of the rows that end.
  const steps = 1 / (1 - ESTIMATE_DISCOUNT * (1 - ends / size));
  const std = Math.sqrt(squares / size * steps);
  return { mean: mean * steps, std: Math.max(std, 1e-3 * Math.abs(mean) * steps, 1e-6) };
}

/** Gives the inputs of a step for drawn rows. */
function batches(input: ValueFitInput, scale: ValueScale): (drawn: Int32Array) => Stored {
  const { states, actions, nextStates, nextActions, size, normaliser, rewards, terminals, seed } = input;
  const rows = criticRows(states, actions, size, normaliser);
  const nextRows = criticRows(nextStates, nextActions, size, normaliser);
  const targets = oneStepTargets({ rewards, terminals, timeouts: terminals }, ESTIMATE_DISCOUNT, scale);
  const shares = poisson(createRng(seed, "estimate.shares"), size * ESTIMATE_NETWORKS);
  const width = rows.length / size;
  const head = { shape: [1, 1], data: Float32Array.of(1) };
  return (drawn) => {
    const take = (data: Float32Array, columns: number) => matrix(takeRows(data, columns, drawn), columns);
    return {
      head,
      rows: take(rows, width),
      nextRows: take(nextRows, width),
      rewards: take(targets.rewards, 1),
      discounts: take(targets.discounts, 1),
      shares: take(shares, ESTIMATE_NETWORKS),
    };
  };
}

/** Draws of a Poisson law of mean 1. */
function poisson(rng: Rng, count: number): Float32Array {
  return rng.uniforms(count, 0, 1).map((uniform) => {
    let [n, p, total] = [0, Math.exp(-1), Math.exp(-1)];
    while (uniform > total && n < 12) total += p /= ++n;
    return n;
  });
}
