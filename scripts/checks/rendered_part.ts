/**
 * Parts of a README that are rendered: what stands between two marks.
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

/** A part by the name in its marks, and what must stand there. */
export interface RenderedPart {
  name: string;
  part: string;
}

/**
 * Puts parts between the marks that have their names.
 *
 * @returns the document with them; names of those whose marks it lacks, and of those that stood otherwise in it
 */
export function withParts(
  document: string,
  parts: readonly RenderedPart[],
): { text: string; missing: string[]; stale: string[] } {
  const missing: string[] = [], stale: string[] = [];
  let text = document;
  for (const { name, part } of parts) {
    const right = withPart(text, `${openMark(name)}\n`, closeMark(name), part);
    if (right === undefined) missing.push(name);
    else if (right !== text) stale.push(name);
    text = right ?? text;
  }
  return { text, missing, stale };
}

/** Where a part begins. */
export const openMark = (name: string): string => `<!-- ${name}: rendered by \`deno task docs --write\` -->`;
/** And where it ends. */
export const closeMark = (name: string): string => `<!-- end of ${name} -->`;

/** A table in Markdown, after an empty line. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |\n`;
  return `\n${line(head)}|${"---|".repeat(head.length)}\n${rows.map(line).join("")}`;
}
