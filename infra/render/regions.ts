/**
 * Rendered parts of files that are otherwise written by hand. A part lies between two comments:
 *
 * ```yaml
 * # rendered: NAME
 * # end of NAME
 * ```
 * @module
 */

/**
 * The text with the part between its two comments replaced.
 *
 * @throws {RangeError} naming the file and the comment that it lacks.
 */
export function fillRegion(text: string, file: string, name: string, part: string): string {
  const lines = text.split("\n");
  const find = (comment: string): number => {
    const at = lines.findIndex((line) => line.trim().startsWith(comment));
    if (at >= 0) return at;
    throw new RangeError(`${file} must have the comment ${JSON.stringify(comment)}`);
  };
  const [start, end] = [find(`# rendered: ${name}`), find(`# end of ${name}`)];
  return [...lines.slice(0, start + 1), ...part.replace(/\n$/, "").split("\n"), ...lines.slice(end)].join(
    "\n",
  );
}
