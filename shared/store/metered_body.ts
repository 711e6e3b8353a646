/**
 * A stream on its way into a store: measured, hashed and limited; and known whether it was the source that failed.
 * @module
 */
import { createHash } from "node:crypto";

/** A stream that is read once, and what is known of it so far. */
export interface MeteredBody {
  /** The pieces, empty ones left out; each is hashed before it is handed on. To be called once. */
  pieces(): AsyncGenerator<Uint8Array, void, void>;
  /** Bytes so far. */
  size(): number;
  /** Hash of the whole, 64 hexadecimal digits; only when the stream has ended. */
  sha256(): string;
  /** What is wrong with the source, if anything: such an error is the caller's and none of the store's. */
  fault(): { error: unknown } | undefined;
}

/**
 * Counts and hashes a body while it is read.
 *
 * @param key named in errors
 * @param body bytes in pieces; what it throws is kept as `fault`
 * @param maxBytes more is a fault of the source (RangeError)
 * @returns `pieces`, to read once; the size in bytes so far; the SHA-256 once all has been read
 */
export function meterBody(
  key: string,
  body: AsyncIterable<Uint8Array>,
  maxBytes: number = Infinity,
): MeteredBody {
  const hash = createHash("sha256");
  let size = 0;
  let digest: string | undefined;
  let fault: { error: unknown } | undefined;
  async function* pieces() {
    let inSource = true;
    try {
      for await (const piece of body) {
        size += checkPiece(key, piece).length;
        if (size > maxBytes) throw new RangeError(`Cannot write ${key}: it is larger than ${maxBytes} bytes`);
        if (piece.length === 0) continue;
        hash.update(piece);
        inSource = false;
        yield piece;
        inSource = true;
      }
    } catch (error) {
      if (inSource) fault = { error };
      throw error;
    }
  }
  return {
    pieces,
    size: () => size,
    sha256: () => digest ??= hash.digest("hex"),
    fault: () => fault,
  };
}

function checkPiece(key: string, piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError(`Cannot write ${key}: its source must yield Uint8Array, not ${typeof piece}`);
}
