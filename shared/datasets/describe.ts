/**
 * A judged file as programs read it: one object a file.
 * @module
 */
import type { Judged, JudgedRows } from "./assemble.ts";
import type { DatasetError } from "./dataset.ts";
import { type DatasetSummary, summarise } from "./dataset_summary.ts";
import type { Notice } from "./notice.ts";

/** The fault of a refused file. `code`: a word for programs. */
export interface FileError {
  code: "refused";
  field?: string;
  row?: number;
  message: string;
}

/** The document that `cugro datasets validate --json` prints for a file. */
export type FileReport =
  | { file: string; ok: false; error: FileError; notices: readonly Notice[] }
  | (Omit<DatasetSummary, "stateRange" | "actionRange"> & {
    file: string;
    ok: true;
    notices: readonly Notice[];
    /** How many discrete actions there are, or of how many numbers a continuous one is. */
    actions: { discrete: number } | { continuous: number };
  });

/**
 * The report of a good file.
 *
 * @param file its name
 * @param judged the dataset, and what is implausible about it
 * @returns sizes, returns and notices; JSON of `validate --json`
 */
export function reportOf(file: string, { dataset, notices }: Judged | JudgedRows): FileReport {
  const { stateRange: _states, actionRange: _actions, ...figures } = summarise(dataset);
  const { discreteActions } = dataset.metadata;
  const actions = discreteActions === undefined
    ? { continuous: dataset.actionDim }
    : { discrete: discreteActions };
  return { file, ok: true, notices, ...figures, actions };
}

/**
 * The report of a refused file.
 *
 * @param file its name
 * @param error where it is, and what is wrong
 * @returns the error, with field and row where it has them
 */
export function reportOfError(file: string, { place: { field, row }, message }: DatasetError): FileReport {
  const error: FileError = { code: "refused", message };
  if (field !== undefined) error.field = field;
  if (row !== undefined) error.row = row;
  return { file, ok: false, error, notices: [] };
}
