/**
 * How many policies there may be: threads, those that are being opened or are ending included.
 * @module
 */
import { createWakeup } from "@cugro/async";
import type { PooledPolicy } from "./pooled_policy.ts";
import type { Slot } from "./slot.ts";

/** What a capacity needs. */
export interface CapacityOptions {
  maxPolicies: number;
  slots: () => Slot[];
  /** Takes a slot out of the pool: its policy ends after its last answer. */
  drop: (slot: Slot) => void;
}

/** A bound on the number of policies. */
export interface Capacity {
  /** Waits until one more policy may be opened; takes others out of the pool for that. */
  reserve(): Promise<void>;
  /** What was reserved is a policy now, or came to nothing. */
  settle(pooled?: PooledPolicy): void;
  /** A policy beyond the bound: a new version, until the old one has gone. */
  add(pooled: PooledPolicy): void;
  /** A policy has ended. */
  remove(pooled: PooledPolicy): void;
}

/** A capacity of `maxPolicies`. */
export function createCapacity({ maxPolicies, slots, drop }: CapacityOptions): Capacity {
  const alive = new Set<PooledPolicy>();
  let reserved = 0;
  const changed = createWakeup();
  let before: Promise<void> = Promise.resolve();
  const reserve = async () => {
    while (alive.size + reserved >= maxPolicies) {
      changed.reset();
      const victim = [...alive].some(({ retired }) => retired) ? undefined : leastWanted(slots());
      if (victim) drop(victim);
      await changed.wait();
    }
    reserved++;
  };
  return {
    // One after the other: each needs one policy to go.
    reserve: () => before = before.then(reserve),
    settle(pooled) {
      reserved--;
      if (pooled) alive.add(pooled);
      changed.wake();
    },
    add: (pooled) => void alive.add(pooled),
    remove(pooled) {
      alive.delete(pooled);
      changed.wake();
    },
  };
}

/** Asked for by number before those that serve, idle before busy, then the one unused for longest. */
function leastWanted(slots: readonly Slot[]): Slot | undefined {
  const rank = ({ pinned, current }: Slot) => (pinned === undefined ? 2 : 0) + (current!.users > 0 ? 1 : 0);
  const held = slots.filter(({ current }) => current);
  return held.sort((a, b) => rank(a) - rank(b) || a.lastUsed - b.lastUsed)[0];
}
