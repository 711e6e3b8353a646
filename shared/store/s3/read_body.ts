/**
 * The body of an answer, read whole into memory of its own.
 * @module
 */

/**
 * Reads exactly `length` bytes.
 *
 * @param body the bytes of an answer, in pieces
 * @param length that the answer announced
 * @param timeoutMs between two pieces
 * @param stop ends the request when nothing has come for `timeoutMs`.
 * @returns `length` bytes, in memory of their own
 * @throws {Error} code ETIMEDOUT after that, ECONNRESET if the body ends too early.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  length: number,
  timeoutMs: number,
  stop: AbortController,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  let timedOut = false;
  const giveUp = () => {
    timedOut = true;
    stop.abort();
    (body as { destroy?: (error: Error) => void }).destroy?.(new Error("timed out"));
  };
  let timer = setTimeout(giveUp, timeoutMs);
  try {
    for await (const piece of body) {
      clearTimeout(timer);
      if (filled + piece.length > length) throw failed("ECONNRESET", "it sent more than it said");
      bytes.set(piece, filled);
      filled += piece.length;
      timer = setTimeout(giveUp, timeoutMs);
    }
  } catch (cause) {
    throw timedOut ? failed("ETIMEDOUT", "it stopped sending", cause) : cause;
  } finally {
    clearTimeout(timer);
  }
  if (filled < length) throw failed("ECONNRESET", `it sent ${filled} of ${length} bytes`);
  return bytes;
}

function failed(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code });
}
