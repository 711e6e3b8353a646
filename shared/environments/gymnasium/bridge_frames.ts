/**
 * Frames between this process and Python: a header of four little-endian numbers (bytes of the body, kind, version of
 * the protocol, limit in milliseconds), then the body. `frames.py` is the other side.
 * @module
 */
import { Buffer } from "node:buffer";
import type { GymnasiumCall } from "./gymnasium_faults.ts";

/** Of the protocol; the other side refuses another. */
export const PROTOCOL_VERSION = 1;
const HEADER_BYTES = 16;
const MOST_BYTES = 64 * 2 ** 20;

/** Numbers of the calls. */
export const CALLS: Readonly<Record<GymnasiumCall, number>> = { open: 1, reset: 2, step: 3, close: 4 };
/** How it is answered: done; an environment or a request is at fault; the process of the environment is gone. */
export const ANSWERS = { done: 0, fault: 1, lost: 2 } as const;

/** One answer. */
export interface Frame {
  kind: number;
  body: Uint8Array<ArrayBuffer>;
}

/**
 * A request as bytes.
 *
 * @param call what is asked
 * @param body bytes of its arguments
 * @param limitMs the environment's process ends itself when it has not answered by then
 * @returns bytes of header and body
 */
export function encodeFrame(call: GymnasiumCall, body: Uint8Array, limitMs: number): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  const header = new DataView(frame.buffer);
  [body.length, CALLS[call], PROTOCOL_VERSION, limitMs].forEach((value, i) =>
    header.setUint32(4 * i, value, true)
  );
  frame.set(body, HEADER_BYTES);
  return frame;
}

/**
 * Puts chunks of a pipe together. The body of a frame has memory of its own, so that arrays may be laid over it.
 *
 * @param mark bytes after which frames begin again, whatever came before: a process has died in the middle of one
 * @param onFrame gets every frame that is complete
 * @returns takes a chunk, and throws a SyntaxError for what is no frame of this version
 * @throws {SyntaxError} for what is no frame of this version
 */
export function createFrameReader(
  mark: Uint8Array,
  onFrame: (frame: Frame) => void,
): (chunk: Uint8Array) => void {
  let held = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    const at = held.indexOf(mark);
    if (at >= 0) held = held.subarray(at + mark.length);
    for (let size = sizeOf(held); held.length >= size; size = sizeOf(held)) {
      const body = new Uint8Array(held.subarray(HEADER_BYTES, size));
      const kind = held.readUInt32LE(4);
      held = held.subarray(size);
      onFrame({ kind, body });
    }
  };
}

/** Bytes of the first frame with its header; infinitely many where the header is not complete. */
function sizeOf(held: Buffer): number {
  if (held.length < HEADER_BYTES) return Infinity;
  const [size, version] = [held.readUInt32LE(0), held.readUInt32LE(8)];
  if (version !== PROTOCOL_VERSION || size > MOST_BYTES) {
    throw new SyntaxError(`it sent something else than frames of version ${PROTOCOL_VERSION}`);
  }
  return HEADER_BYTES + size;
}
