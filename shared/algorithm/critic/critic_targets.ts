/**
 * What Q^k is regressed on, computed over whole episodes: Monte-Carlo returns, the same continued past time limits, and
 * planning backups along trajectories. Pure arrays, raw reward units, float64 inside.
 * @module
 */
import { InvalidInputError } from "../numerics/errors.ts";

/** The part of a dataset that targets need, `[N]` each, in episode order. */
export interface Episodes {
  rewards: Float32Array;
  /** 1 where the environment ended: nothing follows. */
  terminals: ArrayLike<number>;
  /** 1 where only the clock ended: something would follow, unseen. */
  timeouts: ArrayLike<number>;
  /** How many steps a row stands for; 1 if left out. A row of the rest of an episode stands for all that is left. */
  steps?: ArrayLike<number>;
}

/** Mean and spread of a task's targets, by which they are scaled. */
export interface ReturnScale {
  mean: number;
  std: number;
}

/** Spread below this share of the size of the returns is taken as that: a constant return must not be blown up. */
const RELATIVE_FLOOR = 1e-3;
const ABSOLUTE_FLOOR = 1e-6;

/**
 * Checks that rewards are finite and that the last row ends an episode.
 *
 * @param episodes rewards, terminals and timeouts, `[N]` each
 * @throws {InvalidInputError} otherwise: a return would silently run on from one episode into the next, or end where nothing ended
 */
export function checkEpisodes(episodes: Episodes): void {
  const { rewards, terminals, timeouts } = episodes;
  const size = rewards.length;
  if (size === 0 || terminals.length !== size || timeouts.length !== size) {
    throw new InvalidInputError(
      `Cannot compute returns as rewards, terminals and timeouts must be [N] each with N > 0: current lengths are ${size}, ${terminals.length} and ${timeouts.length}`,
    );
  }
  for (let n = 0; n < size; n++) {
    if (!Number.isFinite(rewards[n]!)) {
      throw new InvalidInputError(
        `Cannot compute returns as rewards[${n}] must be finite: current value is ${rewards[n]}`,
      );
    }
  }
  if (!terminals[size - 1] && !timeouts[size - 1]) {
    throw new InvalidInputError(
      `Cannot compute returns as the last row (${
        size - 1
      }) must end an episode: neither terminals nor timeouts is set there`,
    );
  }
}

/**
 * Discounted returns G_n = r_n + gamma G_{n+1} within each episode.
 * @param afterTimeout value of the state after row n, read where the clock ended an episode; without it the return is
 * cut there, as the reference code does
 * @returns `[N]` in raw reward units
 */
export function discountedReturns(
  episodes: Episodes,
  discount: number,
  afterTimeout?: (n: number) => number,
): Float64Array {
  return backups(episodes, discount, () => -Infinity, afterTimeout);
}

/**
 * Planning along trajectories (SfBC's in-sample planning, with V in place of sampled candidates):
 * G_n = r_n + gamma max(G_{n+1}, V(s_{n+1})).
 * Source: SfBC (Chen et al. 2023), in-sample planning.
 *
 * @param nextValues V(s_{n+1}) of every row, `[N]` raw reward units
 * @param continued whether the value counts beyond a time limit (otherwise the return is cut there)
 * @param episodes rewards, terminals and timeouts, `[N]` each
 * @param discount gamma
 * @returns `[N]`, raw reward units
 */
export function planningReturns(
  episodes: Episodes,
  discount: number,
  nextValues: ArrayLike<number>,
  continued: boolean,
): Float64Array {
  const value = (n: number) => nextValues[n]!;
  return backups(episodes, discount, value, continued ? value : undefined);
}

function backups(
  { rewards, terminals, timeouts, steps }: Episodes,
  discount: number,
  value: (n: number) => number,
  afterTimeout?: (n: number) => number,
): Float64Array {
  const returns = new Float64Array(rewards.length);
  for (let n = rewards.length - 1; n >= 0; n--) {
    // A terminal wins over a time limit set on the same row: the environment says that nothing follows.
    const next = terminals[n]
      ? 0
      : timeouts[n]
      ? afterTimeout?.(n) ?? 0
      : Math.max(returns[n + 1]!, value(n));
    returns[n] = rewards[n]! + (steps === undefined ? discount : discount ** steps[n]!) * next;
  }
  return returns;
}

/**
 * Mean and floored standard deviation of the targets of some rows.
 *
 * @param returns `[N]`, raw reward units
 * @param rows `[n]`, those that count
 * @returns mean and standard deviation, the latter at least a floor
 */
export function returnScale(returns: Float64Array, rows: Int32Array): ReturnScale {
  let sum = 0;
  for (const row of rows) sum += returns[row]!;
  const mean = sum / rows.length;
  let squares = 0;
  for (const row of rows) squares += (returns[row]! - mean) ** 2;
  return {
    mean,
    std: Math.max(Math.sqrt(squares / rows.length), RELATIVE_FLOOR * Math.abs(mean), ABSOLUTE_FLOOR),
  };
}

/**
 * Returns in units of their scale, `[N]`.
 *
 * @param returns `[N]`, raw reward units
 * @param scale mean and standard deviation
 * @returns (return - mean) / std, `[N]`
 */
export function scaleReturns(returns: Float64Array, { mean, std }: ReturnScale): Float32Array {
  return Float32Array.from(returns, (value) => (value - mean) / std);
}

/**
 * The one-step target r + gamma V(s') in units of the scale, as two numbers a row: target = reward + discount V'(s'),
 * V' scaled. The clock's end is no end here: V knows what follows, as time is not part of the state.
 *
 * @param episodes rewards and terminals, `[N]` each
 * @param discount gamma
 * @param scale mean and standard deviation of the returns
 * @returns `rewards` and `discounts`, `[N]` each; the discount is 0 after a terminal
 */
export function oneStepTargets(
  { rewards, terminals }: Episodes,
  discount: number,
  { mean, std }: ReturnScale,
): { rewards: Float32Array; discounts: Float32Array } {
  const discounts = Float32Array.from({ length: rewards.length }, (_, n) => terminals[n] ? 0 : discount);
  return {
    discounts,
    rewards: Float32Array.from(rewards, (reward, n) => (reward + (discounts[n]! - 1) * mean) / std),
  };
}
