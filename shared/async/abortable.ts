/**
 * Waiting that can be broken off.
 * @module
 */

/**
 * What `promise` comes to; rejects with the signal's reason if that aborts first. The work behind it goes on.
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
