/**
 * The part of a README that is rendered: what stands between two marks.
 * @module
 */

/**
 * Puts text between two marks, which stay.
 *
 * @returns the document with it, or undefined if it lacks the marks
 */
export function withPart(document: string, start: string, end: string, part: string): string | undefined {
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) return undefined;
  return document.slice(0, from + start.length) + part + document.slice(to);
}
