/**
 * A place in the pool of policies.
 * @module
 */
import type { PooledPolicy } from "./pooled_policy.ts";

/** The place of a learner's serving policy, or of one version that is asked for by number. */
export interface Slot {
  learner: string;
  /** Undefined: whichever version serves. */
  pinned: number | undefined;
  current: PooledPolicy | undefined;
  opening: Opening | undefined;
  lastUsed: number;
}

/** A policy that is being opened. */
export interface Opening {
  policy: Promise<PooledPolicy>;
  /** Requests that wait for it. */
  waiting: number;
}

/** Whether the slot has a policy that answers. */
export function isOpen({ current }: Slot): boolean {
  return current?.policy.isOpen() ?? false;
}

/** What tells slots apart. */
export function keyOf({ learner, pinned }: Pick<Slot, "learner" | "pinned">): string {
  return pinned === undefined ? learner : `${learner}@${pinned}`;
}

/** The slot of a learner's serving policy or of a version; added if there is none. */
export function findSlot(slots: Map<string, Slot>, learner: string, version: number | undefined): Slot {
  const serving = slots.get(learner);
  const isServing = version !== undefined && serving?.current?.facts.version === version;
  const pinned = isServing ? undefined : version;
  const found = slots.get(keyOf({ learner, pinned }));
  const slot = found ?? { learner, pinned, current: undefined, opening: undefined, lastUsed: 0 };
  slot.lastUsed = performance.now();
  slots.set(keyOf(slot), slot);
  return slot;
}
