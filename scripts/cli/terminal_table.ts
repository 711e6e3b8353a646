/**
 * Tables as wide as the terminal: where columns do not fit, the widest texts are broken into lines.
 * @module
 */
import process from "node:process";

type Cell = string | number;
/** No column of text is made narrower. */
const NARROWEST = 10;
const GAP = "  ";

/**
 * Prints rows in columns as wide as their widest cell; numbers are right-aligned. On a terminal no line is longer than that
 * is wide; in a file or pipe none is broken.
 * @param none printed where there are no rows
 */
export function printTable(head: readonly string[], rows: readonly (readonly Cell[])[], none = "none"): void {
  if (rows.length === 0) return console.log(none);
  const width = process.stdout.isTTY ? process.stdout.columns : undefined;
  for (const line of tableLines(head, rows, width)) console.log(line);
}

/**
 * The lines of a table.
 * @param width columns of the terminal; undefined: no cell is broken
 * @returns head, rule and rows; wider than `width` only where all columns are as narrow as they may be
 */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  width?: number,
): string[] {
  const text = rows.map((row) => head.map((_, column) => String(row[column] ?? "")));
  const natural = head.map((title, column) =>
    Math.max(title.length, ...text.map((row) => row[column]!.length))
  );
  const numeric = head.map((_, column) => rows.every((row) => isNumber(row[column])));
  const widths = width === undefined ? natural : fit(natural, numeric, width);
  const lines = (cells: readonly string[]) => {
    const broken = cells.map((cell, column) => breakText(cell, widths[column]!));
    return Array.from(
      { length: Math.max(...broken.map(({ length }) => length)) },
      (_, line) =>
        broken.map((parts, column) => {
          const part = parts[line] ?? "";
          return numeric[column] ? part.padStart(widths[column]!) : part.padEnd(widths[column]!);
        }).join(GAP).trimEnd(),
    );
  };
  return [...lines(head), widths.map((one) => "-".repeat(one)).join(GAP), ...text.flatMap(lines)];
}

const isNumber = (cell: Cell | undefined) =>
  typeof cell === "number" || /^[-–+]?[\d.,%]*(e[-+]\d+)?$/.test(String(cell));

/** Takes from the widest column of text, again and again, until all fit. */
function fit(natural: readonly number[], numeric: readonly boolean[], width: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1));
  while (total() > width) {
    const widest = widths.reduce(
      (best, one, column) => !numeric[column] && one > (widths[best] ?? NARROWEST) ? column : best,
      -1,
    );
    if (widest < 0) break;
    widths[widest]!--;
  }
  return widths;
}

/** Lines of at most `width` letters, broken between words where that can be. */
function breakText(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const at = space > 0 ? space : width;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}
