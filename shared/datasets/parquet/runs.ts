/**
 * Small whole numbers in runs and packed bits: levels, places in a dictionary, flags.
 * @module
 */
import { DAMAGED, ParquetFault } from "./thrift.ts";

/**
 * Reads `count` numbers of `width` bits.
 *
 * @param bytes of a page, or a part of it
 * @param width bits of each number
 * @param count how many
 * @returns the numbers; fewer in the bytes than `count` is a fault
 * @throws {ParquetFault} for fewer numbers, or more than 32 bits
 */
export function readRuns(bytes: Uint8Array, width: number, count: number): Uint32Array {
  const values = new Uint32Array(count);
  if (width === 0) return values;
  if (width > 32) throw new ParquetFault(DAMAGED);
  const place = { at: 0 };
  for (let filled = 0; filled < count;) {
    const head = readHead(bytes, place);
    const length = head & 1 ? (head >>> 1) * 8 : head >>> 1;
    if (length === 0) throw new ParquetFault(DAMAGED);
    const taken = Math.min(length, count - filled);
    if (head & 1) unpack(bytes, place, { width, values: values.subarray(filled, filled + taken), length });
    else values.fill(repeated(bytes, place, width), filled, filled + taken);
    filled += taken;
  }
  return values;
}

function readHead(bytes: Uint8Array, place: { at: number }): number {
  let head = 0;
  for (let shift = 0; shift < 32; shift += 7) {
    const byte = bytes[place.at++];
    if (byte === undefined) throw new ParquetFault(DAMAGED);
    head |= (byte & 127) << shift;
    if (byte < 128) return head >>> 0;
  }
  throw new ParquetFault(DAMAGED);
}

function repeated(bytes: Uint8Array, place: { at: number }, width: number): number {
  let value = 0;
  for (let shift = 0; shift < width; shift += 8) {
    const byte = bytes[place.at++];
    if (byte === undefined) throw new ParquetFault(DAMAGED);
    value += byte * 2 ** shift;
  }
  return value;
}

function unpack(
  bytes: Uint8Array,
  place: { at: number },
  { width, values, length }: { width: number; values: Uint32Array; length: number },
): void {
  const from = place.at;
  // The last run may be cut where its numbers end.
  if (from + Math.ceil(values.length * width / 8) > bytes.length) throw new ParquetFault(DAMAGED);
  place.at = from + length * width / 8;
  if (width === 1) {
    for (let i = 0; i < values.length; i++) values[i] = bytes[from + (i >> 3)]! >> (i & 7) & 1;
    return;
  }
  // At most 39 bits at once: more than 32-bit operations hold, and exact as a number.
  let held = 0;
  let bits = 0;
  let at = from;
  const range = 2 ** width;
  for (let i = 0; i < values.length; i++) {
    while (bits < width) {
      held += bytes[at++]! * 2 ** bits;
      bits += 8;
    }
    values[i] = held % range;
    held = Math.floor(held / range);
    bits -= width;
  }
}
