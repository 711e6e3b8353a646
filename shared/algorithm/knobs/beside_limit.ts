/**
 * A figure that breaks a limit, in words: "4.0 times, where 4 are allowed" would say that it does not. Pure.
 * @module
 */

/** Digits after which two doubles that differ are shown as they are. */
const MOST_DIGITS = 12;

/**
 * A figure and the limit that it breaks, as texts that differ as soon as the numbers do: of as few digits as that takes.
 *
 * @param digits after the point, at least. @default 1
 * @param value the figure
 * @param limit that it breaks
 * @returns both as texts, never equal
 */
export function besideLimit(
  value: number,
  limit: number,
  digits = 1,
): { value: string; limit: string } {
  if (!Number.isFinite(value) || !Number.isFinite(limit)) return { value: `${value}`, limit: `${limit}` };
  for (let shown = digits; shown <= MOST_DIGITS; shown++) {
    const texts = { value: value.toFixed(shown), limit: limit.toFixed(shown) };
    if (Number(texts.value) !== Number(texts.limit) || value === limit) {
      return { ...texts, limit: shortest(limit, texts.limit, digits) };
    }
  }
  return { value: `${value}`, limit: `${limit}` };
}

/** A limit of few digits needs no more of them, since the figure beside it has them. */
function shortest(limit: number, shown: string, digits: number): string {
  const few = limit.toFixed(digits);
  return Number(few) === limit ? few : shown;
}
