/**
 * The bytes of a file, wherever it lies: in memory, or read by ranges.
 * @module
 */

/** A file that is read by ranges. */
export interface ByteSource {
  /** Bytes of the file. */
  readonly size: number;
  /** Whether the whole file lies in memory. */
  readonly inMemory: boolean;
  /** Bytes `from` up to `to`, which must lie inside the file; they are not to be changed. */
  read(from: number, to: number): Uint8Array;
  /** Fills `target` with the bytes from `from` on, which must lie inside the file. */
  fill(target: Uint8Array, from: number): void;
  /** In which file on disk a byte lies, and where; absent where it is none. */
  place?(from: number): FilePlace;
}

/** A place in a file on disk. */
export interface FilePlace {
  path: string;
  at: number;
}

/**
 * A file that lies in memory; its bytes are not copied.
 *
 * @param bytes the bytes of the whole file
 * @returns reads without copying
 */
export function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    inMemory: true,
    read: (from, to) => bytes.subarray(from, to),
    fill: (target, from) => target.set(bytes.subarray(from, from + target.length)),
  };
}

/**
 * A part of a file, as a file of its own.
 *
 * @param from first byte
 * @param to byte behind the last; by default the end of the file
 * @returns places counted from `from`
 */
export function partOf(source: ByteSource, from: number, to = source.size): ByteSource {
  const { place } = source;
  return {
    ...(place ? { place: (begin: number) => place(from + begin) } : {}),
    size: to - from,
    inMemory: source.inMemory,
    read: (begin, end) => source.read(from + begin, Math.min(from + end, to)),
    fill: (target, begin) => source.fill(target, from + begin),
  };
}
