/**
 * Rank correlation. Pure.
 * @module
 */

/**
 * Spearman's rank correlation; ties share their mean rank. Null from fewer than three pairs, or where all of a side are equal.
 *
 * @param pairs values of both sides
 * @returns from -1 to 1
 */
export function spearman(pairs: readonly (readonly [number, number])[]): number | null {
  if (pairs.length < 3) return null;
  const [a, b] = [ranks(pairs.map(([one]) => one)), ranks(pairs.map(([, other]) => other))];
  const middle = (pairs.length + 1) / 2;
  const sum = (of: (i: number) => number) => pairs.reduce((total, _, i) => total + of(i), 0);
  const [aa, bb] = [sum((i) => (a[i]! - middle) ** 2), sum((i) => (b[i]! - middle) ** 2)];
  return aa === 0 || bb === 0 ? null : sum((i) => (a[i]! - middle) * (b[i]! - middle)) / Math.sqrt(aa * bb);
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) =>
    1 + values.filter((other) => other < value).length +
    (values.filter((other) => other === value).length - 1) / 2
  );
}
