/**
 * The one judgement of what can be trained on: for `validate`, for imports and for training.
 * @module
 */
import { type Dataset, DatasetError } from "./dataset.ts";

/** Fewest transitions a task may have: of fewer, a tenth is too little to judge its replay by. */
export const MIN_ROWS = 80;
const ACTION_TOLERANCE = 1e-3;

/**
 * Checks a dataset and returns it.
 * @param dataset arrays of agreeing shapes and finite values
 * @param file name used in errors
 * @throws {DatasetError} naming file, field, row, column and value of the first fault
 */
export function validate(dataset: Dataset, file: string): Dataset {
  if (dataset.size < MIN_ROWS) {
    throw new DatasetError({ file, value: dataset.size }, `a task needs at least ${MIN_ROWS} transitions`);
  }
  checkActionRange(dataset, file);
  return dataset;
}

function checkActionRange({ actions, actionDim, metadata }: Dataset, file: string): void {
  if (metadata.discreteActions !== undefined) return;
  const limits = [metadata.actionLimit ?? 1].flat();
  if (limits.length > 1 && limits.length !== actionDim) {
    const fault = `there must be one limit, or one for each of the ${actionDim} numbers of an action`;
    throw new DatasetError({ file, field: "@action_limit", value: `[${limits}]` }, fault);
  }
  const limitOf = (index: number) => limits[limits.length === 1 ? 0 : index % actionDim]!;
  const index = actions.findIndex((value, i) => Math.abs(value) > limitOf(i) * (1 + ACTION_TOLERANCE));
  if (index < 0) return;
  const limit = limitOf(index);
  const place = {
    file,
    field: "actions",
    row: Math.floor(index / actionDim),
    column: index % actionDim,
    value: actions[index],
  };
  throw new DatasetError(
    place,
    `actions must lie in [-${limit}, ${limit}]; rescale them, or set the attribute action_limit (or --action-limit)`,
  );
}
