/**
 * Drawing many samples from a generator in passes of a fixed batch, each one compiled call.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import type * as tf from "tf";
import type { Compile, Params, StepDefinition, Stored, StoredTensor } from "@cugro/tensors/seam";
import { checkDenoiser, denoiserWeights, initDenoiser, taskOneHot } from "./denoiser.ts";
import type { DenoiserShape } from "./denoiser_shape.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { type Bounds, denormalise, normalisedLimits } from "../numerics/normaliser.ts";
import { createRng } from "../numerics/rng.ts";
import { planSolver, solve, type SolverInputs, type SolverPlan } from "./solver.ts";
import { entry, knownTasks } from "../numerics/weights.ts";

/** Rows of one pass at most. */
const MAX_BATCH = 2048;
/** Multiplications of one pass at most, so that it takes a second or two on one core, whatever network and solver. */
const MAX_WORK = 4e10;

/** Called after every pass. `samples`: those drawn so far, `[done, D]`, for a later {@linkcode SamplingRun.resume}. */
export type OnSamples = (done: number, count: number, samples: () => Float32Array) => void | Promise<void>;

/** How a long sampling reports progress and is resumed. */
export interface SamplingRun {
  onProgress?: OnSamples | undefined;
  /** Samples that an earlier run of the same sampling had drawn; the rest follows as if it had not stopped. */
  resume?: Float32Array | undefined;
}

/** How many samples are drawn at once: noise and conditions in, samples within the task's limits out. */
export interface SamplingPass {
  /** Numbers of noise that one sample begins with. */
  noiseDim: number;
  /** Network calls. */
  evaluations: number;
  /** Names the compiled step, with the input's `stream`. */
  identity: unknown;
  /** The published weights that are needed; they are the step's state. */
  weights(published: Stored): Stored;
  /** @throws {InvalidInputError} If weights are not of this shape. */
  check(published: Stored): void;
  /** @returns `[B, D]` */
  draw(params: Params, inputs: SolverInputs): tf.Tensor2D;
}

/**
 * Draws by a solver, with guidance in twice as many network calls.
 * Source: classifier-free guidance (Ho and Salimans 2022).
 *
 * @param shape of the denoiser
 * @param plan of the solver
 * @param guidance weight of classifier-free guidance; 0: none
 * @returns noise `[B, D]` in, samples `[B, D]` out, normalised
 */
export function diffusionPass(shape: DenoiserShape, plan: SolverPlan, guidance = 0): SamplingPass {
  return {
    noiseDim: shape.dim,
    evaluations: (guidance > 0 ? 2 : 1) * plan.times.length,
    identity: guidance > 0 ? [shape, plan, guidance] : [shape, plan],
    weights: denoiserWeights,
    check: (published) => checkDenoiser(published, shape, initDenoiser(shape, createRng(0))),
    draw: (params, inputs) => solve(params, shape, plan, inputs, guidance),
  };
}

/** Input of both generators' sampling. */
export interface SamplingInput extends SamplingRun {
  /** Published weights. */
  weights: Stored;
  task: number;
  shape: DenoiserShape;
  /** How a family draws. @default the diffusion of `shape`, by the solver of the hyperparameters */
  pass?: SamplingPass;
  /** Bounds of the samples. */
  bounds: Bounds;
  /** `[count, C]` normalised, or empty when C is 0. */
  conditions: Float32Array;
  count: number;
  seed: number;
  /** Name of the random streams. */
  stream: string;
  hyperparameters: Hyperparameters;
  compile: Compile;
}

/**
 * Draws `count` samples. Row i is the same whatever the count: every pass has a random stream of its own.
 *
 * @param input weights, task, count, conditions `[count, C]` if there are any, and a seed
 * @returns `[count, D]`, raw units, within the task's own min and max
 * @throws {InvalidInputError} If the weights have not learnt the task or are not of this shape, or `resume` is not of this run.
 */
export async function drawSamples(input: SamplingInput): Promise<Float32Array> {
  return denormalise(await drawNormalised(input), input.bounds);
}

/**
 * As {@linkcode drawSamples}, in normalised units: `[count, D]`, clamped to the task's limits, discrete ones not yet chosen among.
 *
 * @param input as of {@linkcode drawSamples}
 * @returns `[count, D]`, normalised
 * @throws {InvalidInputError} as {@linkcode drawSamples}
 */
