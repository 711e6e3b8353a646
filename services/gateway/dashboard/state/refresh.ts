/**
 * When to read again: soon after news, rate-limited, and once more when the gateway's cache of jobs
 * has surely caught up with the news. Without news nothing is read.
 * @module
 */

/** News that come together are one reading (ms). */
const SOON_MS = 150;
/** From one reading to the next (ms). */
const APART_MS = 700;
/** The gateway's answers about jobs may be 2 s old. */
const SETTLED_MS = 2_300;

export interface Refresher {
  /** Something has happened. */
  news(): void;
  close(): void;
}

/** @param read reads everything; it does not throw */
export function createRefresher(read: () => Promise<void>): Refresher {
  let soon: ReturnType<typeof setTimeout> | undefined;
  let settled: ReturnType<typeof setTimeout> | undefined;
  let isReading = false;
  let isWanted = false;
  let readAt = -Infinity;
  const run = async () => {
    soon = undefined;
    if (isReading) {
      isWanted = true;
      return;
    }
    isReading = true;
    readAt = performance.now();
    await read();
    isReading = false;
    if (isWanted) plan();
  };
  const plan = () => {
    isWanted = false;
    soon ??= setTimeout(() => void run(), Math.max(SOON_MS, readAt + APART_MS - performance.now()));
  };
  return {
    news() {
      plan();
      clearTimeout(settled);
      settled = setTimeout(plan, SETTLED_MS);
    },
    close() {
      clearTimeout(soon);
      clearTimeout(settled);
    },
  };
}
