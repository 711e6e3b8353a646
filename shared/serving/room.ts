/**
 * Room for policies: how many threads there are, those that are being opened or are ending included.
 * @module
 */
import type { Running } from "./running.ts";
import type { Slot } from "./shelf.ts";

/** What {@link createRoom} needs. */
export interface RoomOptions {
  maxPolicies: number;
  slots: () => Slot[];
  /** Takes a slot off the shelf: its policy ends after its last answer. */
  drop: (slot: Slot) => void;
}

/** See the module. */
export interface Room {
  /** Waits until one more policy may be opened; takes others off the shelf for that. */
  reserve(): Promise<void>;
  /** What was reserved is a policy now, or came to nothing. */
  settle(running?: Running): void;
  /** A policy beside those there was room for: a new version, until the old one has gone. */
  add(running: Running): void;
  /** A policy has ended. */
  remove(running: Running): void;
}

/** Room for so many. */
export function createRoom({ maxPolicies, slots, drop }: RoomOptions): Room {
  const alive = new Set<Running>();
  let reserved = 0;
  let changed = Promise.withResolvers<void>();
  let before: Promise<void> = Promise.resolve();
  const change = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const reserve = async () => {
    while (alive.size + reserved >= maxPolicies) {
      const { promise } = changed;
      const victim = [...alive].some(({ retired }) => retired) ? undefined : leastWanted(slots());
      if (victim) drop(victim);
      await promise;
    }
    reserved++;
  };
  return {
    // One after the other: each needs one policy to go.
    reserve: () => before = before.then(reserve),
    settle(running) {
      reserved--;
      if (running) alive.add(running);
      change();
    },
    add: (running) => void alive.add(running),
    remove(running) {
      alive.delete(running);
      change();
    },
  };
}

/** Asked for by number before those that serve, idle before busy, then the one unused for longest. */
function leastWanted(slots: readonly Slot[]): Slot | undefined {
  const rank = ({ pinned, current }: Slot) => (pinned === undefined ? 2 : 0) + (current!.users > 0 ? 1 : 0);
  const held = slots.filter(({ current }) => current);
  return held.sort((a, b) => rank(a) - rank(b) || a.lastUsed - b.lastUsed)[0];
}
