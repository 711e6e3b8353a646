/**
 * Everything of a critic training that is known before its first step: checks, coordinates, targets, initial state.
 * @module
 */
import type { ReplayRows } from "../replay/task_rows.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import type { Compile, Stored } from "@cugro/tensors/seam";
import { type CriticBatchSource, type CriticReplay, criticRows, retentionRows } from "./critic_batches.ts";
import { criticForTask, criticShape, initCritic, initValue, trainableWeights } from "./critic_network.ts";
import type { CriticStepSettings } from "./critic_step.ts";
import {
  checkEpisodes,
  discountedReturns,
  type Episodes,
  oneStepTargets,
  type ReturnScale,
  returnScale,
  scaleReturns,
} from "./critic_targets.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { normalise, type Normaliser, normaliserOf } from "../numerics/normaliser.ts";
import { initOptimiser, type ScheduleSettings } from "../numerics/optimiser.ts";
import type { Snapshot } from "../numerics/progress.ts";
import { stepsFor } from "../knobs/training_steps.ts";
import { knownTasks, taskRow, withPrefix } from "../numerics/weights.ts";

/** Arrays in, for {@linkcode trainCritic}. */
export interface CriticTrainingInput {
  /** k, the new task, or one that the parent knows and whose dataset has grown. */
  task: number;
  stateDim: number;
  actionDim: number;
  /** All rows of the dataset in episode order, `[N, S]` raw: returns run over whole episodes. */
  states: Float32Array;
  /** `[N, A]` raw */
  actions: Float32Array;
  /** `[N]` */
  rewards: Float32Array;
  /** `[N, S]` raw */
  nextStates: Float32Array;
  /** `[N]`, 0 or 1 */
  terminals: ArrayLike<number>;
  /** `[N]`, 0 or 1 */
  timeouts: ArrayLike<number>;
  /** How many steps a row stands for `[N]`, where some are rests of episodes ({@linkcode Episodes}); those are not regressed on. */
  steps?: ArrayLike<number>;
  /** N */
  size: number;
  /** Rows to regress on; all if left out. Held-out rows still count in returns, which are sums of rewards. */
  trainRows?: Int32Array;
  /** Pseudo-pairs of old tasks, any number of shards a task; old tasks without any are not held. Empty for the first task and for `replay: none`. */
  replay: readonly ReplayRows[];
  /** Of the new task and every replayed one. */
  normalisers: ReadonlyMap<number, Normaliser>;
  /** Published critic of the parent version: where training starts, and the teacher. */
  parent?: Stored;
  hyperparameters: Hyperparameters;
  /** Old tasks, for the number of steps. */
  oldTasks: number;
  seed: number;
  resume?: Snapshot;
  compile: Compile;
}

/** What a training needs at each step. */
export interface CriticPlan {
  steps: number;
  /** Steps before which targets are computed anew. */
  refits: number[];
  settings: CriticStepSettings;
  schedule: ScheduleSettings;
  source: CriticBatchSource;
  episodes: Episodes;
  scale: ReturnScale;
  /** First targets, scaled, `[N]`. */
  targets: Float32Array;
  /** One-step targets of `iql`, scaled. */
  oneStep?: { rewards: Float32Array; discounts: Float32Array };
  /** `[N, S]` in the critic's coordinates; empty where no target needs them. */
  nextStates: Float32Array;
  /** The parent with a head for the task: where training starts. */
  grown: Stored;
  /** State of the first step. */
  state: Stored;
}

/** Checks the input and prepares the training. @throws InvalidInputError as {@linkcode trainCritic} */
export function planCritic(input: CriticTrainingInput): CriticPlan {
  const h = input.hyperparameters;
  checkLengths(input);
  const { rewards, terminals, timeouts, steps: stepsOfRows } = input;
  const episodes = { rewards, terminals, timeouts, ...(stepsOfRows ? { steps: stepsOfRows } : {}) };
  checkEpisodes(episodes);
  const trainRows = input.trainRows ?? Int32Array.from({ length: input.size }, (_, n) => n);
  const returns = discountedReturns(episodes, h.discount);
  const scale = returnScale(returns, trainRows);
  const shape = criticShape(input.stateDim, input.actionDim, h);
  const parent = input.parent ?? initCritic(shape, input.seed);
  const grown = criticForTask(parent, shape, input.task, input.seed, scale);
  const steps = stepsFor(h.criticSteps, h.criticStepsPerOldTask, h.maxCriticSteps, input.oldTasks);
  const source = batchSource(input, knownTasks(grown), trainRows);
  const settings = stepSettings(input, source, knownTasks(parent).length);
  return {
    steps,
    refits: refitSteps(h, steps),
    settings,
    schedule: {
      learningRate: h.criticLearningRate,
      warmupSteps: h.warmupSteps,
      steps,
      schedule: h.learningRateSchedule,
    },
    source,
    episodes,
    scale,
    targets: scaleReturns(returns, scale),
    ...(settings.bootstrapped ? { oneStep: oneStepTargets(episodes, h.discount, scale) } : {}),
    nextStates: settings.value === "none" ? new Float32Array(0) : criticStates(input),
    grown,
    state: initialState(input, settings, parent, grown),
  };
}

