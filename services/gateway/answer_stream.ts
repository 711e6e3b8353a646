/**
 * A file of a page as it is sent to people who have shown no token.
 * @module
 */

/** Sent at a time. */
const PIECE_BYTES = 64 << 10;

/**
 * A stream of bytes for an answer: of one that is taken slowly a piece is kept at a time, and not all.
 *
 * @param bytes of the whole answer
 * @returns pieces of `PIECE_BYTES`
 */
export function inPieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.slice(at, at += PIECE_BYTES));
      if (at >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
}
