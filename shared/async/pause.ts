/**
 * A sleep between two rounds of a loop that tests its signal anyway.
 * @module
 */
import { sleep } from "./sleep.ts";

/**
 * Resolves after `milliseconds`, or as soon as the signal aborts.
 *
 * @param milliseconds to wait
 * @param signal ends the wait
 */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return sleep(milliseconds, signal).catch(() => {});
}
