/**
 * Judges the values of a dataset: finite numbers, actions in range, episodes that hang together.
 * @module
 */
import { sameState } from "./assemble.ts";
import { type Dataset, DatasetError } from "./dataset.ts";

/** Fewest transitions a task may have: less cannot be split into training and held-out rows. */
export const MIN_ROWS = 50;
const ACTION_TOLERANCE = 1e-3;

/**
 * Checks a dataset and returns it.
 * @param dataset arrays of agreeing shapes
 * @param file name used in errors
 * @throws {DatasetError} naming file, field, row, column and value of the first fault
 */
export function validate(dataset: Dataset, file: string): Dataset {
  if (dataset.size < MIN_ROWS) {
    throw new DatasetError({ file, value: dataset.size }, `a task needs at least ${MIN_ROWS} transitions`);
  }
  checkFinite(dataset.states, dataset.stateDim, "states", file);
  checkFinite(dataset.nextStates, dataset.stateDim, "nextStates", file);
  checkFinite(dataset.actions, dataset.actionDim, "actions", file);
  checkFinite(dataset.rewards, 1, "rewards", file);
  checkActionRange(dataset, file);
  checkEpisodes(dataset, file);
  return dataset;
}

function checkFinite(values: Float32Array, columns: number, field: string, file: string): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return;
  const place = {
    file,
    field,
    row: Math.floor(index / columns),
    column: index % columns,
    value: values[index],
  };
  throw new DatasetError(place, "every value must be a finite number");
}

function checkActionRange({ actions, actionDim, metadata }: Dataset, file: string): void {
  const limit = metadata.actionLimit ?? 1;
  const index = actions.findIndex((value) => Math.abs(value) > limit + ACTION_TOLERANCE);
  if (index < 0) return;
  const place = {
    file,
    field: "actions",
    row: Math.floor(index / actionDim),
    column: index % actionDim,
    value: actions[index],
  };
  throw new DatasetError(
    place,
    `actions must lie in [-${limit}, ${limit}]; rescale them, or set the attribute action_limit`,
  );
}

function checkEpisodes(
  { states, nextStates, terminals, timeouts, size, stateDim, metadata }: Dataset,
  file: string,
): void {
  const horizon = metadata.horizon ?? Infinity;
  let length = 0;
  for (let row = 0; row < size; row++) {
    length++;
    if (length > horizon) {
      throw new DatasetError(
        { file, field: "timeouts", row, value: length },
        `an episode is longer than the horizon of ${horizon} steps; mark its end in terminals or timeouts`,
      );
    }
    if (terminals[row] || timeouts[row]) {
      length = 0;
    } else if (!sameState(nextStates, row, states, row + 1, stateDim)) {
      throw brokenStep(states, nextStates, row, stateDim, file);
    }
  }
}

function brokenStep(
  states: Float32Array,
  nextStates: Float32Array,
  row: number,
  stateDim: number,
  file: string,
): DatasetError {
  for (let column = 0; column < stateDim; column++) {
    const value = nextStates[row * stateDim + column]!;
    const following = states[(row + 1) * stateDim + column]!;
    if (Math.abs(value - following) > 1e-5 * (1 + Math.abs(value))) {
      return new DatasetError(
        { file, field: "nextStates", row, column, value },
        `the next row starts at ${following} although the episode goes on; mark the end of the episode in timeouts, or mend the next state`,
      );
    }
  }
  return new DatasetError(
    { file, field: "nextStates", row },
    "the next state is not the following row's state",
  );
}
