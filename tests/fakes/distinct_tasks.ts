/**
 * Two small tasks whose right answers are known, and which no part of the system can confuse without being seen: of the
 * other task, the other input or the other sign every figure below has the wrong sign.
 *
 * | | task 1 | task 2 |
 * |---|---|---|
 * | mean of s0 (tells whose normaliser) | 3 | -3 |
 * | correlation of s1 and s2 (tells whose states) | 1 | -1 |
 * | correlation of s3 and a (tells whose actions) | -1 | 1 |
 * | mean of a (tells whose normaliser) | 2 | -2 |
 * | slope of the return in a (tells whose critic) | 5 | -5 |
 * @module
 */
import { createRng, fitNormaliser, type Normaliser, normaliserToStored } from "@cugro/algorithm";
import type { Dataset } from "@cugro/datasets";
import { encodeShard, encodeStored } from "@cugro/jobs";
import { assertEquals } from "@std/assert";
import type { JobBench } from "./job_bench.ts";

/** Dimensions of both tasks. */
export const S = 4, A = 1;

/** 1 in task 1, -1 in task 2. */
export function signOf(task: number): number {
  return task === 1 ? 1 : -1;
}

/** Rows of a task; every one is an episode, so its reward is its return. */
export function distinctTask(task: number, size = 400): Dataset {
  const rng = createRng(task, "distinct");
  const sign = signOf(task);
  const states = new Float32Array(size * S),
    actions = new Float32Array(size),
    rewards = new Float32Array(size);
  for (let n = 0; n < size; n++) {
    const shared = rng.normal(), decisive = rng.normal();
    states.set([3 * sign + 0.3 * rng.normal(), shared, sign * shared, decisive], n * S);
    actions[n] = 2 * sign - sign * decisive + 0.3 * rng.normal();
    rewards[n] = 5 * sign * (actions[n]! - 2 * sign);
  }
  return {
    states,
    actions,
    rewards,
    nextStates: states.slice(),
    terminals: new Uint8Array(size).fill(1),
    timeouts: new Uint8Array(size),
    size,
    stateDim: S,
    actionDim: A,
    metadata: {},
  };
}

/** The task's normaliser, fitted to all of its rows. */
export function normaliserOfTask(task: number): Normaliser {
  return fitNormaliser(distinctTask(task));
}

/** The same as an artifact. */
export function storedNormaliser(task: number): Uint8Array {
  return encodeStored(normaliserToStored(normaliserOfTask(task)));
}

/** Column `index` of rows `[n, width]`. */
export function column(rows: Float32Array, width: number, index: number): Float32Array {
  return Float32Array.from({ length: rows.length / width }, (_, n) => rows[n * width + index]!);
}

/** Shards of true rows in the place of pseudo-samples. */
export function trueShards(task: number): Record<string, Uint8Array> {
  const { states, actions } = distinctTask(task, 300);
  const half = 150;
  return {
    [`replay/${task}/0`]: encodeShard(half, states.slice(0, half * S), actions.slice(0, half * A)),
    [`replay/${task}/1`]: encodeShard(half, states.slice(half * S), actions.slice(half * A)),
  };
}

/**
 * Learns task 1, then task 2 with true rows of task 1 as its replay.
 * @returns the weights of the second version
 */
export async function learnBoth(
  { add, run }: JobBench,
  kind: "states.train" | "behavior.train" | "critic.train",
): Promise<Uint8Array> {
  const about = { heldOutSeed: 3, replayRows: 300 };
  const first = await run(kind, { ...about, task: 1, oldTasks: 0 }, {
    dataset: await add(distinctTask(1)),
    "normaliser/1": storedNormaliser(1),
  });
  const second = await run(kind, { ...about, task: 2, oldTasks: 1 }, {
    dataset: await add(distinctTask(2)),
    "normaliser/1": storedNormaliser(1),
    "normaliser/2": storedNormaliser(2),
    ...trueShards(1),
    parent: first.outputs.weights!,
  });
  assertEquals([first.failure, second.failure], [undefined, undefined]);
  return second.outputs.weights!;
}

/** The mean. */
export function meanOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/** Pearson's correlation. */
export function correlation(x: Float32Array, y: Float32Array): number {
  const [mx, my] = [meanOf(x), meanOf(y)];
  const product = (p: Float32Array, mp: number, q: Float32Array, mq: number) =>
    meanOf(p.map((value, i) => (value - mp) * (q[i]! - mq)));
  return product(x, mx, y, my) / Math.sqrt(product(x, mx, x, mx) * product(y, my, y, my));
}
