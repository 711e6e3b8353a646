/**
 * What versions have shown, task by task: the one place that says it for `run`, `status`, `versions`, the report and HTTP.
 * @module
 */
import type { CellEstimate, VersionState } from "@cugro/protocol";

/** A cell of a version's row, as far as it is shown. */
export interface Cell {
  task: number;
  meanScore: number | null;
  valueEstimate: number | null;
  estimate?: CellEstimate | undefined;
}

/** Results of a version: a column a task, in the order of the tasks; null where there is nothing. */
export interface Shown {
  version: number;
  /** Parked, and not let through since: it counts for nothing, and a person may decide otherwise. */
  parked: boolean;
  scores: (number | null)[];
  /** Of the critic, in the task's units of reward; null too where there is a score, which says more. */
  values: (number | null)[];
  estimates: (CellEstimate | null)[];
}

/**
 * What one version has shown of these tasks.
 *
 * @param tasks the columns
 * @param version its number, state and row
 * @returns scores, values and estimates in the order of the tasks; null where there is none
 */
export function shownBy(
  { version, state, row }: { version: number; state: VersionState; row: readonly Cell[] },
  tasks: readonly { task: number }[],
): Shown {
  const cells = tasks.map(({ task }) => row.find((cell) => cell.task === task));
  return {
    version,
    parked: state === "parked",
    scores: cells.map((cell) => cell?.meanScore ?? null),
    values: cells.map((cell) => cell && cell.meanScore === null ? cell.valueEstimate : null),
    estimates: cells.map((cell) => cell?.estimate ?? null),
  };
}

/**
 * What the versions that count, and those that are parked, have shown: what there is to decide by.
 *
 * @param learner its versions and tasks
 * @returns oldest first
 */
export function shownVersions(
  { versions, validVersions, tasks }: {
    versions: readonly Parameters<typeof shownBy>[0][];
    validVersions: readonly number[];
    tasks: readonly { task: number }[];
  },
): Shown[] {
  return versions.map((version) => shownBy(version, tasks))
    .filter(({ version, parked }) => parked || validVersions.includes(version));
}
