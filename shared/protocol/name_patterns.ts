/**
 * Patterns of learners' names, as tokens and webhooks have them: `*` stands for any characters, also none.
 * @module
 */

/**
 * Whether a name fits a pattern. Takes at most `pattern.length * name.length` steps whatever the pattern: others choose
 * it, and a regular expression with many `.*` could keep the process busy forever.
 *
 * @param pattern `*` stands for any characters
 * @param name any text
 * @returns whether all of the name fits
 */
export function fitsPattern(pattern: string, name: string): boolean {
  let [at, next] = [0, 0];
  // After the last `*` so far, and where in the name what follows it was tried last: earlier ones need no second look.
  let [afterStar, tried] = [-1, 0];
  while (next < name.length) {
    if (pattern[at] === "*") {
      afterStar = ++at;
      tried = next;
    } else if (at < pattern.length && pattern[at] === name[next]) {
      at++;
      next++;
    } else if (afterStar >= 0) {
      at = afterStar;
      next = ++tried;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
