/**
 * What a dataset's task can be run in: a simulator of this project, or Gymnasium.
 * @module
 */
import { DatasetError, type DatasetRows, type Notice } from "@cugro/datasets";
import { findTask } from "@cugro/environments";
import { TRUST_ADVICE } from "@cugro/environments/gymnasium";
import { type EnvironmentRef, faultOfGymnasium } from "@cugro/protocol";

/**
 * The simulator's task of a dataset, or null where there is none: then only fidelity and values are measured.
 *
 * @param dataset its attributes, S and A
 * @param file name used in errors
 * @returns family and goal, or an environment of Gymnasium
 * @throws {DatasetError} when the family is known but the data cannot come from it
 */
export function findEnvironment(
  dataset: Pick<DatasetRows, "metadata" | "stateDim" | "actionDim">,
  file: string,
): EnvironmentRef | null {
  const { family, goal, environment } = dataset.metadata;
  const found = findTask({ family, goal }, dataset);
  if ("task" in found) return found.task ?? environment ?? null;
  const value = found.of === "goal" ? goal : `[${dataset.stateDim}, ${dataset.actionDim}]`;
  const field = found.of === "goal" ? "@goal" : "observations";
  throw new DatasetError({ file, field, value }, found.fault);
}

/**
 * Why what a stranger's file names is not run, where it is not.
 *
 * @param environment that a file names
 * @returns a notice, or undefined where it is run
 */
export function noticeOfEnvironment(environment: EnvironmentRef | null): Notice | undefined {
  const fault = environment && "gymnasium" in environment ? faultOfGymnasium(environment) : undefined;
  if (fault === undefined) return undefined;
  return {
    code: "environment-not-run",
    field: "@environment",
    message: `the environment that the file names is not run as ${fault}; it is learnt without true returns`,
    advice: `name one with --gymnasium; ${TRUST_ADVICE}`,
  };
}
