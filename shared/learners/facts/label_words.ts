/**
 * Labels and their values in words.
 * @module
 */
import {
  LABEL_NAMES,
  type LabelFact,
  type LabelName,
  type LabelValues,
  type TaskFact,
} from "@cugro/protocol";
import { type Value, valuesOf } from "./labelled_tasks.ts";

/**
 * Values as flags of `cugro relabel`.
 *
 * @param values by name
 * @returns such as `--set goal=2`
 */
export function labelFlags(values: LabelValues): string {
  return entriesOf(values).map(([name, value]) => `--set ${name}=${textOf(value)}`).join(" ");
}

/**
 * Values in words: `goal 1 -> 2`.
 *
 * @param label values as set, and before
 * @returns changes with commas between them
 */
export function describeChange({ set, before }: Pick<LabelFact, "set" | "before">): string {
  return entriesOf(set).map(([name, value]) =>
    `${name.replaceAll("_", " ")} ${textOf(before[name])} -> ${textOf(value)}`
  ).join(", ");
}

/**
 * What a file says otherwise, in words: `goal: 1 now, 2 in the file`.
 *
 * @param file values of the file
 * @param task as it stands
 * @returns differences with semicolons between them
 */
export function describeDenied(file: LabelValues, task: TaskFact): string {
  const now = valuesOf(task);
  return entriesOf(file).map(([name, value]) =>
    `${name}: ${textOf(now[name])} now, ${textOf(value)} in the file`
  ).join("; ");
}

function entriesOf(values: LabelValues): [LabelName, Value][] {
  return LABEL_NAMES.flatMap((name) => name in values ? [[name, values[name]] as [LabelName, Value]] : []);
}

function textOf(value: Value): string {
  if (value === null || value === undefined) return "none";
  return Array.isArray(value) ? value.join(",") : String(value);
}
