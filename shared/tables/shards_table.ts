/**
 * What stood in for a task's data, as a table: columns as files of datasets have them.
 * @module
 */
import type { Column, Table } from "./table.ts";

/** Pseudo-samples of one old task: `states` `[size, S]`, `actions` `[size, A]`. */
export interface TabledShard {
  states: Float32Array;
  actions: Float32Array;
  size: number;
}

/**
 * The shards below each other: `shard` (its place, from 0), `observations_0 ...`, `actions_0 ...`.
 *
 * @param shards matrices of `[size, S]` and `[size, A]`, row by row
 * @returns a row for each pseudo-sample; no columns of states or actions without shards
 */
export function shardsTable(shards: readonly TabledShard[]): Table {
  const rows = shards.reduce((sum, { size }) => sum + size, 0);
  const number = shards.flatMap(({ size }, shard) => new Array<number>(size).fill(shard));
  const matrix = (name: string, field: "states" | "actions"): Column[] => {
    const [first] = shards;
    const width = first ? first[field].length / first.size : 0;
    return Array.from({ length: width }, (_, column) => ({
      name: `${name}_${column}`,
      type: "single",
      values: columnOf(shards.map((shard) => shard[field]), width, column, rows),
    }));
  };
  const columns: Column[] = [{ name: "shard", type: "whole", values: number }];
  return {
    rows,
    columns: [...columns, ...matrix("observations", "states"), ...matrix("actions", "actions")],
  };
}

function columnOf(parts: readonly Float32Array[], width: number, column: number, rows: number): Float32Array {
  const values = new Float32Array(rows);
  let at = 0;
  for (const part of parts) {
    for (let from = column; from < part.length; from += width) values[at++] = part[from]!;
  }
  return values;
}
