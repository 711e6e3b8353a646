/**
 * Rows as single numbers: equal rows have equal keys.
 * @module
 */

/** Columns of a row that enter its key: values `[N * columns]` and how many a row has. */
export type KeyPart = readonly [values: Float32Array, columns: number];

/** 53 bits of each row's content (two FNV-1a hashes), `[N]`. */
export function keysOfRows(parts: readonly KeyPart[], size: number): Float64Array {
  const bits = parts.map(([values, columns]) =>
    [new Uint32Array(values.buffer, values.byteOffset, values.length), columns] as const
  );
  const keys = new Float64Array(size);
  for (let row = 0; row < size; row++) keys[row] = keyOf(bits, row);
  return keys;
}

function keyOf(parts: readonly (readonly [Uint32Array, number])[], row: number): number {
  let low = 0x811c9dc5, high = 0x01000193;
  for (let part = 0; part < parts.length; part++) {
    const [bits, columns] = parts[part]!;
    const end = (row + 1) * columns;
    for (let i = row * columns; i < end; i++) {
      // -0 and 0 are one value.
      const word = bits[i] === 0x80000000 ? 0 : bits[i]!;
      low = Math.imul(low ^ word, 0x01000193);
      high = Math.imul(high ^ ((word >>> 7) + low), 0x85ebca6b);
    }
  }
  return (low >>> 0) * 0x200000 + ((high >>> 0) & 0x1fffff);
}

/** How many of the keys are different. */
export function countDifferent(keys: Float64Array): number {
  const sorted = keys.toSorted();
  let different = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) different++;
  return different;
}

/** Rows for which something holds. */
export function rowsWhere(size: number, holds: (row: number) => boolean): number[] {
  const rows: number[] = [];
  for (let row = 0; row < size; row++) if (holds(row)) rows.push(row);
  return rows;
}
