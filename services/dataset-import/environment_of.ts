/**
 * Whether this project can simulate the task a dataset comes from.
 * @module
 */
import { type Dataset, DatasetError } from "@cugro/datasets";
import { familyInfo, goalFault } from "@cugro/environments";
import type { EnvironmentRef } from "@cugro/protocol";

/**
 * The simulator's task of a dataset, or null where there is none: then only fidelity and values are measured.
 * @throws {DatasetError} when the family is known but the data cannot come from it
 */
export function findEnvironment(dataset: Dataset, file: string): EnvironmentRef | null {
  const { family, goal } = dataset.metadata;
  const info = family === undefined ? undefined : familyInfo(family);
  if (!info) return null;
  if (info.stateDim !== dataset.stateDim || info.actionDim !== dataset.actionDim) {
    const value = `[${dataset.stateDim}, ${dataset.actionDim}]`;
    throw new DatasetError(
      { file, field: "observations", value },
      `tasks of the family ${family} have states and actions of [${info.stateDim}, ${info.actionDim}] numbers`,
    );
  }
  const fault = goalFault(info, goal ?? []);
  if (fault) {
    throw new DatasetError({ file, field: "@goal", value: goal }, `a goal of the family ${family} ${fault}`);
  }
  return { family: info.family, goal: goal! };
}
