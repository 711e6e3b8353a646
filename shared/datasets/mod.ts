/**
 * Datasets in and out: one reader a format, one `Dataset` type, validation that names the fault.
 * @module
 */
export {
  type Dataset,
  DatasetError,
  type DatasetMetadata,
  type DatasetRows,
  type FaultPlace,
} from "./dataset.ts";
export { inMemory, rowsOfDataset } from "./dataset_rows.ts";
export { isFull, NoRoomError } from "./blocks/room.ts";
export { type Rows, rowsIn, type RowsPlace, takeRows, visitBlocks } from "./blocks/block_rows.ts";
export { readDataset } from "./read_dataset.ts";
export { datasetFolder, type Packed, packFolder } from "./formats/pack_folder.ts";
export {
  type OpenDataset,
  type RangeOptions,
  readIsolated,
  readIsolatedFile,
} from "./isolated/read_isolated.ts";
export type { ReadingLimits } from "./isolated/isolation_limits.ts";
export { printable } from "./printable.ts";
export { datasetHash, decodeDataset, encodeDataset, encodeInPieces } from "./stored.ts";
export { type DatasetSummary, type Episode, episodesOf, summarise } from "./dataset_summary.ts";
export { episodeHashes } from "./hash_episodes.ts";
export { MIN_ROWS, validate } from "./validate.ts";
export type { Judged, JudgedRows } from "./assemble.ts";
export { type Notice, NOTICE_CODES, type NoticeCode, type ReadOptions } from "./notice.ts";
export { writeHdf5 } from "./writing/write_hdf5.ts";
export {
  writeDataset,
  WRITTEN_FORMATS,
  type WrittenFormat,
  writtenFormatOf,
} from "./writing/write_dataset.ts";
export type { Sink, WriteOptions } from "./writing/written_fields.ts";
export { type FileError, type FileReport, reportOf, reportOfError } from "./describe.ts";
export { type DatasetStatistics, type DimensionStatistics, statisticsOf } from "./statistics/statistics.ts";
export type { Distribution } from "./statistics/distribution.ts";
export { type Plane, planeOf } from "./statistics/principal_plane.ts";
