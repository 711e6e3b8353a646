/**
 * Training of the critic on a new task: grows a head, regresses it on the task's targets, holds the old heads.
 * @module
 */
import { takeRows } from "../numerics/row_splits.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import type { CompiledStep, Stored } from "@cugro/tensors/seam";
import { type CriticBatchSource, drawBatch } from "./critic_batches.ts";
import { qValues, trainableWeights } from "./critic_network.ts";
import { type CriticPlan, type CriticTrainingInput, planCritic } from "./critic_plan.ts";
import { criticStep, valueStep } from "./critic_step.ts";
import { scaleOfRow, scaleTargets } from "./critic_parts.ts";
import { discountedReturns, planningReturns } from "./critic_targets.ts";
import { consolidated, measureFisher } from "../numerics/ewc.ts";
import { adamInputs, learningRateAt, publishedWeights } from "../numerics/optimiser.ts";
import {
  type CurveRecorder,
  recordCurves,
  type TrainingProgress,
  type TrainingResult,
  whileMeasured,
} from "../numerics/progress.ts";
import { createRng, type Rng } from "../numerics/rng.ts";
import { entry, matrix } from "../numerics/weights.ts";

const VALUE_BATCH = 1_024;

/**
 * Trains Q^k with its retention (paper, Eq. 15): an item a step, the published critic at the end.
 * Source: arXiv 2404.10662, Eq. 15.
 *
 * @param input rows of the task `[N, S]`, `[N, A]`, replay of each old task, the parent's weights and a seed
 * @yields progress after every step; `return()` frees all tensors
 * @returns published weights, curves and metrics
 * @throws {InvalidInputError} if shapes do not fit, a normaliser is missing, the task itself or one that is not known is replayed,
 * or an episode boundary is missing; Error if the loss is no longer finite
 */
export async function* trainCritic(
  input: CriticTrainingInput,
): AsyncGenerator<TrainingProgress, TrainingResult> {
  const plan = planCritic(input);
  const { resume, compile } = input;
  const start = resume?.position.step ?? 0;
  const rng = createRng(resume?.position.rng ?? input.seed, "critic.batches");
  const recorder = recordCurves(plan.steps, resume?.position.curves);
  let targets = (resume?.tensors["targets"]?.data as Float32Array | undefined) ?? plan.targets;
  const state = resume ? withoutTargets(resume.tensors) : plan.state;
  const example = stepInputs(plan, targets, createRng(0), 0);
  const compiled = compile(criticStep(plan.settings), state, example);
  const progress = (
    step: number,
    losses: Record<string, number>,
    present: Float32Array,
  ): TrainingProgress => ({
    ...{ step, steps: plan.end, losses },
    snapshot: () => takeSnapshot(compiled, present, step, rng, recorder),
  });
  let losses: Record<string, number> = {};
  try {
    for (let step = start; step < plan.end; step++) {
      if (plan.refits.includes(step)) targets = await refit(input, plan, compiled);
      const outputs = await compiled.run(stepInputs(plan, targets, rng, step));
      losses = finiteLosses(outputs, step);
      recorder.add(step + 1, losses);
      yield progress(step + 1, losses, targets);
    }
    const result = finish(plan, await compiled.readState(), recorder);
    if (input.hyperparameters.regulariser === "none" || input.until !== undefined) return result;
    const fisher = yield* whileMeasured(
      fisherOfCritic(input, plan, result.weights),
      () => progress(plan.end, losses, targets),
    );
    return { ...result, weights: { ...result.weights, ...fisher } };
  } finally {
    compiled.dispose();
  }
}

/** The Fisher information of the new task on top of the parent's, from streams of its own. */
async function* fisherOfCritic(
  input: CriticTrainingInput,
  { source, settings: { shape } }: CriticPlan,
  weights: Stored,
): AsyncGenerator<number, Stored> {
  const { hyperparameters: h, compile, parent, seed } = input;
  const rng = createRng(seed, "critic.fisher");
  const ofRows = { ...source, replay: [], batchSize: 1 };
  const measured = yield* measureFisher({
    name: "critic",
    weights: trainableWeights(weights),
    output: (own, inputs) => qValues(own, shape, entry(inputs, "rows"), entry(inputs, "selection")),
    outputs: shape.ensemble,
    rows: h.fisherRows,
    next: (row) => drawBatch(ofRows, rng, row).inputs,
    probe: () => rng.normals(shape.ensemble),
    compile,
  });
  return consolidated(parent, measured, h.ewcDecay);
}

function withoutTargets(tensors: Stored): Stored {
  const { targets: _targets, ...state } = tensors;
  return state;
}

