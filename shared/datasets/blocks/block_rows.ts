/**
 * Rows of float32, wherever they lie: in memory, in a file of the room, or in the dataset's own file.
 * @module
 */

/** Where rows lie, for another thread. */
export type RowsPlace = { data: Float32Array } | { path: string; at: number };

/** A matrix that is read by ranges of rows. */
export interface Rows {
  readonly size: number;
  readonly columns: number;
  /** How many rows are worth reading at once. */
  readonly blockRows: number;
  readonly place: RowsPlace;
  /** Rows `from` up to `to`, `[to - from, columns]`: to be used before the next call, and not to be changed. */
  read(from: number, to: number): Float32Array;
  /** Replaces a row; absent where others may read the same numbers. */
  write?(row: number, values: Float32Array): void;
}

/** Bytes of a block. */
export const BLOCK_BYTES = 2 ** 20;

/**
 * How many rows make a block.
 *
 * @param columns numbers in a row, of 4 bytes
 * @param blockBytes bytes of a block
 * @returns 1 at the least
 */
export function blockRowsOf(columns: number, blockBytes = BLOCK_BYTES): number {
  return Math.max(1, Math.floor(blockBytes / (4 * columns)));
}

/**
 * Rows in memory.
 *
 * @param data `[N * columns]`, row-major
 * @param columns numbers in a row
 * @param options bytes of a block, whether others may change the data
 * @returns `[N, columns]`
 */
export function rowsIn(
  data: Float32Array,
  columns: number,
  { blockBytes, isShared = false }: { blockBytes?: number; isShared?: boolean } = {},
): Rows {
  return {
    size: data.length / columns,
    columns,
    blockRows: blockRowsOf(columns, blockBytes),
    place: { data },
    read: (from, to) => data.subarray(from * columns, to * columns),
    ...(isShared ? {} : { write: (row, values) => data.set(values, row * columns) }),
  };
}

/**
 * Visits rows in blocks, from the first to the last.
 *
 * @param visit gets the block's first row and the one behind its last; false ends it
 */
export function visitBlocks(
  { size, blockRows }: Pick<Rows, "size" | "blockRows">,
  visit: (from: number, to: number) => boolean | void,
): void {
  for (let from = 0; from < size; from += blockRows) {
    if (visit(from, Math.min(size, from + blockRows)) === false) return;
  }
}

const NEAR = 64;

/**
 * These rows, one after the other, `[indices.length, columns]`; those that lie near each other are read at once.
 *
 * @param rows `[N, columns]`
 * @param indices `[n]`, row numbers
 * @returns `[n, columns]`
 */
export function takeRows(rows: Rows, indices: readonly number[] | Int32Array): Float32Array {
  const { columns } = rows;
  const taken = new Float32Array(indices.length * columns);
  for (let i = 0; i < indices.length;) {
    const first = indices[i]!;
    let next = i + 1;
    while (next < indices.length && indices[next]! >= indices[next - 1]! && indices[next]! - first < NEAR) {
      next++;
    }
    const block = rows.read(first, indices[next - 1]! + 1);
    for (; i < next; i++) {
      const from = (indices[i]! - first) * columns;
      for (let column = 0; column < columns; column++) taken[i * columns + column] = block[from + column]!;
    }
  }
  return taken;
}

/**
 * All rows in memory.
 *
 * @param rows in memory or in a file
 * @returns `[size, columns]`, not copied where they are in memory
 */
export function allRows(rows: Rows): Float32Array {
  if ("data" in rows.place) return rows.place.data;
  const all = new Float32Array(rows.size * rows.columns);
  visitBlocks(rows, (from, to) => all.set(rows.read(from, to), from * rows.columns));
  return all;
}
