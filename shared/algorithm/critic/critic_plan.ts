/**
 * Everything of a critic training that is known before its first step: checks, coordinates, targets, initial state.
 * @module
 */
import type { ReplayRows } from "../replay/task_rows.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import type { Compile, Stored } from "@cugro/tensors/seam";
import { type CriticBatchSource, type CriticReplay, criticRows, retentionRows } from "./critic_batches.ts";
import { criticForTask } from "./critic_growth.ts";
import { criticShape, initCritic, initValue, trainableWeights } from "./critic_network.ts";
import type { CriticStepSettings } from "./critic_step.ts";
import { type CriticPart, type CriticTaskRows, joinTasks, oneStepTargetsOf } from "./critic_parts.ts";
import type { Episodes } from "./critic_targets.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { type Normaliser, normaliserOf } from "../numerics/normaliser.ts";
import { heldState } from "../numerics/ewc.ts";
import { initOptimiser, type ScheduleSettings } from "../numerics/optimiser.ts";
import type { Snapshot } from "../numerics/progress.ts";
import { jointSteps, stepsFor, stepsUntil } from "../knobs/training_steps.ts";
import { knownTasks, taskRow, withoutFisher, withPrefix } from "../numerics/weights.ts";

/** Arrays in, for {@linkcode trainCritic}: the rows of task k, the new one, or one that the parent knows and whose dataset has grown. */
export interface CriticTrainingInput extends CriticTaskRows {
  stateDim: number;
  actionDim: number;
  /** Pseudo-pairs of old tasks, any number of shards a task; old tasks without any are not held. Empty for the first task and for `replay: none`. */
  replay: readonly ReplayRows[];
  /** For a joint training, which starts from fresh weights: the old tasks, regressed on like the new one. */
  jointTasks?: readonly CriticTaskRows[];
  /** Normalisers of the new task and of every other one here. */
  normalisers: ReadonlyMap<number, Normaliser>;
  /** Published critic of the parent version: where training starts, and the teacher. */
  parent?: Stored;
  hyperparameters: Hyperparameters;
  /** Old tasks, for the number of steps. */
  oldTasks: number;
  /** Share of the steps after which to end, in (0, 1): the same training, cut short. */
  until?: number;
  seed: number;
  resume?: Snapshot;
  compile: Compile;
}

/** Everything that a training needs at each step. `end`: steps after which it ends. */
export interface CriticPlan {
  steps: number;
  end: number;
  /** Steps before which targets are computed again. */
  refits: number[];
  settings: CriticStepSettings;
  schedule: ScheduleSettings;
  source: CriticBatchSource;
  episodes: Episodes;
  /** The tasks regressed on, the new one last. */
  parts: readonly CriticPart[];
  /** First targets, scaled, `[N]`. */
  targets: Float32Array;
  /** One-step targets of `iql`, scaled. */
  oneStep?: { rewards: Float32Array; discounts: Float32Array };
  /** Inputs of V, `[N, valueWidth]`: states in the critic's coordinates, and the task where there are several; empty where no target needs them. */
  nextStates: Float32Array;
  /** S, and in a joint training the number of heads. */
  valueWidth: number;
  /** The parent with a head for the task: where training starts. */
  grown: Stored;
  /** State of the first step. */
  state: Stored;
}

/**
 * Checks the input and prepares the training.
 * @param input as given to the training
 * @returns rows, targets, weights and schedule to train with
 * @throws {InvalidInputError} as {@linkcode trainCritic}
 */
export function planCritic(input: CriticTrainingInput): CriticPlan {
  const { hyperparameters: h, stateDim, jointTasks = [] } = input;
  const learnt = [...jointTasks, input];
  for (const rows of learnt) checkLengths(rows, input);
  checkReplay(input);
  const shape = criticShape(stateDim, input.actionDim, h);
  const parent = input.parent ? withoutFisher(input.parent) : initCritic(shape, input.seed);
  const heads = [...new Set([...knownTasks(parent), ...learnt.map(({ task }) => task)])];
  const placed = learnt.map((rows) => {
    return { rows, head: heads.indexOf(rows.task), normaliser: inputNormaliser(input, rows.task) };
  });
  const { parts, episodes, rows, targets, nextStates } = joinTasks(placed, h.discount);
  const grown = parts.reduce(
    (critic, { task, scale }) => criticForTask(critic, shape, task, input.seed, scale),
    parent,
  );
  const steps = stepsOf(input);
  const source = batchSource(input, rows, parts, knownTasks(grown));
  const settings = stepSettings(input, source, knownTasks(parent).length);
  return {
    steps,
    end: input.until === undefined ? steps : stepsUntil(steps, input.until),
    refits: refitSteps(h, steps),
    settings,
    schedule: scheduleOf(h, steps),
    source,
    episodes,
    parts,
    targets,
    ...(settings.bootstrapped ? { oneStep: oneStepTargetsOf(parts, episodes, h.discount) } : {}),
    nextStates: settings.value === "none" ? new Float32Array(0) : nextStates(settings.valueHeads),
    valueWidth: stateDim + settings.valueHeads,
    grown,
    state: initialState(input, settings, parent, grown),
  };
}

function stepsOf({ hyperparameters: h, oldTasks, jointTasks }: CriticTrainingInput): number {
  const count = jointTasks ? jointSteps : stepsFor;
  return count(h.criticSteps, h.criticStepsPerOldTask, h.maxCriticSteps, oldTasks);
}

function scheduleOf(h: Hyperparameters, steps: number): ScheduleSettings {
  const { criticLearningRate: learningRate, warmupSteps, learningRateSchedule: schedule } = h;
  return { learningRate, warmupSteps, steps, schedule };
}

function checkLengths(
  rows: CriticTaskRows,
  { stateDim, actionDim }: Pick<CriticTrainingInput, "stateDim" | "actionDim">,
): void {
  const { size } = rows;
  const expected = {
    states: size * stateDim,
    actions: size * actionDim,
    nextStates: size * stateDim,
    rewards: size,
    terminals: size,
    timeouts: size,
  };
  for (const [name, length] of Object.entries(expected)) {
    const found = rows[name as keyof typeof expected].length;
    if (found !== length) {
      throw new InvalidInputError(
        `Cannot train critic as ${name} must hold ${length} numbers for ${size} rows: current length is ${found}`,
      );
    }
  }
}

function checkReplay({ replay, stateDim, actionDim }: CriticTrainingInput): void {
  for (const { task, states, actions, size: rows } of replay) {
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

function batchSource(
  input: CriticTrainingInput,
  rows: Float32Array,
  parts: readonly CriticPart[],
  tasks: number[],
): CriticBatchSource {
  return {
    rows,
    parts,
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
    ewcStrength: h.regulariser === "ewc" ? h.criticEwcStrength : undefined,
    valueHeads: source.parts.length === 1 ? 0 : source.heads,
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
  const value = settings.value === "none"
    ? {}
    : initValue(input.stateDim + settings.valueHeads, settings.shape, input.seed);
  return {
    ...initOptimiser({ ...critic, ...value }, settings.optimiser),
    ...(settings.bootstrapped ? withPrefix(critic, "target/") : {}),
    ...(settings.ewcStrength === undefined ? {} : heldState(critic, input.parent)),
    ...(settings.retentionRows > 0 ? withPrefix(trainableWeights(parent), "teacher/") : {}),
  };
}
