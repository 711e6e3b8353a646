/**
 * Waiting that can be aborted.
 * @module
 */

/**
 * The result of `promise`; rejects with the signal's reason if that aborts first. The work itself goes on.
 *
 * @param promise the work
 * @param signal ends the waiting, not the work
 * @returns what `promise` resolves to
 */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
