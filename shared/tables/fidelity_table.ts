/**
 * How far each replay was from real data, as a table: a row for each version and old task.
 * @module
 */
import type { Cell, Column, Table } from "./table.ts";

/** The replay of a task in a version; `fidelity` holds numbers, and lists with a number for each dimension. */
export interface TabledFidelity {
  version: number;
  task: number;
  generation: number;
  allowed: number;
  fidelity: Readonly<Record<string, unknown>>;
}

/**
 * The table: columns of the measures follow, in the order of their names; of a list one a place (`quantileError_0 ...`).
 *
 * @param entries one per version and task
 * @returns a row for each entry; measures that it lacks are null
 */
export function fidelityTable(learner: string, entries: readonly TabledFidelity[]): Table {
  const flat = entries.map(({ fidelity }) => flattened(fidelity));
  const names = [...new Set(flat.flatMap((one) => [...one.keys()]))].sort(byNameAndPlace);
  const whole = (name: "version" | "task" | "generation"): Column => ({
    ...{ name, type: "whole", values: entries.map((entry) => entry[name]) },
  });
  return {
    rows: entries.length,
    columns: [
      { name: "learner", type: "text", values: entries.map(() => learner) },
      ...[whole("version"), whole("task"), whole("generation")],
      { name: "allowed", type: "number", values: entries.map(({ allowed }) => allowed) },
      ...names.map((name): Column => ({
        ...{ name, type: "number", values: flat.map((one): Cell => one.get(name) ?? null) },
      })),
    ],
  };
}

function flattened(fidelity: TabledFidelity["fidelity"]): Map<string, number> {
  const flat = new Map<string, number>();
  for (const [name, value] of Object.entries(fidelity)) {
    if (isNumber(value)) flat.set(name, value);
    if (!Array.isArray(value)) continue;
    value.forEach((one, place) => isNumber(one) && flat.set(`${name}_${place}`, one));
  }
  return flat;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** `b_10` stands after `b_9`. */
function byNameAndPlace(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
