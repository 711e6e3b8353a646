/**
 * What a learner has come to as flat tables, for other tools: results, fidelity and losses, as CSV or Parquet.
 * @module
 */
export { type LossCurve, lossesOf, lossesTable } from "./losses_table.ts";
export { fidelityTable, type TabledFidelity } from "./fidelity_table.ts";
export { resultsTable, type TabledLearner } from "./results_table.ts";
export { shardsTable, type TabledShard } from "./shards_table.ts";
export type { Cell, Column, ColumnType, Table } from "./table.ts";
export { MEDIA_TYPES, TABLE_FORMATS, type TableFormat, writeTable } from "./write_table.ts";
