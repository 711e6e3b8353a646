/**
 * Steps between rows: whether the next state of a row is the state of the row after it.
 * @module
 */
import { type Rows, visitBlocks } from "./blocks/block_rows.ts";

/**
 * Whether row `i` of `a` and row `j` of `b` are the same state up to float32 rounding.
 *
 * @param a `[rows, columns]`
 * @param i row of `a`
 * @param b `[rows, columns]`
 * @param j row of `b`
 * @param columns how many
 * @returns false where one is not a number
 */
export function sameState(a: Float32Array, i: number, b: Float32Array, j: number, columns: number): boolean {
  const end = (i + 1) * columns;
  for (let at = i * columns, other = j * columns; at < end; at++, other++) {
    const left = a[at]!;
    // Not "greater": NaN equals nothing.
    if (!(Math.abs(left - b[other]!) <= 1e-5 * (1 + Math.abs(left)))) return false;
  }
  return true;
}

/**
 * 1 at rows whose next state is the following row's, `[N]`; the last row has none.
 *
 * @param states `[N, S]`
 * @param nextStates `[N, S]`
 * @returns flags
 */
export function leadsOn(states: Rows, nextStates: Rows): Uint8Array {
  const { size, columns } = states;
  const flags = new Uint8Array(size);
  visitBlocks(states, (from, to) => {
    const following = states.read(Math.min(from + 1, to), Math.min(size, to + 1));
    const block = nextStates.read(from, to);
    const last = Math.min(size - 1, to) - from;
    for (let i = 0; i < last; i++) if (sameState(block, i, following, i, columns)) flags[from + i] = 1;
  });
  return flags;
}

/**
 * Whether the state at row `i` is that of row `j`.
 *
 * @param a `[rows, columns]`
 * @param i row of `a`
 * @param b `[rows, columns]`
 * @param j row of `b`
 * @returns up to float32 rounding
 */
export function sameRows(a: Rows, i: number, b: Rows, j: number): boolean {
  const left = a.read(i, i + 1).slice();
  return sameState(left, 0, b.read(j, j + 1), 0, a.columns);
}
