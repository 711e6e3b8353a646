/**
 * The results matrix as a table: a row for each version and task that it was judged on.
 * @module
 */
import type { CellEstimate, VersionState } from "@cugro/protocol";
import { type ColumnType, type Table, tableOf } from "./table.ts";

/** What the table needs to know of a learner. */
export interface TabledLearner {
  learner: { name: string; seed: number };
  head: number | null;
  tasks: readonly { task: number; name: string }[];
  validVersions: readonly number[];
  versions: readonly {
    version: number;
    task: number;
    state: VersionState;
    row: readonly {
      task: number;
      meanScore: number | null;
      low: number | null;
      high: number | null;
      episodes: number;
      valueEstimate: number | null;
      estimate?: CellEstimate | undefined;
    }[];
  }[];
}

const TYPES = {
  ...{ learner: "text", seed: "number", version: "whole", state: "text", counts: "flag", serving: "flag" },
  ...{ learnt_task: "whole", task: "whole", task_name: "text", score: "number", low: "number" },
  ...{ high: "number", episodes: "whole", value: "number", estimate: "number", estimate_low: "number" },
  ...{ estimate_high: "number" },
} as const satisfies Readonly<Record<string, ColumnType>>;

/**
 * The table of a learner's scores. `counts`: the version is valid, and so a row of the results matrix; `learnt_task`:
 * the task that the version has just learnt; `score` with its 90 % interval `low high` over `episodes`; `value`: the
 * critic's; `estimate`: from data, in points of score.
 *
 * @param learner with its versions and the scores that each of them has
 * @returns a row for each version and task
 */
export function resultsTable({ learner, head, tasks, validVersions, versions }: TabledLearner): Table {
  const rows = versions.flatMap(({ version, task: learnt, state, row }) =>
    row.map(({ task, meanScore, low, high, episodes, valueEstimate, estimate }) => ({
      ...{ learner: learner.name, seed: learner.seed, version, state, learnt_task: learnt, task },
      ...{ counts: validVersions.includes(version), serving: version === head },
      task_name: tasks.find((one) => one.task === task)?.name ?? null,
      ...{ score: meanScore, low, high, episodes, value: valueEstimate },
      ...{ estimate: estimate?.score.mean ?? null, estimate_low: estimate?.score.low ?? null },
      estimate_high: estimate?.score.high ?? null,
    }))
  );
  return tableOf(TYPES, rows);
}
