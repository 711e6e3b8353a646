/**
 * The one judgement of what can be trained on: for `validate`, for imports and for training.
 * @module
 */
import { visitBlocks } from "./blocks/block_rows.ts";
import { type Dataset, DatasetError, type DatasetRows, type FaultPlace } from "./dataset.ts";
import { rowsOfDataset } from "./dataset_rows.ts";

/** Fewest transitions a task may have: of fewer, a tenth is too little to judge its replay by. */
export const MIN_ROWS = 80;
const ACTION_TOLERANCE = 1e-3;

/**
 * Checks a dataset and returns it.
 *
 * @param dataset arrays of agreeing shapes and finite values
 * @param file name used in errors
 * @returns the same dataset
 * @throws {DatasetError} naming file, field, row, column and value of the first fault
 */
export function validate<T extends Dataset | DatasetRows>(dataset: T, file: string): T {
  if (dataset.size < MIN_ROWS) {
    throw new DatasetError({ file, value: dataset.size }, `a task needs at least ${MIN_ROWS} transitions`);
  }
  checkActionRange(rowsOfDataset(dataset), file);
  return dataset;
}

function checkActionRange({ actions, actionDim, metadata }: DatasetRows, file: string): void {
  if (metadata.discreteActions !== undefined) return;
  const given = [metadata.actionLimit ?? 1].flat();
  if (given.length > 1 && given.length !== actionDim) {
    const fault = `there must be one limit, or one for each of the ${actionDim} numbers of an action`;
    throw new DatasetError({ file, field: "@action_limit", value: `[${given}]` }, fault);
  }
  const limits = Float64Array.from({ length: actionDim }, (_, i) => given[given.length === 1 ? 0 : i]!);
  const most = limits.map((limit) => limit * (1 + ACTION_TOLERANCE));
  visitBlocks(actions, (from, to) => {
    const block = actions.read(from, to);
    for (let row = from, i = 0; row < to; row++) {
      for (let column = 0; column < actionDim; column++, i++) {
        if (!(Math.abs(block[i]!) > most[column]!)) continue;
        throw beyondLimit({ file, field: "actions", row, column, value: block[i] }, limits[column]!);
      }
    }
  });
}

function beyondLimit(place: FaultPlace, limit: number): DatasetError {
  return new DatasetError(
    place,
    `actions must lie in [-${limit}, ${limit}]; rescale them, or set the attribute action_limit (or --action-limit)`,
  );
}
