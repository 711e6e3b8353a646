/**
 * Numbers put together from others where they are read: chosen rows, and bytes of numbers.
 * @module
 */
import type { ByteSource, Numbers, Values } from "@cugro/hdf5";

/** Numbers that lie so near each other are read at once, with those between them. */
const NEAR = 2 ** 16;

/**
 * Rows `rows[from]` up to `rows[to - 1]` of a matrix, `[to - from, columns]`: to be used before the next call.
 *
 * @param values the matrix, row by row
 * @param columns how many
 * @param rows rising or not, `[n]`
 * @param shift added to each row
 * @returns `[to - from, columns]`
 */
export function gather(
  values: Values,
  columns: number,
  rows: Int32Array,
  { from, to, shift = 0 }: { from: number; to: number; shift?: number },
): Numbers {
  const taken = new values.type((to - from) * columns);
  for (let row = from; row < to;) {
    const first = rows[row]! + shift;
    let next = row + 1;
    while (next < to && rows[next]! > rows[next - 1]! && (rows[next]! + shift - first) * columns < NEAR) {
      next++;
    }
    const block = values.read(first * columns, (rows[next - 1]! + shift + 1) * columns);
    for (; row < next; row++) {
      const source = (rows[row]! + shift - first) * columns, target = (row - from) * columns;
      for (let column = 0; column < columns; column++) taken[target + column] = block[source + column]!;
    }
  }
  return taken;
}

/**
 * These rows of a matrix, put together where they are read.
 *
 * @param values the matrix, row by row
 * @param columns how many
 * @param rows which ones, `[n]`
 * @param shift added to each of them
 * @returns `[n, columns]`, by ranges
 */
export function takenRows(values: Values, columns: number, rows: Int32Array, shift = 0): Values {
  const read = (from: number, to: number) => {
    const first = Math.floor(from / columns), last = Math.ceil(to / columns);
    const block = gather(values, columns, rows, { from: first, to: last, shift });
    return block.subarray(from - first * columns, to - first * columns);
  };
  return { length: rows.length * columns, type: values.type, read };
}

/**
 * Numbers of one byte each as a file.
 *
 * @param values of one byte each
 * @returns a file of as many bytes
 */
export function sourceOfBytes(values: Values): ByteSource {
  const { length: size, place } = values;
  return {
    size,
    inMemory: false,
    // The next call uses the same memory.
    read: (from, to) => Uint8Array.from(values.read(from, to)),
    fill: (target, from) => target.set(values.read(from, from + target.length)),
    ...(place ? { place: (from: number) => ({ path: place.path, at: place.at + from }) } : {}),
  };
}
