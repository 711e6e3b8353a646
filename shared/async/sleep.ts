/**
 * Doing nothing for a while.
 * @module
 */

/**
 * Resolves after `milliseconds`; rejects with the signal's reason once it aborts.
 *
 * @param milliseconds to wait
 * @param signal ends the wait with an error
 */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
