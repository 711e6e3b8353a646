/**
 * How many pseudo-pairs replay one old task, and how they are cut into shards.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import { hasOutput, type JobKind } from "@cugro/protocol";

type ReplayKnobs = Pick<
  Hyperparameters,
  "replaySource" | "replayPairs" | "replayPairsPerTask" | "replayBytes" | "shardsPerTask"
>;

/**
 * Pseudo-pairs of one old task. `latest` shares a total out, so that a late task costs what an early one did;
 * `first` makes them once, whatever comes later.
 *
 * @param knobs of the learner
 * @param oldTasks how many there are
 * @returns 1 at the least
 */
export function pairsPerTask(knobs: ReplayKnobs, oldTasks: number): number {
  if (knobs.replaySource === "first") return Math.max(1, knobs.replayPairsPerTask);
  return Math.max(
    1,
    Math.min(knobs.replayPairsPerTask, Math.floor(knobs.replayPairs / Math.max(1, oldTasks))),
  );
}

/**
 * Whether trainings learn all tasks alike, from fresh weights.
 *
 * @param oldTasks how many there are
 * @param knobs of the learner
 * @returns false for the first task
 */
export function isJoint({ replay }: Pick<Hyperparameters, "replay">, oldTasks: number): boolean {
  return replay === "multitask" && oldTasks > 0;
}

/** Up to this many old tasks each has all its shards; beyond, `latest` shares that number of shards out. */
const FULLY_SHARDED_TASKS = 4;

/**
 * Rows of each shard of one old task, `[M]`; they differ by at most one. A shard costs a job's start whatever its
 * size, so where many tasks share a budget each gets fewer shards, not smaller ones.
 *
 * @param knobs of the learner
 * @param oldTasks how many there are
 * @returns one number for each shard
 */
export function shardRows(knobs: ReplayKnobs, oldTasks: number): number[] {
  const pairs = pairsPerTask(knobs, oldTasks);
  const shared = Math.floor(FULLY_SHARDED_TASKS * knobs.shardsPerTask / Math.max(1, oldTasks));
  const wanted = knobs.replaySource === "first" ? knobs.shardsPerTask : Math.min(knobs.shardsPerTask, shared);
  const shards = Math.max(1, Math.min(wanted, pairs));
  return Array.from({ length: shards }, (_, m) => Math.floor(pairs / shards) + (m < pairs % shards ? 1 : 0));
}

/**
 * Shards of each old task that replay uses: all of them, or with `first` as many as `replayBytes` holds, at least one.
 *
 * @param knobs of the learner
 * @param oldTasks how many there are
 * @param rowWidth numbers in one pair: states and actions together.
 * @returns how many of {@link shardRows}
 */
export function keptShards(knobs: ReplayKnobs, oldTasks: number, rowWidth: number): number {
  const rows = shardRows(knobs, oldTasks);
  if (knobs.replaySource === "latest" || oldTasks === 0) return rows.length;
  const shardBytes = 4 * rowWidth * rows[0]!;
  return Math.max(1, Math.min(rows.length, Math.floor(knobs.replayBytes / (oldTasks * shardBytes))));
}

/**
 * Whether what jobs of a kind make is of no use once their version is decided. `first` and `real-buffer` keep shards for later tasks.
 *
 * @param kind of the jobs
 * @param knobs of the learner
 * @returns true for labels, and for shards that are made again for each task
 */
export function goesWithDecision(
  kind: JobKind,
  { replaySource, replay }: Pick<Hyperparameters, "replaySource" | "replay">,
): boolean {
  const kept = replaySource === "first" || replay === "real-buffer";
  return hasOutput(kind, "labels") || !kept && hasOutput(kind, "shard");
}