export async function drawNormalised(input: SamplingInput): Promise<Float32Array> {
  const { weights, shape, count, resume = new Float32Array(0) } = input;
  const oneHot = taskOneHot(knownTasks(weights), input.task);
  const how = passOf(input);
  how.check(weights);
  const batch = batchOf(weights, how, count);
  const drawn = resume.length / shape.dim;
  if (drawn > count || drawn < count && drawn % batch !== 0) {
    throw new InvalidInputError(`Cannot go on after ${drawn} of ${count} samples: passes have ${batch}`);
  }
  const fixed = fixedInputs(shape, oneHot, input.bounds);
  const passInputs = (pass: number): Stored => ({ ...fixed, ...rowsOfPass(input, how, pass, batch) });
  const compiled = input.compile(
    samplingStep(input.stream, how),
    how.weights(weights),
    passInputs(0),
  );
  const out = new Float32Array(count * shape.dim);
  out.set(resume);
  try {
    for (let pass = Math.ceil(drawn / batch); pass * batch < count; pass++) {
      const samples = entry(await compiled.run(passInputs(pass)), "samples").data as Float32Array;
      const rows = Math.min(batch, count - pass * batch);
      out.set(samples.subarray(0, rows * shape.dim), pass * batch * shape.dim);
      const done = pass * batch + rows;
      await input.onProgress?.(done, count, () => out.slice(0, done * shape.dim));
    }
  } finally {
    compiled.dispose();
  }
  return out;
}

/**
 * The noise that each sample of {@linkcode drawNormalised} starts from, `[count, D]`.
 *
 * @param input as of {@linkcode drawSamples}
 * @returns `[count, D]`, standard normal
 */
export function noiseOfSamples(input: SamplingInput): Float32Array {
  const { weights, count } = input;
  const how = passOf(input);
  const batch = batchOf(weights, how, count);
  const out = new Float32Array(count * how.noiseDim);
  for (let pass = 0; pass * batch < count; pass++) {
    const rows = Math.min(batch, count - pass * batch);
    const noise = noiseOfPass(input, how, pass, batch).subarray(0, rows * how.noiseDim);
    out.set(noise, pass * batch * how.noiseDim);
  }
  return out;
}

function passOf({ pass, shape, hyperparameters }: SamplingInput): SamplingPass {
  return pass ?? diffusionPass(shape, planSolver(hyperparameters));
}

function batchOf(weights: Stored, pass: SamplingPass, count: number): number {
  return Math.min(largestBatch(weights, pass), 2 ** Math.ceil(Math.log2(Math.max(count, 1))));
}

/** A power of two: passes of equal rows, however slow the machine, since rows depend on it. */
function largestBatch(weights: Stored, pass: SamplingPass): number {
  const size = Object.values(pass.weights(weights)).reduce((sum, { data }) => sum + data.length, 0);
  const rows = MAX_WORK / (size * pass.evaluations);
  return Math.min(MAX_BATCH, Math.max(16, 2 ** Math.floor(Math.log2(rows))));
}

/** A pass as a step: the weights are its state, `samples` `[batch, D]` its output. */
function samplingStep(name: string, pass: SamplingPass): StepDefinition {
  return {
    name,
    identity: JSON.stringify(pass.identity),
    step: (state, { noise, condition, taskOneHot: task, low, high }) => {
      const inputs = { noise: noise!, condition, taskOneHot: task, low: low!, high: high! };
      return { state, outputs: { samples: pass.draw(state, inputs) } };
    },
  };
}

/** Inputs that all passes share. */
function fixedInputs(shape: DenoiserShape, oneHot: StoredTensor, bounds: Bounds): Stored {
  const { low, high } = normalisedLimits(bounds);
  return {
    ...(shape.tasks > 0 ? { taskOneHot: oneHot } : {}),
    low: { shape: [1, shape.dim], data: low },
    high: { shape: [1, shape.dim], data: high },
  };
}

/** Noise and conditions of a pass; conditions of rows beyond the count are 0 (the normaliser's centre). */
function rowsOfPass(input: SamplingInput, how: SamplingPass, pass: number, batch: number): Stored {
  const { shape, conditions } = input;
  const noise = noiseOfPass(input, how, pass, batch);
  const rows: Stored = { noise: { shape: [batch, how.noiseDim], data: noise } };
  if (shape.conditionDim > 0) {
    const data = new Float32Array(batch * shape.conditionDim);
    data.set(conditions.subarray(pass * data.length, (pass + 1) * data.length));
    rows["condition"] = { shape: [batch, shape.conditionDim], data };
  }
  return rows;
}

function noiseOfPass(
  { seed, stream }: SamplingInput,
  { noiseDim }: SamplingPass,
  pass: number,
  batch: number,
): Float32Array {
  return createRng(seed, `${stream}.${pass}`).normals(batch * noiseDim);
}
