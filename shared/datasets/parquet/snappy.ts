/**
 * Snappy, unpacked into exactly as many bytes as are expected; every step goes on in both, so that no data keeps it busy.
 * @module
 */
import { DAMAGED, ParquetFault } from "./thrift.ts";

/**
 * Unpacks.
 *
 * @param packed bytes of the page
 * @param size bytes that must come out
 * @returns `size` bytes
 * @throws {ParquetFault} where it is damaged
 */
export function unpackSnappy(packed: Uint8Array, size: number): Uint8Array {
  let at = 0;
  const byte = () => {
    const value = packed[at++];
    if (value === undefined) throw new ParquetFault(DAMAGED);
    return value;
  };
  const number = (bytes: number) => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += byte() * 2 ** (8 * i);
    return value;
  };
  if (lengthBefore(byte) !== size) throw new ParquetFault(DAMAGED);
  const unpacked = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const tag = byte();
    const kind = tag & 3;
    if (kind === 0) {
      const length = (tag >> 2 < 60 ? tag >> 2 : number((tag >> 2) - 59)) + 1;
      if (at + length > packed.length || filled + length > size) throw new ParquetFault(DAMAGED);
      unpacked.set(packed.subarray(at, at + length), filled);
      at += length;
      filled += length;
      continue;
    }
    const length = kind === 1 ? (tag >> 2 & 7) + 4 : (tag >> 2) + 1;
    const back = kind === 1 ? (tag >> 5) * 256 + byte() : number(kind === 2 ? 2 : 4);
    if (back === 0 || back > filled || filled + length > size) throw new ParquetFault(DAMAGED);
    // What is copied may be what this copy writes: a run.
    if (back >= length) unpacked.copyWithin(filled, filled - back, filled - back + length);
    else for (let i = 0; i < length; i++) unpacked[filled + i] = unpacked[filled + i - back]!;
    filled += length;
  }
  if (at !== packed.length) throw new ParquetFault(DAMAGED);
  return unpacked;
}

function lengthBefore(byte: () => number): number {
  let length = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const next = byte();
    length += (next & 127) * 2 ** shift;
    if (next < 128) return length;
  }
  throw new ParquetFault(DAMAGED);
}
