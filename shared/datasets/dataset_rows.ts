/**
 * A dataset in memory and one whose matrices are read by rows: each as the other.
 * @module
 */
import { allRows, rowsIn } from "./blocks/block_rows.ts";
import type { Dataset, DatasetRows } from "./dataset.ts";

/**
 * The matrices of a dataset as rows; those in memory are not copied.
 *
 * @param dataset in memory, or as rows already
 * @returns the same flags and metadata
 */
export function rowsOfDataset(dataset: Dataset | DatasetRows): DatasetRows {
  if (!isInMemory(dataset)) return dataset;
  const { states, actions, nextStates, stateDim, actionDim } = dataset;
  return {
    ...dataset,
    states: rowsIn(states, stateDim),
    actions: rowsIn(actions, actionDim),
    nextStates: rowsIn(nextStates, stateDim),
  };
}

/**
 * The whole dataset in memory; matrices that are there already are not copied.
 *
 * @param dataset as rows
 * @returns the same flags and metadata
 */
export function inMemory(dataset: DatasetRows): Dataset {
  const { states, actions, nextStates } = dataset;
  return {
    ...dataset,
    states: allRows(states),
    actions: allRows(actions),
    nextStates: allRows(nextStates),
  };
}

function isInMemory(dataset: Dataset | DatasetRows): dataset is Dataset {
  return dataset.states instanceof Float32Array;
}
