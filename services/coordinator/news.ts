/**
 * Changes of a learner since its loop last looked, and the wakeup of the loop. News only says where to look;
 * it may be duplicated, late or lost.
 * @module
 */
import { createWakeup, pause } from "@cugro/async";
import type { Change } from "@cugro/learners";

/** News that comes within this time after a plan began waits for the next one. */
const COALESCE_MS = 50;

/** News, collected until it is taken. */
export interface News {
  add(change: Change): void;
  /** All that was added since the last call. */
  take(): Change & { jobs: Set<string> };
  /** Whether anything was added since. */
  isPending(): boolean;
  /**
   * Waits until there is news, at most for `milliseconds`. The loop of a quiet learner is woken at once; one that has
   * planned a moment ago only after the rest of the coalescing time, so that a burst is one plan.
   */
  wait(milliseconds: number): Promise<void>;
}

/**
 * What has changed of a learner since it was looked at last.
 *
 * @param signal ends the waiting
 * @returns no news yet
 */
export function createNews(signal: AbortSignal): News {
  let change = empty();
  let pending = false;
  let takenAt = -Infinity;
  const wakeup = createWakeup();
  return {
    add({ whole, facts, incoming, jobs = [] }) {
      change.whole ||= whole ?? false;
      change.facts ||= facts ?? false;
      change.incoming ||= incoming ?? false;
      for (const id of jobs) change.jobs.add(id);
      pending = true;
      wakeup.wake();
    },
    take() {
      const taken = change;
      change = empty();
      pending = false;
      wakeup.reset();
      takenAt = performance.now();
      return taken;
    },
    isPending: () => pending,
    async wait(milliseconds) {
      if (milliseconds > 0) await wakeup.wait({ milliseconds, signal });
      const rest = takenAt + COALESCE_MS - performance.now();
      if (pending && rest > 0) await pause(rest, signal);
    },
  };
}

function empty() {
  return { whole: false, facts: false, incoming: false, jobs: new Set<string>() };
}
