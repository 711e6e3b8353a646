/**
 * What a chunk went through when it was written, undone. No filter may give more than the chunk has room for.
 * @module
 */
import { constants, inflateSync, zstdDecompressSync } from "node:zlib";
import { DAMAGED, StorageFault } from "./bytes.ts";
import { fletcher32 } from "./checksums.ts";

/** A filter of a field, as the library lists it. */
export interface Filter {
  id: number;
  name: string;
  cd_values: number[];
}

type Undo = (bytes: Uint8Array, most: number, parameters: readonly number[]) => Uint8Array;

const UNDO: Readonly<Record<number, Undo>> = {
  1: inflate,
  2: unshuffle,
  3: withoutChecksum,
  32000: unpackLzf,
  32015: unpackZstandard,
};

/** Bytes that a filter may add to a chunk: checksums, and the header of data that cannot be packed. */
const MORE = 1024;

/**
 * The first filter that is not known; undefined where all are.
 *
 * @param filters in the order in which they were applied
 * @returns one whose id is not among those that are undone here
 */
export function unknownFilter(filters: readonly Filter[]): Filter | undefined {
  return filters.find(({ id }) => !Object.hasOwn(UNDO, id));
}

/**
 * The values of a chunk.
 *
 * @param stored the chunk's bytes as they lie in the file
 * @param mask bit i: the i-th filter was skipped
 * @param chunkBytes bytes that there must be
 * @returns `chunkBytes` bytes
 * @throws {StorageFault} where a checksum does not fit, or there are more or fewer bytes
 */
export function unfilter(
  stored: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  chunkBytes: number,
): Uint8Array {
  let bytes = stored;
  for (let i = filters.length - 1; i >= 0; i--) {
    if ((mask >>> i) & 1) continue;
    const { id, cd_values } = filters[i]!;
    bytes = UNDO[id]!(bytes, chunkBytes + MORE, cd_values);
  }
  if (bytes.length !== chunkBytes) throw new StorageFault(DAMAGED);
  return bytes;
}

function inflate(bytes: Uint8Array, most: number): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: most, finishFlush: constants.Z_FINISH });
  } catch (cause) {
    throw new StorageFault(DAMAGED, { cause });
  }
}

function unpackZstandard(bytes: Uint8Array, most: number): Uint8Array {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: most });
  } catch (cause) {
    throw new StorageFault(DAMAGED, { cause });
  }
}

/** First bytes of all numbers, then their second bytes ... -> number by number. */
function unshuffle(bytes: Uint8Array, _most: number, [size = 0]: readonly number[]): Uint8Array {
  if (size <= 1) return bytes;
  const count = Math.floor(bytes.length / size);
  const values = new Uint8Array(bytes.length);
  if (size % 4 === 0) unshuffleWords(bytes, new Uint32Array(values.buffer, 0, bytes.length >> 2), size >> 2);
  else {
    for (let byte = 0; byte < size; byte++) {
      for (let i = 0, from = byte * count; i < count; i++) values[i * size + byte] = bytes[from + i]!;
    }
  }
  values.set(bytes.subarray(count * size), count * size);
  return values;
}

/** The same of numbers that are whole words of four bytes: all bytes of a word are written at once. */
function unshuffleWords(bytes: Uint8Array, values: Uint32Array, words: number): void {
  const count = Math.floor(bytes.length / (4 * words));
  for (let word = 0; word < words; word++) {
    const [a, b, c, d] = [0, 1, 2, 3].map((byte) => (4 * word + byte) * count) as [
      number,
      number,
      number,
      number,
    ];
    for (let i = 0, at = word; i < count; i++, at += words) {
      values[at] = bytes[a + i]! | bytes[b + i]! << 8 | bytes[c + i]! << 16 | bytes[d + i]! << 24;
    }
  }
}

/** Fletcher-32; old libraries on big-endian machines wrote its halves the other way round, byte by byte. */
function withoutChecksum(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 4;
  if (end < 0) throw new StorageFault(DAMAGED);
  const values = bytes.subarray(0, end);
  const sum = fletcher32(values);
  const stored = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true);
  const swapped = ((sum & 0x00ff00ff) << 8 | ((sum >>> 8) & 0x00ff00ff)) >>> 0;
  if (stored !== sum && stored !== swapped) throw new StorageFault(DAMAGED);
  return values;
}

/** LZF: literal runs, and copies of what came before. */
function unpackLzf(bytes: Uint8Array, most: number, [, , size = most]: readonly number[]): Uint8Array {
  if (size > most) throw new StorageFault(DAMAGED);
  const values = new Uint8Array(size);
  let from = 0;
  let to = 0;
  const next = () => {
    if (from >= bytes.length) throw new StorageFault(DAMAGED);
    return bytes[from++]!;
  };
  while (from < bytes.length) {
    const control = next();
    if (control < 32) {
      const count = control + 1;
      if (from + count > bytes.length || to + count > size) throw new StorageFault(DAMAGED);
      values.set(bytes.subarray(from, from += count), to);
      to += count;
      continue;
    }
    const count = (control >> 5 === 7 ? 7 + next() : control >> 5) + 2;
    let back = to - ((control & 31) << 8) - next() - 1;
    if (back < 0 || to + count > size) throw new StorageFault(DAMAGED);
    for (const end = to + count; to < end;) values[to++] = values[back++]!;
  }
  return values.subarray(0, to);
}