function checkLengths(input: CriticTrainingInput): void {
  const { size, stateDim, actionDim } = input;
  const expected = {
    states: size * stateDim,
    actions: size * actionDim,
    nextStates: size * stateDim,
    rewards: size,
    terminals: size,
    timeouts: size,
  };
  for (const [name, length] of Object.entries(expected)) {
    const found = input[name as keyof typeof expected].length;
    if (found !== length) {
      throw new InvalidInputError(
        `Cannot train critic as ${name} must hold ${length} numbers for ${size} rows: current length is ${found}`,
      );
    }
  }
  if (input.trainRows?.length === 0) {
    throw new InvalidInputError("Cannot train critic as there is no row to regress on");
  }
  for (const { task, states, actions, size: rows } of input.replay) {
    if (rows < 1 || states.length !== rows * stateDim || actions.length !== rows * actionDim) {
      throw new InvalidInputError(
        `Cannot train critic as replay of task ${task} must be [${rows}, ${stateDim}] and [${rows}, ${actionDim}] with at least one row: current lengths are ${states.length} and ${actions.length}`,
      );
    }
  }
}

/** N_i of a task where the critic's inputs are normalised. */
function inputNormaliser(input: CriticTrainingInput, task: number): Normaliser | undefined {
  const normaliser = normaliserOf(input.normalisers, task);
  return input.hyperparameters.criticNormalisedInputs ? normaliser : undefined;
}

function criticStates(input: CriticTrainingInput): Float32Array {
  const normaliser = inputNormaliser(input, input.task);
  return normaliser ? normalise(input.nextStates, normaliser.states) : input.nextStates;
}

function batchSource(
  input: CriticTrainingInput,
  tasks: number[],
  trainRows: Int32Array,
): CriticBatchSource {
  return {
    rows: criticRows(input.states, input.actions, input.size, inputNormaliser(input, input.task)),
    trainRows,
    head: taskRow(tasks, input.task),
    replay: criticReplay(input, tasks),
    width: input.stateDim + input.actionDim,
    heads: tasks.length,
    batchSize: input.hyperparameters.criticBatchSize,
    reduction: input.hyperparameters.retentionReduction,
  };
}

/** One entry for each old task, whatever the number of its shards and their order. */
function criticReplay(input: CriticTrainingInput, tasks: number[]): CriticReplay[] {
  const replayed = [...new Set(input.replay.map(({ task }) => task))].sort((a, b) => a - b);
  if (replayed.includes(input.task)) {
    throw new InvalidInputError(`Cannot replay task ${input.task} as it is the one to be learnt`);
  }
  return replayed.map((task) => {
    const head = taskRow(tasks, task), normaliser = inputNormaliser(input, task);
    const shards = input.replay.filter((shard) => shard.task === task);
    const size = shards.reduce((sum, shard) => sum + shard.size, 0);
    const rows = new Float32Array(size * (input.stateDim + input.actionDim));
    let at = 0;
    for (const shard of shards) {
      const part = criticRows(shard.states, shard.actions, shard.size, normaliser);
      rows.set(part, at);
      at += part.length;
    }
    return { head, rows, size };
  });
}

function stepSettings(
  input: CriticTrainingInput,
  source: CriticBatchSource,
  teacherHeads: number,
): CriticStepSettings {
  const h = input.hyperparameters;
  const continuesReturns = h.criticTarget === "mc" && h.timeLimit === "bootstrap";
  return {
    shape: criticShape(input.stateDim, input.actionDim, h),
    stateDim: input.stateDim,
    teacherHeads,
    batchSize: source.batchSize,
    retentionRows: retentionRows(source.replay, source.batchSize, source.reduction),
    distillationWeight: h.distillationWeight,
    value: h.criticTarget !== "mc" ? "expectile" : continuesReturns ? "returns" : "none",
    bootstrapped: h.criticTarget === "iql",
    expectile: h.expectile,
    targetRate: h.targetRate,
    optimiser: { gradientClip: h.gradientClip, emaDecay: h.emaDecay },
  };
}

/** `mc` continues returns once, after a third of the steps; `planning` recomputes at equal distances. */
function refitSteps(h: Hyperparameters, steps: number): number[] {
  if (h.criticTarget === "mc" && h.timeLimit === "bootstrap") return [Math.floor(steps / 3)];
  if (h.criticTarget !== "planning") return [];
  return Array.from(
    { length: h.planningRounds },
    (_, i) => Math.floor((i + 1) * steps / (h.planningRounds + 1)),
  );
}

function initialState(
  input: CriticTrainingInput,
  settings: CriticStepSettings,
  parent: Stored,
  grown: Stored,
): Stored {
  const critic = trainableWeights(grown);
  const value = settings.value === "none" ? {} : initValue(input.stateDim, settings.shape, input.seed);
  return {
    ...initOptimiser({ ...critic, ...value }, settings.optimiser),
    ...(settings.bootstrapped ? withPrefix(critic, "target/") : {}),
    ...(settings.retentionRows > 0 ? withPrefix(trainableWeights(parent), "teacher/") : {}),
  };
}
