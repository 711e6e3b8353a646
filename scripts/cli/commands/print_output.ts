/**
 * Output of commands: tables for people, one JSON document for programs.
 * @module
 */
import type { NoticeFact } from "@cugro/protocol";
import { printTable } from "../terminal_table.ts";

/** Letters of a path: as long as systems allow. */
export const MOST_PATH = 4096;

/**
 * Prints one JSON document on stdout.
 *
 * @param value that JSON can represent
 */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

/** A version's name in the first column of a table. */
export function markOf({ version, parked }: { version: number; parked: boolean }): string | number {
  return parked ? `${version} (parked)` : version;
}

/**
 * Scores as a table: row = version, column = task.
 *
 * @param tasks names of the columns
 * @param rows scores of each version
 */
export function printMatrix(
  tasks: readonly string[],
  rows: readonly { version: number; parked: boolean; scores: readonly (number | null)[] }[],
): void {
  printTable(["version", ...tasks], rows.map((row) => [markOf(row), ...row.scores.map(score)]));
}

/**
 * A score with one decimal, or a dash.
 *
 * @param value points of score
 * @returns such as `98.1`, `–` where there is none
 */
export function score(value: number | null | undefined): string {
  return Number.isFinite(value ?? NaN) ? value!.toFixed(1) : "–";
}

/** A fault in the user's input; its message says what to do. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * A whole number of at least `least` from the command line.
 *
 * @param name of the flag, for the error
 * @param least the smallest allowed
 * @returns parses the flag's text; throws {@link UsageError}
 */
export function wholeNumber(name: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least) return value;
    throw new UsageError(`${name} must be a whole number of at least ${least}: current value is ${text}`);
  };
}

/** A notice in one line: what is implausible, where, and how to correct it. */
export function describeNotice({ field, row, message, advice }: Omit<NoticeFact, "code">): string {
  const place = [field, row === undefined ? undefined : `row ${row}`].filter(Boolean).join(", ");
  return `notice${place ? ` (${place})` : ""}: ${message}. Advice: ${advice}`;
}
