/**
 * Rows as single numbers: equal rows have equal keys. Eight bytes stand for a row, however wide it is.
 * @module
 */
import { type Rows, visitBlocks } from "../blocks/block_rows.ts";

/**
 * 53 bits of each row's content (two FNV-1a hashes), `[N]`.
 *
 * @param parts matrices whose rows are one row together
 * @returns whole numbers
 */
export function keysOfRows(parts: readonly Rows[]): Float64Array {
  const all = new Float64Array(parts[0]!.size);
  visitKeys(parts, (keys, from) => all.set(keys, from));
  return all;
}

/** @param visit gets the keys of a block and their upper halves */
function visitKeys(
  parts: readonly Rows[],
  visit: (keys: Float64Array, from: number, lows: Uint32Array) => void,
): void {
  const [first] = parts;
  const { blockRows } = first!;
  const lows = new Uint32Array(blockRows),
    highs = new Uint32Array(blockRows),
    keys = new Float64Array(blockRows);
  visitBlocks(first!, (from, to) => {
    const low = lows.subarray(0, to - from).fill(BASIS), high = highs.subarray(0, to - from).fill(PRIME);
    for (const part of parts) addKeys(bitsOf(part.read(from, to)), part.columns, low, high);
    for (let i = 0; i < low.length; i++) keys[i] = low[i]! * 0x200000 + (high[i]! & 0x1fffff);
    visit(keys.subarray(0, to - from), from, low);
  });
}

/**
 * The key of one row, given alone.
 *
 * @param row `[columns]`
 * @returns a whole number of 53 bits
 */
export function keyOf(row: Float32Array): number {
  const low = Uint32Array.of(BASIS), high = Uint32Array.of(PRIME);
  addKeys(bitsOf(row), row.length, low, high);
  return low[0]! * 0x200000 + (high[0]! & 0x1fffff);
}

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

function addKeys(bits: Uint32Array, columns: number, lows: Uint32Array, highs: Uint32Array): void {
  for (let row = 0, i = 0; row < lows.length; row++) {
    let low = lows[row]!, high = highs[row]!;
    for (const end = i + columns; i < end; i++) {
      // -0 and 0 are one value.
      const word = bits[i] === 0x80000000 ? 0 : bits[i]!;
      low = Math.imul(low ^ word, PRIME);
      high = Math.imul(high ^ ((word >>> 7) + low), 0x85ebca6b);
    }
    lows[row] = low;
    highs[row] = high;
  }
}

/**
 * How many of the values are different; they are sorted where they lie.
 *
 * @param values `[n]`
 * @returns 0 to n
 */
export function countDifferent(values: Float32Array | Float64Array): number {
  values.sort();
  let different = 0;
  for (let i = 0; i < values.length; i++) if (i === 0 || values[i] !== values[i - 1]) different++;
  return different;
}

/** Keys that are held at once while rows are counted. */
const MOST_KEYS = 3 * 2 ** 22;

/** More keys of a round than its share. */
const SPARE = 2 ** 16;

/**
 * How many rows are different, by their keys. More rows than are held at once are counted in several rounds, in each of which
 * a share of the keys is looked at.
 *
 * @param parts matrices whose rows are one row together
 * @param mostKeys keys that are held at once
 * @returns 0 to N
 */
export function countDifferentRows(parts: readonly Rows[], mostKeys = MOST_KEYS): number {
  const { size } = parts[0]!;
  const rounds = Math.ceil(size / mostKeys);
  let different = 0;
  const found = growing(Math.min(size, Math.ceil(size / rounds) + SPARE));
  for (let round = 0; round < rounds; round++) {
    visitKeys(parts, (keys, _from, lows) => {
      for (let i = 0; i < keys.length; i++) if (lows[i]! % rounds === round) found.add(keys[i]!);
    });
    different += countDifferent(found.take());
  }
  return different;
}

function growing(room: number) {
  let values = new Float64Array(room);
  let count = 0;
  return {
    add(value: number): void {
      if (count === values.length) {
        const larger = new Float64Array(Math.ceil(1.5 * count) + 1);
        larger.set(values);
        values = larger;
      }
      values[count++] = value;
    },
    /** The added keys; used before more are added. */
    take(): Float64Array {
      const taken = values.subarray(0, count);
      count = 0;
      return taken;
    },
  };
}

/**
 * Whether a value is among sorted ones.
 *
 * @param sorted rising, `[n]`
 * @param value any number
 * @returns found by halving
 */
export function isAmong(sorted: Float64Array, value: number): boolean {
  let from = 0, to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return sorted[from] === value;
}

/**
 * Rows for which something holds.
 *
 * @param size rows in all
 * @param holds asked for each row, in order
 * @returns rising
 */
export function rowsWhere(size: number, holds: (row: number) => boolean): number[] {
  const rows: number[] = [];
  for (let row = 0; row < size; row++) if (holds(row)) rows.push(row);
  return rows;
}
