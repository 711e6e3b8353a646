/**
 * What the thread of a file and its caller say to each other.
 * @module
 */
import type { Judged } from "../assemble.ts";
import type { RowsPlace } from "../blocks/block_rows.ts";
import type { DatasetRows, FaultPlace } from "../dataset.ts";
import type { ReadOptions } from "../notice.ts";

/** A file to be read, in memory or by ranges. */
export type Request =
  & (
    /** The bytes are handed over. */
    | { bytes: Uint8Array }
    /** The file, and a folder for numbers beyond those that are kept in memory. */
    | { path: string; folder: string; memoryBytes: number; blockBytes: number; withHash: boolean }
  )
  & { file: string; options: ReadOptions };

/** A dataset whose matrices another thread opens where they lie. */
export type PlacedDataset = Omit<DatasetRows, "states" | "actions" | "nextStates"> & {
  states: RowsPlace;
  actions: RowsPlace;
  nextStates: RowsPlace;
};

/** The thread is loaded; then it answers once. */
export type Answer =
  | { ready: true }
  | { judged: Judged }
  | { placed: Omit<Judged, "dataset"> & { dataset: PlacedDataset; hash?: string } }
  | { refused: { place: FaultPlace; fault: string } }
  /** The folder for numbers is full. */
  | { noRoom: true }
  /** Something else was thrown. */
  | { failed: string };
