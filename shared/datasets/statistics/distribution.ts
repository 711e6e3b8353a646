/**
 * How numbers are spread: exact quantiles, by sorting.
 * @module
 */

/** Numbers from the least to the largest; `p25` is the quantile at 25 %. */
export interface Distribution {
  min: number;
  p1: number;
  p25: number;
  median: number;
  p75: number;
  p99: number;
  max: number;
  mean: number;
  /** Standard deviation, of the whole and not of a sample. */
  deviation: number;
}

/**
 * The distribution of at least one number; between two of them a quantile is interpolated, as numpy does it.
 *
 * @param values in no order
 * @returns in the units of the values
 */
export function distributionOf(values: ArrayLike<number>): Distribution {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const low = sorted[below]!;
    return low + (place - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - low);
  };
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    min: sorted[0]!,
    p1: at(0.01),
    p25: at(0.25),
    median: at(0.5),
    p75: at(0.75),
    p99: at(0.99),
    max: sorted.at(-1)!,
    mean,
    deviation: Math.sqrt(squares / sorted.length),
  };
}

/**
 * One distribution for each column of `[N, columns]`.
 *
 * @param values `[N, columns]`
 * @param columns how many
 * @returns in the order of the columns
 */
export function distributionsOf(values: Float32Array, columns: number): Distribution[] {
  const rows = values.length / columns;
  const column = new Float64Array(rows);
  return Array.from({ length: columns }, (_, at) => {
    for (let row = 0; row < rows; row++) column[row] = values[row * columns + at]!;
    return distributionOf(column);
  });
}
