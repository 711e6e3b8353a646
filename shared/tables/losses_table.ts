/**
 * Losses of trainings: read from the artifacts of jobs that are done, and as a table with a row a point.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import type { JobStatus } from "@cugro/learners";
import type { JobKind } from "@cugro/protocol";
import { getArtifact, MissingInputError, type Store } from "@cugro/store";
import { type ColumnType, type Table, tableOf } from "./table.ts";

/** A curve of one training. `task`: the one that was learnt. */
export interface LossCurve {
  task: number;
  kind: JobKind;
  job: string;
  name: string;
  steps: number[];
  values: (number | null)[];
}

const READ_AT_ONCE = 8;
const TYPES = {
  ...{ learner: "text", task: "whole", kind: "text", job: "text", curve: "text", step: "whole" },
  loss: "number",
} as const satisfies Readonly<Record<string, ColumnType>>;

/**
 * The curves of a learner's jobs that are done, in the order of the jobs. Those that garbage collection has removed, or that are damaged, are left out.
 *
 * @param jobs of which those without curves have none
 * @returns a curve for each loss, its values beside its steps
 */
export async function lossesOf(
  store: Store,
  jobs: readonly Pick<JobStatus, "id" | "kind" | "task" | "outputs">[],
): Promise<LossCurve[]> {
  const read = await mapConcurrently([...jobs], READ_AT_ONCE, async ({ id, kind, task, outputs }) => {
    const artifact = outputs.curves?.artifact;
    if (artifact === undefined || task === null) return [];
    const list = await curvesIn(store, artifact);
    return list.map(({ name, steps, values }) => ({ task, kind, job: id, name, steps, values }));
  });
  return read.flat();
}

/** What is lost keeps nobody from the rest. */
async function curvesIn(
  store: Store,
  artifact: string,
): Promise<Pick<LossCurve, "name" | "steps" | "values">[]> {
  try {
    return JSON.parse(new TextDecoder().decode(await getArtifact(store, artifact)));
  } catch (error) {
    if (error instanceof MissingInputError) return [];
    throw error;
  }
}

/**
 * The table of some curves, a row for each point.
 *
 * @param curves of {@link lossesOf}
 * @returns columns `learner task kind job curve step loss`
 */
export function lossesTable(learner: string, curves: readonly LossCurve[]): Table {
  const rows = curves.flatMap(({ task, kind, job, name, steps, values }) =>
    steps.map((step, point) => ({
      ...{ learner, task, kind, job, curve: name, step, loss: values[point] ?? null },
    }))
  );
  return tableOf(TYPES, rows);
}
