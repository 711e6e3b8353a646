/**
 * A bound on how long something may take.
 * @module
 */
import { abortable } from "./abortable.ts";

/**
 * What `work` comes to within `milliseconds`. Its signal aborts when the time is up, so that it can stop; whether it
 * does or not, the wait is over then.
 *
 * @param late makes the error for work that took too long.
 * @param milliseconds for the work
 * @param work takes a signal that aborts when the time is up
 * @returns what `work` resolves to
 * @throws {Error} what `late` makes, or what `work` throws.
 */
export async function deadline<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
  late: () => Error = () => new DOMException(`Not done within ${milliseconds} ms`, "TimeoutError"),
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(late()), milliseconds);
  try {
    return await abortable(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
