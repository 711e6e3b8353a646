/**
 * One memory for all networks of a thread: places are given out and taken back. A memory of its own for every session would
 * cost gigabytes of address space each in WebAssembly.
 * @module
 */

/** Places start at multiples of a cache line. */
const ALIGNMENT = 64;
const PAGE = 65_536;
/** Pages that a shared memory grows by at least, as threads must be told each time; untouched, they cost nothing. */
const STEP = 1_024;

/** Bytes that can become more; what is in them stays. */
export interface Growing {
  /** The bytes as they are now; another object after each growth. */
  buffer(): ArrayBufferLike;
  /**
   * At least `bytes` in all.
   *
   * @throws {RangeError} where there is no more
   */
  grow(bytes: number): void;
}

/** Memory with places in it. Addresses and sizes are in bytes. */
export interface Memory {
  /** All numbers, until the next `take`. */
  floats(): Float32Array;
  /**
   * A place of its own, filled with zeros.
   *
   * @throws {RangeError} when the memory is full
   */
  take(bytes: number): number;
  /** Gives a place back. */
  release(address: number): void;
  /** Bytes of all places. */
  usedBytes(): number;
}

/**
 * A WebAssembly memory, and its bytes.
 *
 * @param maximumPages of 64 KiB
 * @param shared whether other threads may be given it
 * @returns the memory, and how it grows
 */
export function wasmGrowing(
  maximumPages: number,
  shared = false,
): { memory: WebAssembly.Memory; growing: Growing } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages, shared });
  const grow = (bytes: number) => {
    const present = memory.buffer.byteLength / PAGE;
    const missing = Math.ceil(bytes / PAGE) - present;
    if (missing > 0) {
      memory.grow(shared ? Math.min(Math.max(missing, STEP), maximumPages - present) : missing);
    }
  };
  return { memory, growing: { buffer: () => memory.buffer, grow } };
}

/**
 * Ordinary bytes, moved when they grow: by an eighth at least, so that this is seldom.
 *
 * @returns 64 KiB to begin with
 */
export function plainGrowing(): Growing {
  let buffer = new ArrayBuffer(PAGE);
  return {
    buffer: () => buffer,
    grow: (bytes) => {
      if (bytes <= buffer.byteLength) return;
      buffer = buffer.transfer(Math.ceil(Math.max(bytes, buffer.byteLength * 9 / 8) / PAGE) * PAGE);
    },
  };
}

interface Gap {
  start: number;
  end: number;
}

/**
 * All numbers of a memory whose bytes are replaced when it grows.
 *
 * @param buffer gives the bytes as they are now
 * @returns gives them as numbers of 32 bits; the view is made again only when the bytes are others
 */
export function floatsOf(buffer: () => ArrayBufferLike): () => Float32Array {
  let view = new Float32Array(buffer());
  return () => {
    const bytes = buffer();
    return view.buffer === bytes ? view : view = new Float32Array(bytes);
  };
}

/**
 * Opens a memory with no places in it.
 *
 * @param growing the bytes, and how more are got
 * @returns places of zeros; `take` throws a RangeError when memory is full
 */
export function openMemory(growing: Growing): Memory {
  const taken = new Map<number, number>();
  /** Free places by address, no two of them neighbours; behind `end` nothing was given out yet. */
  const gaps: Gap[] = [];
  let end = ALIGNMENT, used = 0;
  const floats = floatsOf(growing.buffer);
  return {
    floats,
    take: (bytes) => {
      const size = Math.max(Math.ceil(bytes / ALIGNMENT), 1) * ALIGNMENT;
      const found = gaps.findIndex((gap) => gap.end - gap.start >= size);
      const address = found >= 0 ? gaps[found]!.start : end;
      if (found < 0) {
        growOrExplain(growing, end + size, used);
        end += size;
      } else if ((gaps[found]!.start += size) === gaps[found]!.end) {
        gaps.splice(found, 1);
      }
      taken.set(address, size);
      used += size;
      floats().fill(0, address / 4, (address + size) / 4);
      return address;
    },
    release: (address) => {
      const size = taken.get(address);
      if (size === undefined) return;
      taken.delete(address);
      used -= size;
      addGap(gaps, { start: address, end: address + size });
    },
    usedBytes: () => used,
  };
}

function addGap(gaps: Gap[], gap: Gap): void {
  const found = gaps.findIndex(({ start }) => start > gap.start);
  const at = found < 0 ? gaps.length : found;
  const before = gaps[at - 1], after = gaps[at];
  const joinsBefore = before?.end === gap.start, joinsAfter = after?.start === gap.end;
  const joined = { start: joinsBefore ? before.start : gap.start, end: joinsAfter ? after.end : gap.end };
  gaps.splice(joinsBefore ? at - 1 : at, Number(joinsBefore) + Number(joinsAfter), joined);
}

function growOrExplain(growing: Growing, bytes: number, used: number): void {
  try {
    growing.grow(bytes);
  } catch (cause) {
    throw new RangeError(
      `Cannot open a network as no more memory is to be had: ${
        Math.round(used / 1e6)
      } MB are in use; dispose sessions, or open them in another thread`,
      { cause },
    );
  }
}
