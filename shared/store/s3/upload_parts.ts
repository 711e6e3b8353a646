/**
 * A stream cut into parts for upload, with buffers that are used again: memory stays flat, however long the stream.
 * @module
 */

/** Bytes of every part but the last. S3 takes 10,000 of them: 78 GiB. */
export const PART_BYTES = 8 << 20;

/** Buffers of parts that have been sent. */
export type PartPool = Uint8Array[];

/**
 * Cuts a stream into parts of `PART_BYTES`; the last is what remains, and empty only if all is.
 *
 * @param pieces bytes, in pieces of any length
 * @param pool buffers to reuse; the sender of a part gives it back
 * @yields parts, each in a buffer of its own until it is given back
 */
export async function* inParts(
  pieces: AsyncIterable<Uint8Array>,
  pool: PartPool,
): AsyncGenerator<Uint8Array, void, void> {
  let part = takeBuffer(pool);
  let filled = 0;
  for await (const piece of pieces) {
    for (let offset = 0; offset < piece.length;) {
      if (filled === PART_BYTES) {
        yield part;
        part = takeBuffer(pool);
        filled = 0;
      }
      const taken = piece.subarray(offset, offset + PART_BYTES - filled);
      part.set(taken, filled);
      filled += taken.length;
      offset += taken.length;
    }
  }
  yield part.subarray(0, filled);
}

/**
 * Bytes that are there already, cut into parts; nothing is copied.
 *
 * @param bytes `[n]`
 * @yields views of at most `PART_BYTES`
 */
export function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += PART_BYTES) {
    yield bytes.subarray(start, start + PART_BYTES);
  }
}

function takeBuffer(pool: PartPool): Uint8Array {
  return pool.pop() ?? new Uint8Array(PART_BYTES);
}
