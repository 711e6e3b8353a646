/**
 * What a learner's keeper has been told since it last looked, and the bell that wakes it. News only says where to
 * look; it may be doubled, late or lost.
 * @module
 */
import type { Change } from "@cugro/learners";

/** News that comes within this time after a plan began waits for the next one. */
const COALESCE_MS = 50;

/** What has been told, collected until it is taken. */
export interface News {
  tell(change: Change): void;
  /** What was told since it was last taken. */
  take(): Change & { jobs: Set<string> };
  /** Whether anything was told since. */
  pending(): boolean;
  /**
   * Waits until something is told, or for `milliseconds`. A learner that was quiet is woken at once; one that has been
   * planned a moment ago only after the rest of the coalescing time, so that a burst is one plan.
   */
  wait(milliseconds: number): Promise<void>;
}

/** News that nobody has told yet. */
export function createNews(signal: AbortSignal): News {
  let change = empty();
  let pending = false;
  let takenAt = -Infinity;
  let wake = () => {};
  signal.addEventListener("abort", () => wake(), { once: true });
  const sleep = async (milliseconds: number, until: () => boolean) => {
    if (signal.aborted || until() || milliseconds <= 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      wake = () => {
        if (signal.aborted || until()) resolve();
      };
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
  };
  return {
    tell({ whole, facts, incoming, jobs = [] }) {
      change.whole ||= whole ?? false;
      change.facts ||= facts ?? false;
      change.incoming ||= incoming ?? false;
      for (const id of jobs) change.jobs.add(id);
      pending = true;
      wake();
    },
    take() {
      const taken = change;
      change = empty();
      pending = false;
      takenAt = performance.now();
      return taken;
    },
    pending: () => pending,
    async wait(milliseconds) {
      await sleep(milliseconds, () => pending);
      await sleep(pending ? takenAt + COALESCE_MS - performance.now() : 0, () => false);
    },
  };
}

function empty() {
  return { whole: false, facts: false, incoming: false, jobs: new Set<string>() };
}