async function takeSnapshot(
  compiled: CompiledStep,
  targets: Float32Array,
  step: number,
  rng: Rng,
  recorder: CurveRecorder,
): Promise<Awaited<ReturnType<TrainingProgress["snapshot"]>>> {
  return {
    tensors: { ...await compiled.readState(), targets: { shape: [targets.length], data: targets.slice() } },
    position: { step, rng: rng.state(), curves: recorder.state() },
  };
}

function stepInputs(plan: CriticPlan, targets: Float32Array, rng: Rng, step: number): Stored {
  const source: CriticBatchSource = plan.source;
  const { inputs, drawn } = drawBatch(source, rng, step);
  const rate = learningRateAt(step, plan.schedule);
  const column = (values: Float32Array) => matrix(takeRows(values, 1, drawn), 1);
  const fitted: Stored = plan.oneStep
    ? {
      nextStates: matrix(takeRows(plan.nextStates, plan.valueWidth, drawn), plan.valueWidth),
      rewards: column(plan.oneStep.rewards),
      discounts: column(plan.oneStep.discounts),
    }
    : { targets: column(targets) };
  return { ...inputs, ...fitted, ...adamInputs(step, rate, plan.settings.optimiser.emaDecay) };
}

function finiteLosses(outputs: Stored, step: number): Record<string, number> {
  const losses: Record<string, number> = {};
  for (const [name, { data }] of Object.entries(outputs)) {
    if (!Number.isFinite(data[0])) {
      throw new InvalidInputError(
        `Cannot go on training the critic as ${name} is ${data[0]} at step ${
          step + 1
        }: lower criticLearningRate`,
      );
    }
    losses[name] = data[0]!;
  }
  return losses;
}

/** Targets computed again with the present V: past time limits (`mc`), or along whole trajectories (`planning`). */
async function refit(
  input: CriticTrainingInput,
  plan: CriticPlan,
  compiled: CompiledStep,
): Promise<Float32Array> {
  const { discount, criticTarget, timeLimit } = input.hyperparameters;
  const weights = publishedWeights(await compiled.readState());
  const value = Object.fromEntries(Object.entries(weights).filter(([name]) => name.startsWith("value.")));
  const everywhere = criticTarget === "planning";
  const { episodes: { rewards, timeouts, terminals }, parts } = plan;
  const rows = Int32Array.from({ length: rewards.length }, (_, n) => n)
    .filter((n) => everywhere || (timeouts[n] && !terminals[n]));
  const next = new Float64Array(rewards.length);
  const found = await nextValues(input, plan, value, rows);
  rows.forEach((row, i) => {
    const { std, mean } = scaleOfRow(parts, row);
    next[row] = found[i]! * std + mean;
  });
  const returns = everywhere
    ? planningReturns(plan.episodes, discount, next, timeLimit === "bootstrap")
    : discountedReturns(plan.episodes, discount, (n) => next[n]!);
  return scaleTargets(parts, returns);
}

/** V of the states after some rows, scaled, `[rows]`. */
async function nextValues(
  input: CriticTrainingInput,
  plan: CriticPlan,
  value: Stored,
  rows: Int32Array,
): Promise<Float32Array> {
  const { valueWidth, nextStates } = plan;
  const batch = (from: number) => {
    const padded = new Int32Array(VALUE_BATCH);
    padded.set(rows.subarray(from, from + VALUE_BATCH));
    return { states: matrix(takeRows(nextStates, valueWidth, padded), valueWidth) };
  };
  const compiled = input.compile(valueStep(plan.settings.shape), value, batch(0));
  const values = new Float32Array(rows.length);
  try {
    for (let from = 0; from < rows.length; from += VALUE_BATCH) {
      const { values: found } = await compiled.run(batch(from));
      values.set((found!.data as Float32Array).subarray(0, Math.min(VALUE_BATCH, rows.length - from)), from);
    }
  } finally {
    compiled.dispose();
  }
  return values;
}

function finish(plan: CriticPlan, state: Stored, recorder: CurveRecorder): TrainingResult {
  const published = publishedWeights(withoutPrefixed(state, "teacher/", "target/"));
  const curves = recorder.curves();
  const { scale } = plan.parts.at(-1)!;
  const metrics: Record<string, number> = {
    steps: plan.end,
    returnMean: scale.mean,
    returnStd: scale.std,
  };
  for (const { name, values } of curves) metrics[name] = values[values.length - 1]!;
  return { weights: { ...plan.grown, ...trainableWeights(published) }, curves, metrics };
}

function withoutPrefixed(state: Stored, ...prefixes: string[]): Stored {
  return Object.fromEntries(
    Object.entries(state).filter(([name]) => !prefixes.some((prefix) => name.startsWith(prefix))),
  );
}
