/**
 * How many policies there may be, those that are being opened or are ending included: those that sample by number, as each is
 * a thread with a tensor library; all together by the memory that they take.
 * @module
 */
import { createWakeup } from "@cugro/async";
import type { PolicyNeed } from "./policy_parts.ts";
import type { PooledPolicy } from "./pooled_policy.ts";
import type { Slot } from "./slot.ts";

/** Limits, exceeded only by the new version in a swap. */
export interface Bounds {
  /** Of policies that sample. */
  maxPolicies: number;
  /** Of memory, by {@link PolicyNeed}; one policy is always open, whatever it takes. */
  maxBytes: number;
}

/** Options of a capacity. */
export interface CapacityOptions extends Bounds {
  slots: () => Slot[];
  /** Takes a slot out of the pool: its policy ends after its last answer. */
  drop: (slot: Slot) => void;
}

/** A bound on policies. */
export interface Capacity {
  /** Waits until one more policy may be opened; takes others out of the pool for that. */
  reserve(need: PolicyNeed): Promise<void>;
  /** Ends a reservation: the policy is open now, or opening it failed. */
  settle(need: PolicyNeed, pooled?: PooledPolicy): void;
  /** A policy beyond the bound: a new version, until the old one has gone. */
  add(pooled: PooledPolicy): void;
  /** A policy has ended. */
  remove(pooled: PooledPolicy): void;
}

/**
 * Keeps what policies take in memory within bounds: who opens one reserves first, and waits until another has gone.
 *
 * @param options `maxPolicies` that sample; `maxBytes` of all together, of which one policy alone may take more
 * @returns nothing is reserved yet
 */
export function createCapacity({ maxPolicies, maxBytes, slots, drop }: CapacityOptions): Capacity {
  const alive = new Set<PooledPolicy>();
  const reserved = new Set<PolicyNeed>();
  const changed = createWakeup();
  /** Those that sample wait for each other, and nobody else for them. */
  const lines = { samplers: Promise.resolve(), others: Promise.resolve() };
  const reserve = async (need: PolicyNeed) => {
    while (true) {
      const { samplers, bytes, policies } = sumOf([...reserved, ...[...alive].map(({ need }) => need)]);
      const fewer = need.samples && samplers >= maxPolicies;
      if (!fewer && (policies === 0 || bytes + need.bytes <= maxBytes)) break;
      changed.reset();
      const matters = ({ need: { samples } }: PooledPolicy) => samples || !fewer;
      const isEnding = [...alive].some((pooled) => pooled.retired && matters(pooled));
      const victim = isEnding ? undefined : leastWanted(slots(), matters);
      if (victim) drop(victim);
      await changed.wait();
    }
    reserved.add(need);
  };
  return {
    // One after the other: each needs one policy to go.
    reserve(need) {
      const line = need.samples ? "samplers" : "others";
      return lines[line] = lines[line].then(() => reserve(need));
    },
    settle(need, pooled) {
      reserved.delete(need);
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

function sumOf(needs: readonly PolicyNeed[]) {
  const samplers = needs.filter(({ samples }) => samples).length;
  return { samplers, bytes: needs.reduce((sum, { bytes }) => sum + bytes, 0), policies: needs.length };
}

/** Asked for by number before those that serve, idle before busy, then the one unused for longest. */
function leastWanted(slots: readonly Slot[], matters: (pooled: PooledPolicy) => boolean): Slot | undefined {
  const rank = ({ pinned, current }: Slot) => (pinned === undefined ? 2 : 0) + (current!.users > 0 ? 1 : 0);
  const held = slots.filter(({ current }) => current && matters(current));
  return held.sort((a, b) => rank(a) - rank(b) || a.lastUsed - b.lastUsed)[0];
}
