/**
 * The name that was most likely meant.
 * @module
 */
import { closest, distance } from "fastest-levenshtein";

/** More letters than this may never be wrong, nor more than a third of the word. */
const MOST_WRONG = 4;

/**
 * The name nearest to a word, in letters that must change; undefined where none is near. Case does not count.
 *
 * @param word what was typed
 * @param names those that exist
 * @returns one of the names, or undefined
 */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const small = word.toLowerCase();
  const nearest = closest(small, names.map((name) => name.toLowerCase()));
  const name = names.find((one) => one.toLowerCase() === nearest)!;
  const wrong = distance(small, nearest);
  return wrong <= Math.min(MOST_WRONG, Math.ceil(Math.max(small.length, nearest.length) / 3))
    ? name
    : undefined;
}

/**
 * A question to end a sentence with, or nothing: `: did you mean criticSteps?`.
 *
 * @param word what was typed
 * @param names those that exist
 * @returns the end of a sentence, or an empty text
 */
export function didYouMean(word: string, names: readonly string[]): string {
  const name = nearestName(word, names);
  return name === undefined ? "" : `: did you mean ${name}?`;
}
