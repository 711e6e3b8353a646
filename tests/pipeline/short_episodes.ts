/**
 * Small tasks for tests, cut from a dataset's episodes.
 */
import { takeRows } from "@cugro/algorithm";
import { type Dataset, episodesOf } from "@cugro/datasets";

/** The beginnings of a dataset's first episodes; `sign` -1 turns actions and goal round, so that it is another task's. */
export function episodesFrom(
  dataset: Dataset,
  { count, steps, sign = 1 }: { count: number; steps: number; sign?: number },
): Dataset {
  const { stateDim, actionDim, metadata } = dataset;
  const rows = episodesOf(dataset).slice(0, count).flatMap(({ start }) =>
    Array.from({ length: steps }, (_, step) => start + step)
  );
  const take = (array: Float32Array, width: number) => takeRows(array, width, Int32Array.from(rows));
  return {
    states: take(dataset.states, stateDim),
    nextStates: take(dataset.nextStates, stateDim),
    actions: take(dataset.actions, actionDim).map((a) => sign * a),
    rewards: take(dataset.rewards, 1),
    terminals: new Uint8Array(rows.length),
    timeouts: Uint8Array.from(rows, (_, row) => row % steps === steps - 1 ? 1 : 0),
    ...{ size: rows.length, stateDim, actionDim },
    metadata: { ...metadata, horizon: steps, goal: metadata.goal!.map((g) => sign * g) },
  };
}
