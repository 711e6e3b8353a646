/**
 * One task's transitions as this project holds them, and the error that every fault of a file becomes.
 * @module
 */
import type { Numbers, Values } from "@cugro/hdf5";
import type { GymnasiumSpec } from "@cugro/protocol";
import type { Rows } from "./blocks/block_rows.ts";
import type { Notice } from "./notice.ts";
import { printable } from "./printable.ts";

/** A file's metadata beside its arrays. All optional: a dataset without them is valid. */
export interface DatasetMetadata {
  /** Name of the environment, e.g. `HalfCheetah-v5`. */
  env?: string;
  /** Task family and goal of an environment this project can simulate or name. */
  family?: string;
  goal?: number[];
  /** Steps after which an episode is cut. */
  horizon?: number;
  /** Mean undiscounted episode return of uniform random actions, and of the data's good policy. */
  returnRandom?: number;
  returnFinalPolicy?: number;
  /** Largest absolute action allowed, or one for each number of an action; 1 unless the file says otherwise. */
  actionLimit?: number | number[];
  /** Number of discrete actions; the actions are one-hot rows then. Absent: actions are continuous. */
  discreteActions?: number;
  /** The rule that rewards were made by, where the file has none. */
  reward?: string;
  /** The environment of Gymnasium that the data was made in. Nothing is known yet of whether it may be run. */
  environment?: GymnasiumSpec;
}

/** D_k: N transitions in the order of time, episodes one after the other, in raw physical units. */
export interface Dataset {
  /** s `[N, S]` */
  states: Float32Array;
  /** a `[N, A]`; one-hot where `metadata.discreteActions` says how many there are */
  actions: Float32Array;
  /** r `[N]` */
  rewards: Float32Array;
  /** s' `[N, S]` */
  nextStates: Float32Array;
  /** 1 where the task ended by itself `[N]` */
  terminals: Uint8Array;
  /** 1 where an episode was cut `[N]` */
  timeouts: Uint8Array;
  /** 1 where the step succeeded `[N]`; absent where the data does not say */
  success?: Uint8Array;
  /** N */
  size: number;
  stateDim: number;
  actionDim: number;
  metadata: DatasetMetadata;
}

/** A dataset whose matrices need not lie in memory; what has one value a row does. */
export type DatasetRows = Omit<Dataset, "states" | "actions" | "nextStates"> & {
  states: Rows;
  actions: Rows;
  nextStates: Rows;
};

/** Where in a file a fault lies. */
export interface FaultPlace {
  file: string;
  field?: string;
  row?: number;
  column?: number;
  value?: unknown;
}

/** A file that cannot become a dataset: the message names file, field, row and value, and what would mend it. */
export class DatasetError extends Error {
  override name = "DatasetError";
  readonly place: FaultPlace;
  /** The message without its place. */
  readonly fault: string;

  /** Texts may come from the file: they are made printable, and shortened. */
  constructor(place: FaultPlace, fault: string, options?: ErrorOptions) {
    const field = place.field === undefined ? "" : `, field ${printable(place.field, 100)}`;
    const row = place.row === undefined ? "" : `, row ${place.row}`;
    const column = place.column === undefined ? "" : `, column ${place.column}`;
    const value = place.value === undefined
      ? ""
      : `: current value is ${printable(String(place.value), 200)}`;
    const sentence = printable(fault, 1500);
    super(
      `Cannot read dataset ${printable(place.file, 250)}${field}${row}${column}: ${sentence}${value}`,
      options,
    );
    this.place = place;
    this.fault = fault;
  }
}

/** One array as a file holds it. 64-bit integers are given as Float64Array. */
export interface RawArray<Data extends Numbers | Values = Numbers | Values> {
  shape: number[];
  data: Data;
  /** Whether the file's type is one of whole numbers. @default false */
  integer?: boolean;
}

/** The output of a reader: known arrays and attributes, not judged yet. One reader is one file. */
export interface RawDataset<Data extends Numbers | Values = Numbers | Values> {
  arrays: Record<string, RawArray<Data>>;
  attributes: Record<string, unknown>;
  /** Names of everything at the file's top level, read or not, for messages. @default the arrays' */
  present?: readonly string[];
  /** The layout that the file was taken for, if its format does not imply it: part of each refusal. */
  origin?: string;
  /** Notices that only the reader can give. */
  notices?: readonly Notice[];
}
