/**
 * All versions of a learner as columns of numbers.
 * @module
 */
import type { History } from "@cugro/client/schemas";
import type { LearnerOverview } from "@cugro/learners";
import { sha256 } from "@cugro/protocol";
import { pendingView } from "./views.ts";

/** Digits of numbers. */
const DIGITS = 6;
/** Of the hash that the mark is. */
const MARK_LETTERS = 24;

/**
 * The columns as JSON, marked by what they are.
 *
 * @param status of the learner
 * @returns the body of an answer, and its mark
 */
export function historyJson(status: LearnerOverview): { mark: string; json: string } {
  const json = JSON.stringify(historyView(status));
  const mark = sha256(json).slice(0, MARK_LETTERS);
  return { mark, json: `{"mark":"${mark}",${json.slice(1)}` };
}

/**
 * The columns.
 *
 * @param status of the learner
 * @returns as `GET /v1/learners/NAME/history` answers, without the mark
 */
export function historyView(status: LearnerOverview): Omit<History, "mark"> {
  const { learner, tasks, versions, validVersions } = status;
  const valid = new Set(validVersions);
  return {
    learner: learner.name,
    tasks: tasks.map(({ task, name }) => ({ task, name })),
    versions: {
      version: versions.map(({ version }) => version),
      task: versions.map(({ task }) => task),
      parent: versions.map(({ parent }) => parent),
      state: versions.map(({ state }) => state),
      valid: versions.map(({ version }) => valid.has(version)),
      averagePerformance: versions.map(({ measures }) => rounded(measures.averagePerformance)),
      allowedDistance: allowedDistances(status),
      tasks: versions.map(({ tasks }) => tasks),
    },
    cells: cellColumns(status),
    pending: pendingView(status.pending),
    newestJobs: versions.at(-1)?.jobs ?? [],
  };
}

type Columns = History["cells"];

/** Row by row, so that a version's numbers stand together. */
function cellColumns(status: LearnerOverview): Columns {
  const { tasks, versions, fidelity } = status;
  const width = tasks.length;
  const empty = () => Array<number | null>(versions.length * width).fill(null);
  const columns: Columns = {
    ...{ score: empty(), low: empty(), high: empty(), episodes: empty(), value: empty(), estimate: empty() },
    ...{ lowest: empty(), best: empty(), distance: empty() },
  };
  const columnOf = new Map(tasks.map(({ task }, column) => [task, column]));
  const rowOf = new Map(versions.map(({ version }, row) => [version, row]));
  const put = (name: keyof Columns, at: number, value: number | null | undefined) => {
    columns[name][at] = rounded(value ?? null);
  };
  versions.forEach(({ row }, index) => {
    for (const cell of row) {
      const column = columnOf.get(cell.task);
      if (column === undefined) continue;
      const at = index * width + column;
      put("score", at, cell.meanScore);
      put("low", at, cell.low);
      put("high", at, cell.high);
      put("episodes", at, cell.episodes);
      put("value", at, cell.valueEstimate);
      put("estimate", at, cell.estimate?.score.mean);
    }
  });
  putBounds(status, columns);
  for (const replay of fidelity) {
    const column = columnOf.get(replay.task);
    if (column !== undefined) {
      put("distance", rowOf.get(replay.version)! * width + column, timesFloor(replay));
    }
  }
  return columns;
}

/** Adds the gate's bounds for valid versions. */
function putBounds({ tasks, versions, validVersions, bounds }: LearnerOverview, columns: Columns): void {
  const rowOf = new Map(versions.map(({ version }, row) => [version, row]));
  validVersions.forEach((version, place) =>
    bounds[place]?.forEach((bound, column) => {
      const at = rowOf.get(version)! * tasks.length + column;
      columns.lowest[at] = rounded(bound?.lowest ?? null);
      columns.best[at] = rounded(bound?.best ?? null);
    })
  );
}

/** In multiples of the distance that real rows have from each other. */
function timesFloor({ fidelity }: LearnerOverview["fidelity"][number]): number | null {
  const { slicedWasserstein: distance, slicedWassersteinFloor: floor } = fidelity;
  return typeof distance === "number" && typeof floor === "number" && floor > 0 ? distance / floor : null;
}

function allowedDistances({ versions, fidelity }: LearnerOverview): (number | null)[] {
  const allowed = new Map(fidelity.map((replay) => [replay.version, replay.allowed]));
  return versions.map(({ version }) => allowed.get(version) ?? null);
}

/** What no JSON has is not told. */
function rounded(value: number | null): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
}
