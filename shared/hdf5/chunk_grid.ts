/**
 * A field cut into chunks, and how chunks are counted.
 * @module
 */

/** A field cut into chunks. */
export interface Grid {
  /** Sides of the field, of a chunk, and how many chunks there are along each side. `[rank]` */
  shape: number[];
  chunk: number[];
  counts: number[];
  /** Sides that the field may grow to; infinite where there is no limit. `[rank]` */
  mostSides: number[];
  /** Number of chunks, and bytes of one before it is filtered. */
  places: number;
  chunkBytes: number;
}

/** A chunk as it lies in the file. */
export interface StoredChunk {
  at: number;
  /** Bytes in the file. */
  size: number;
  /** Bit i: the i-th filter was skipped. */
  mask: number;
}

/** Takes a chunk at its place in each direction. */
export type Found = (place: readonly number[], chunk: StoredChunk) => void;

/**
 * The place of the n-th chunk, along each side.
 *
 * @param number from 0, the last side counting first
 * @param counts chunks along each side, `[rank]`
 * @returns `[rank]`
 */
export function placeOf(number: number, counts: readonly number[]): number[] {
  const place = new Array<number>(counts.length);
  for (let side = counts.length - 1; side >= 0; side--) {
    place[side] = number % counts[side]!;
    number = Math.floor(number / counts[side]!);
  }
  return place;
}

/**
 * Sides counted in chunks, as far as the field may ever grow: the newer indexes count like this. `[rank]`
 *
 * @param grid of a field
 * @returns `[rank]`; infinite where a side may grow without end
 */
export function mostCounts(grid: Grid): number[] {
  return grid.mostSides.map((side, i) => Math.ceil(side / grid.chunk[i]!));
}
