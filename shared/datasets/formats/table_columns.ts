/**
 * Tables: which columns are which array, by convention.
 *
 * A column has the array's name (or one that means the same: `action`, `obs`, `reward`, LeRobot's `observation.state`), and then
 * holds a number or a list a row; or the name and a number (`obs_0 obs_1 ...`, `obs.0`, `obs[0]`), and then it is one column of it.
 * @module
 */
import { DatasetError, type RawArray } from "../dataset.ts";
import { FIELD_NAMES, type FieldName } from "../field_names.ts";
import { besideEachOther, type Matrix } from "./matrix.ts";

/** Further names than those that every format may use. */
const FURTHER: Partial<Record<FieldName, readonly string[]>> = {
  states: ["observation.state", "observation", "obs", "state"],
  actions: ["action", "act"],
  rewards: ["next.reward", "reward", "rew"],
  nextStates: ["next_observation", "next_obs", "next_state"],
  terminals: ["terminal", "termination"],
  timeouts: ["next.truncated", "truncation"],
  dones: ["next.done"],
  episodeIds: ["episode"],
  success: ["next.success", "is_success"],
};
const NUMBERED = /^(.+?)(?:_|\.|\[)?(\d{1,5})\]?$/;
const MOST_NAMES = 100_000;

/** Array -> the columns that it is made of, in order. */
export type Parts = Map<string, string[]>;

/**
 * Chooses columns.
 *
 * @param names of all columns
 * @param wanted names of arrays; others than the known ones are columns themselves
 * @param file named in errors
 * @returns columns by array, in their order
 * @throws {DatasetError} where a numbered column is missing, or a name stands there twice
 */
export function chooseColumns(names: readonly string[], wanted: ReadonlySet<string>, file: string): Parts {
  if (names.length > MOST_NAMES) {
    throw new DatasetError({ file, value: names.length }, "it has too many columns");
  }
  const all = new Set<string>();
  for (const name of names) {
    if (all.has(name) && isUsed(name, wanted)) {
      throw new DatasetError({ file, field: name }, "there are two columns of this name");
    }
    all.add(name);
  }
  const numbered = numberedColumns(names);
  const parts: Parts = new Map();
  const known = new Set<string>();
  for (const role of Object.keys(FIELD_NAMES) as FieldName[]) {
    const bases = [...FIELD_NAMES[role], ...FURTHER[role] ?? []];
    if (!wanted.has(FIELD_NAMES[role][0])) continue;
    for (const base of FIELD_NAMES[role]) known.add(base);
    const base = bases.find((name) => all.has(name) || numbered.has(name));
    if (base === undefined) continue;
    if (!all.has(base)) parts.set(FIELD_NAMES[role][0], inOrder(numbered.get(base)!, base, file));
    // A name that every format may use stays, as a map or a message may speak of it.
    else parts.set(known.has(base) ? base : FIELD_NAMES[role][0], [base]);
  }
  for (const name of wanted) if (!known.has(name) && all.has(name)) parts.set(name, [name]);
  return parts;
}

function isUsed(name: string, wanted: ReadonlySet<string>): boolean {
  const bases = Object.values(FIELD_NAMES).flat() as string[];
  return wanted.has(name) || [...bases, ...Object.values(FURTHER).flat()].includes(name);
}

/**
 * Whether something in a file is read, by its name: an array's, in any format, alone or with a number; a part of the observations; or
 * one that is wanted besides, and what it lies in.
 *
 * @param name of an array or column
 * @param wanted names of arrays, and of further fields
 * @returns true where it is read
 */
export function isTaken(name: string, wanted: ReadonlySet<string>): boolean {
  const base = NUMBERED.exec(name)?.[1] ?? name;
  return isUsed(name, wanted) || isUsed(base, wanted) || name.startsWith(`${FIELD_NAMES.states[0]}.`) ||
    [...wanted].some((path) => path.startsWith(`${name}/`));
}

function numberedColumns(names: readonly string[]): Map<string, [number, string][]> {
  const found = new Map<string, [number, string][]>();
  for (const name of names) {
    const [, base, number] = NUMBERED.exec(name) ?? [];
    if (base === undefined) continue;
    if (!found.has(base)) found.set(base, []);
    found.get(base)!.push([Number(number), name]);
  }
  return found;
}

/** From 0 or 1 on, without a gap. */
function inOrder(columns: readonly [number, string][], base: string, file: string): string[] {
  const sorted = columns.toSorted(([a], [b]) => a - b);
  const first = sorted[0]![0] === 1 ? 1 : 0;
  const gap = sorted.findIndex(([number], i) => number !== first + i);
  if (gap >= 0) {
    const fault = `the columns of ${base} must be numbered from 0 or 1 without a gap`;
    throw new DatasetError({ file, field: sorted[gap]![1] }, fault);
  }
  return sorted.map(([, name]) => name);
}

/**
 * Columns side by side as an array `[N, width]`, also where a row is one number: states of one number are rows, too.
 *
 * @param columns of as many rows
 * @returns `[N, width]`
 */
export function arrayOfColumns(columns: readonly Matrix[]): RawArray {
  const { rows, width, data, integer } = besideEachOther(columns);
  return { shape: [rows, width], data, integer };
}
