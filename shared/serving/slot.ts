/**
 * A place in the pool of policies.
 * @module
 */
import type { WayOfActing } from "@cugro/algorithm";
import type { PooledPolicy } from "./pooled_policy.ts";

/** The place of a learner's serving policy, or of a version requested by number or by a way of acting. */
export interface Slot {
  learner: string;
  /** Undefined: whichever version serves. */
  pinned: number | undefined;
  /** A way that the version does not serve by; undefined: as it serves. */
  acting: WayOfActing | undefined;
  current: PooledPolicy | undefined;
  opening: Opening | undefined;
  lastUsed: number;
  /** When (by the steady clock) the store last said which version serves. */
  confirmedAt: number;
  /** Whether the last look at the store failed. */
  lookFailed: boolean;
}

/** A policy that is being opened. */
export interface Opening {
  policy: Promise<PooledPolicy>;
  /** Requests that wait for it. */
  waiting: number;
}

/**
 * Whether the slot has a policy that answers.
 *
 * @param slot with a policy or without
 * @returns false also where its thread has ended
 */
export function isOpen({ current }: Slot): boolean {
  return current?.policy.isOpen() ?? false;
}

/**
 * The key of a slot.
 *
 * @param slot learner, and a version and way of acting where they are fixed
 * @returns such as `mine`, `mine@3`, `mine/actor`
 */
export function keyOf({ learner, pinned, acting }: Pick<Slot, "learner" | "pinned" | "acting">): string {
  const version = pinned === undefined ? learner : `${learner}@${pinned}`;
  return acting === undefined ? version : `${version}/${acting}`;
}

/**
 * The slot of a learner's serving policy or of a version, if there is one; for the serving version, that of the serving policy.
 *
 * @param slots by {@link keyOf}
 * @param version undefined: the one that serves
 * @param acting undefined: as the version serves
 * @returns undefined if there is none
 */
export function lookUp(
  slots: Map<string, Slot>,
  learner: string,
  version: number | undefined,
  acting?: WayOfActing,
): Slot | undefined {
  const serving = slots.get(learner);
  const isServing = version === undefined || serving?.current?.facts.version === version;
  return isServing && acting === undefined ? serving : slots.get(keyOf({ learner, pinned: version, acting }));
}

/**
 * As {@link lookUp}; added if there is none.
 *
 * @param slots by {@link keyOf}; one is added where there is none
 * @param version undefined: the one that serves
 * @param acting undefined: as the version serves
 * @returns used now
 */
export function findSlot(
  slots: Map<string, Slot>,
  learner: string,
  version: number | undefined,
  acting?: WayOfActing,
): Slot {
  let slot = lookUp(slots, learner, version, acting);
  if (!slot) {
    slot = emptySlot(learner, version, acting);
    slots.set(keyOf(slot), slot);
  }
  slot.lastUsed = performance.now();
  return slot;
}

function emptySlot(learner: string, pinned: number | undefined, acting: WayOfActing | undefined): Slot {
  return {
    ...{ learner, pinned, acting, current: undefined, opening: undefined },
    ...{ lastUsed: 0, confirmedAt: -Infinity, lookFailed: false },
  };
}
