/**
 * exp in float32: one sequence of additions and multiplications, each rounded, so that it is the same number on every machine
 * and in every kernel. The polynomial is that of Cephes' expf (Moshier); at most 2 units of the last place off.
 * @module
 */

/** The numbers of the sequence; arguments are clamped to [least, greatest], where exp is neither 0 nor infinite. */
export const EXP = {
  least: -87,
  greatest: 88,
  log2e: Math.fround(1.44269504088896341),
  /** Added and taken away, it rounds to a whole number, half to even. */
  rounder: 12_582_912,
  ln2High: Math.fround(0.693359375),
  ln2Low: Math.fround(-2.12194440e-4),
  polynomial: [
    1.9875691500e-4,
    1.3981999507e-3,
    8.3334519073e-3,
    4.1665795894e-2,
    1.6666665459e-1,
    5.0000001201e-1,
  ]
    .map(Math.fround),
} as const;

const POWERS = Float32Array.from({ length: 255 }, (_, i) => 2 ** (i - 127));
const [C0, C1, C2, C3, C4, C5] = EXP.polynomial as [number, number, number, number, number, number];

/**
 * exp of a float32, as a float32.
 *
 * @param x clamped to where the result is a normal number
 * @returns the same bits as the WebAssembly kernel gives
 */
export function expOf(x: number): number {
  const f = Math.fround;
  const atMost = EXP.greatest < x ? EXP.greatest : x;
  const t = atMost < EXP.least ? EXP.least : atMost;
  const n = f(f(f(t * EXP.log2e) + EXP.rounder) - EXP.rounder);
  const r = f(f(t - f(n * EXP.ln2High)) - f(n * EXP.ln2Low));
  let p = f(f(C0 * r) + C1);
  p = f(f(p * r) + C2);
  p = f(f(p * r) + C3);
  p = f(f(p * r) + C4);
  p = f(f(p * r) + C5);
  return f(f(f(f(p * f(r * r)) + r) + 1) * POWERS[n + 127]!);
}
