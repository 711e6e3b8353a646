/**
 * A learner's versions in columns: read again only where something has changed. Pure.
 * @module
 */
import type { History } from "@cugro/client";

/** A version among many. `row`: its place in the columns. */
export interface ListedVersion {
  row: number;
  version: number;
  task: number;
  state: History["versions"]["state"][number];
  isValid: boolean;
  average: number | null;
  tasks: readonly number[];
}

const listed = new WeakMap<History, readonly ListedVersion[]>();

/** The versions, oldest first; of the same history the same list. */
export function versionsOf(history: History): readonly ListedVersion[] {
  const known = listed.get(history);
  if (known) return known;
  const { version, task, state, valid, averagePerformance, tasks } = history.versions;
  const found = version.map((number, row) => ({
    ...{ row, version: number, task: task[row]!, state: state[row]!, isValid: valid[row]! },
    ...{ average: averagePerformance[row]!, tasks: tasks[row]! },
  }));
  listed.set(history, found);
  return found;
}

/** Those that count: neither parked nor withdrawn. */
export function validVersionsOf(history: History): readonly ListedVersion[] {
  return versionsOf(history).filter(({ isValid }) => isValid);
}

/** A column of one task, for some versions. */
export function numbersOf(
  { tasks, cells }: History,
  name: keyof History["cells"],
  task: number,
  versions: readonly ListedVersion[],
): (number | null)[] {
  const column = tasks.findIndex((one) => one.task === task);
  return versions.map(({ row }) => column < 0 ? null : cells[name][row * tasks.length + column] ?? null);
}
