/**
 * Waiting for something, but not for long.
 * @module
 */
import { sleep } from "./sleep.ts";

/**
 * Waits for `work`, at most `milliseconds`.
 *
 * @param milliseconds to wait
 * @param work what is waited for; it goes on in any case
 * @returns whether it ended in time
 * @throws {Error} what `work` rejects with
 */
export async function waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const late = sleep(milliseconds, ended.signal).then(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    ended.abort();
  }
}
