/**
 * When to read again: soon after news, not more often than a gateway should be asked, and once more when what the gateway
 * remembers of jobs is surely that of after the news. Nothing is read while nothing happens.
 * @module
 */

/** News that come together are one reading (ms). */
const SOON_MS = 150;
/** From one reading to the next (ms). */
const APART_MS = 700;
/** What the gateway tells of jobs may be 2 s old. */
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
