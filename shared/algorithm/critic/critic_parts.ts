/**
 * The tasks whose own targets a critic is regressed on: the new one, and in a joint training every old one too. Their rows
 * stand in one array, a task after the other, each in its own coordinates and in units of its own scale.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";
import { normalise, type Normaliser } from "../numerics/normaliser.ts";
import { criticRows } from "./critic_batches.ts";
import {
  checkEpisodes,
  discountedReturns,
  type Episodes,
  oneStepTargets,
  type ReturnScale,
  returnScale,
  scaleReturns,
} from "./critic_targets.ts";

/** A task's rows as a critic is given them, in raw units. */
export interface CriticTaskRows {
  task: number;
  /** All rows of the dataset in episode order, `[N, S]`: returns run over whole episodes. */
  states: Float32Array;
  /** `[N, A]` */
  actions: Float32Array;
  /** `[N]` */
  rewards: Float32Array;
  /** `[N, S]` */
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
}

/** One task of a training. */
export interface CriticPart {
  task: number;
  /** Column of its head. */
  head: number;
  /** Its rows are `first` to `first + size - 1` of all. */
  first: number;
  size: number;
  /** Those to regress on, among all rows. */
  trainRows: Int32Array;
  scale: ReturnScale;
}

/** Everything of the tasks that is known before the first step; arrays are over all rows, N of them. */
export interface JoinedTasks {
  parts: CriticPart[];
  episodes: Episodes;
  /** `[N, S + A]` in the critic's coordinates. */
  rows: Float32Array;
  /** First targets, scaled, `[N]`. */
  targets: Float32Array;
  /** The states that follow, `[N, S]` in the critic's coordinates, followed by one-hot columns of the task, one a head, if V knows the task. */
  nextStates(heads: number): Float32Array;
}

/**
 * Puts tasks together.
 *
 * @param tasks the rows of each task, its head and its normaliser
 * @param discount gamma
 * @returns all rows one after the other, with the place and the scale of each task's
 * @throws {InvalidInputError} where an episode is not ended, or a task has no row to regress on
 */
export function joinTasks(
  tasks: readonly { rows: CriticTaskRows; head: number; normaliser: Normaliser | undefined }[],
  discount: number,
): JoinedTasks {
  let first = 0;
  const found = tasks.map(({ rows, head, normaliser }) => {
    const { rewards, terminals, timeouts, steps, task, size } = rows;
    const episodes: Episodes = { rewards, terminals, timeouts, ...(steps ? { steps } : {}) };
    checkEpisodes(episodes);
    const returns = discountedReturns(episodes, discount);
    const trainRows = trainRowsOf(rows);
    const scale = returnScale(returns, trainRows);
    const part = { task, head, first, size, scale, trainRows: shifted(trainRows, first) };
    first += size;
    const next = () => normaliser ? normalise(rows.nextStates, normaliser.states) : rows.nextStates;
    const own = criticRows(rows.states, rows.actions, size, normaliser);
    return { part, episodes, rows: own, targets: scaleReturns(returns, scale), next };
  });
  return {
    parts: found.map(({ part }) => part),
    episodes: joinEpisodes(found.map(({ episodes }) => episodes)),
    rows: joined(found.map(({ rows }) => rows)),
    targets: joined(found.map(({ targets }) => targets)),
    nextStates: (heads) =>
      joined(found.map(({ part, next }) => withHead(next(), part.size, part.head, heads))),
  };
}

function trainRowsOf({ trainRows, size }: CriticTaskRows): Int32Array {
  if (trainRows?.length === 0) {
    throw new InvalidInputError("Cannot train critic as there is no row to regress on");
  }
  return trainRows ?? Int32Array.from({ length: size }, (_, n) => n);
}

/**
 * Scaled targets of all rows, from returns in raw units.
 *
 * @param parts the tasks and their scales, in the order of the rows
 * @param returns `[N]`, raw reward units
 * @returns `[N]`, in units of each task's scale
 */
export function scaleTargets(parts: readonly CriticPart[], returns: Float64Array): Float32Array {
  return joined(
    parts.map(({ first, size, scale }) => scaleReturns(returns.subarray(first, first + size), scale)),
  );
}

/**
 * One-step targets of all rows, scaled.
 *
 * @param parts the tasks and their scales, in the order of the rows
 * @param discount gamma
 * @returns `rewards` and `discounts`, `[N]` each: target = reward + discount V(s')
 */
export function oneStepTargetsOf(
  parts: readonly CriticPart[],
  { rewards, terminals, timeouts }: Episodes,
  discount: number,
): { rewards: Float32Array; discounts: Float32Array } {
  const of = parts.map(({ first, size, scale }) => {
    const own = (values: ArrayLike<number>) =>
      parts.length === 1 ? values : Array.from({ length: size }, (_, n) => values[first + n]!);
    const episodes = {
      rewards: rewards.subarray(first, first + size),
      terminals: own(terminals),
      timeouts: own(timeouts),
    };
    return oneStepTargets(episodes, discount, scale);
  });
  return { rewards: joined(of.map((one) => one.rewards)), discounts: joined(of.map((one) => one.discounts)) };
}

/**
 * The scale of a row's task.
 *
 * @param parts the tasks and their scales, in the order of the rows
 * @param row 0-based, among the rows of all tasks
 * @returns mean and standard deviation of its task's targets
 */
export function scaleOfRow(parts: readonly CriticPart[], row: number): ReturnScale {
  return parts.findLast(({ first }) => first <= row)!.scale;
}

/** Rows `[size, D]` with the one-hot columns of a head after them; as they are without columns. */
function withHead(states: Float32Array, size: number, head: number, heads: number): Float32Array {
  if (heads === 0) return states;
  const dim = states.length / size;
  const conditioned = new Float32Array(size * (dim + heads));
  for (let row = 0; row < size; row++) {
    conditioned.set(states.subarray(row * dim, (row + 1) * dim), row * (dim + heads));
    conditioned[row * (dim + heads) + dim + head] = 1;
  }
  return conditioned;
}

function joinEpisodes(all: readonly Episodes[]): Episodes {
  if (all.length === 1) return all[0]!;
  const flags = (kind: "terminals" | "timeouts") => Uint8Array.from(together(all.map((one) => one[kind])));
  const steps = all.some((one) => one.steps !== undefined)
    ? together(all.map(({ steps, rewards }) => steps ?? new Float32Array(rewards.length).fill(1)))
    : undefined;
  return {
    rewards: joined(all.map(({ rewards }) => rewards)),
    terminals: flags("terminals"),
    timeouts: flags("timeouts"),
    ...(steps ? { steps } : {}),
  };
}

function shifted(rows: Int32Array, by: number): Int32Array {
  return by === 0 ? rows : rows.map((row) => row + by);
}

function joined(all: readonly Float32Array[]): Float32Array {
  return all.length === 1 ? all[0]! : Float32Array.from(together(all));
}

function together(all: readonly ArrayLike<number>[]): Float64Array {
  const whole = new Float64Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of all) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}
