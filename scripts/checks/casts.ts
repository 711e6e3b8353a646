/**
 * Casts through `unknown` switch the compiler off: outside tests each says why, by `// cast: reason` on its line or the
 * one before.
 * @module
 */

const REASON = /\/\/ cast: \S/;

/** Faults of a file's text. `path`: as it is named in them. */
export function castFaults(path: string, text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, i) => {
    const code = line.replace(/\/\/.*$|^\s*\*.*$/, "");
    if (!/\bas unknown as\b/.test(code) || REASON.test(line) || REASON.test(lines[i - 1] ?? "")) return [];
    return [
      `${path}:${i + 1} casts through unknown: say why by "// cast: reason" on that line or the one before`,
    ];
  });
}
