/**
 * Reads a file in a thread of its own: whatever is in it, the next file is read as ever.
 *
 * The thread may read this file and use a folder of its own, and nothing else; it is gone after its answer or at its limits of
 * time and memory (`isolation_limits.ts`). Bytes after unpacking are limited by the readers, before anything is allocated. Any other end of
 * it is a rejection of this one file.
 * @module
 */
import { sourceOf } from "@cugro/hdf5";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Judged, JudgedRows } from "../assemble.ts";
import { openFileSource } from "../blocks/file_source.ts";
import { NoRoomError, type Room, roomIn, rowsAtPlace } from "../blocks/room.ts";
import { BLOCK_BYTES } from "../blocks/block_rows.ts";
import { DatasetError } from "../dataset.ts";
import type { ReadOptions } from "../notice.ts";
import { checkStart } from "../read_dataset.ts";
import { limitsByRanges, type ReadingLimits, watch } from "./isolation_limits.ts";
import type { Answer, PlacedDataset, Request } from "./reader_messages.ts";

const FAILED = "the file is damaged: reading it failed";

/**
 * Reads and judges a dataset, as `readDataset` does.
 *
 * @param bytes `[n]`, the whole file; it is handed over, and empty afterwards
 * @param file name used in errors
 * @returns a dataset in raw units, episodes complete; and its notices
 * @throws {DatasetError} naming file, field, row and value; also where the file ends its thread
 */
export async function readIsolated(
  bytes: Uint8Array,
  file: string,
  options: ReadOptions = {},
  limits: ReadingLimits = {},
): Promise<Judged> {
  checkStart(sourceOf(bytes), file);
  const handed = whole(bytes);
  const size = handed.length;
  const answer = await ask({ bytes: handed, file, options }, { permissions: "none", size, limits });
  if ("judged" in answer) return answer.judged;
  throw new DatasetError({ file }, FAILED);
}

/** How much of a file is held in memory. */
export interface RangeOptions {
  /** Bytes of matrices that are kept in memory; what is beyond lies in a temporary folder. @default 32 MiB */
  memoryBytes?: number;
  /** Bytes of a block. @default 1 MiB */
  blockBytes?: number;
  /** Whether the dataset's hash is computed as well, in the file's thread. @default false */
  withHash?: boolean;
  /** Bounds of the reading. @default by the file's size */
  limits?: ReadingLimits;
}

/** A judged dataset whose matrices are read by ranges. */
export interface OpenDataset extends JudgedRows {
  /** The dataset's hash, where it was asked for. */
  hash?: string;
  /** Closes and removes what it lies in; its file is left alone. */
  close(): void;
}

const MEMORY_BYTES = 32 * 2 ** 20;

/**
 * Reads and judges a file by ranges, as {@link readIsolated} does one in memory: datasets larger than memory can be read.
 *
 * @param path of a file that nobody changes until the dataset is closed
 * @returns the dataset by rows, and its notices; close it
 * @throws {DatasetError} as {@link readIsolated}
 * @throws {NoRoomError} where the temporary folder is full
 */
export async function readIsolatedFile(
  path: string,
  file: string,
  options: ReadOptions = {},
  { memoryBytes = MEMORY_BYTES, blockBytes = BLOCK_BYTES, withHash = false, limits }: RangeOptions = {},
): Promise<OpenDataset> {
  const real = realpathSync(path);
  const size = checkFile(real, file);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "cugro-dataset-")));
  const room = roomIn(folder, 0, blockBytes);
  const close = () => {
    room.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const answer = await ask({ path: real, folder, memoryBytes, blockBytes, withHash, file, options }, {
      permissions: { read: [real, folder], write: [folder] },
      size,
      limits: { ...limitsByRanges(size, memoryBytes), ...limits },
    });
    if (!("placed" in answer)) throw new DatasetError({ file }, FAILED);
    const { dataset, ...rest } = answer.placed;
    return { dataset: opened(dataset, room), ...rest, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** @returns bytes of the file */
function checkFile(path: string, file: string): number {
  const source = openFileSource(path);
  try {
    checkStart(source, file);
    return source.size;
  } finally {
    source.close();
  }
}

function opened(dataset: PlacedDataset, room: Room): JudgedRows["dataset"] {
  const { size, stateDim, actionDim } = dataset;
  return {
    ...dataset,
    states: rowsAtPlace(room, dataset.states, { size, columns: stateDim }),
    actions: rowsAtPlace(room, dataset.actions, { size, columns: actionDim }),
    nextStates: rowsAtPlace(room, dataset.nextStates, { size, columns: stateDim }),
  };
}

/** Bytes that fill their buffer, since a buffer is handed over whole. */
function whole(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

interface Thread {
  /** Paths that it may use; nothing else. */
  permissions: "none" | { read: string[]; write: string[] };
  /** Bytes of the file. */
  size: number;
  limits: ReadingLimits;
}

async function ask(request: Request, { permissions, size, limits }: Thread): Promise<Answer> {
  const worker = new Worker(new URL("./reader_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions },
  });
  try {
    await started(worker);
    return await answered(worker, request, size, limits);
  } finally {
    worker.terminate();
  }
}

/** @throws {Error} where the thread does not load: a fault of this program, and not of the file */
function started(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot start the thread that reads datasets: ${event.message}`));
    };
  });
}

function answered(worker: Worker, request: Request, size: number, limits: ReadingLimits): Promise<Answer> {
  const { file } = request;
  return new Promise<Answer>((resolve, reject) => {
    const refuse = (fault: string, cause?: string) => {
      stop();
      reject(new DatasetError({ file }, fault, { cause }));
    };
    const stop = watch(size, limits, (fault) => refuse(fault));
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      stop();
      if ("refused" in data) reject(new DatasetError(data.refused.place, data.refused.fault));
      else if ("noRoom" in data) reject(new NoRoomError());
      else if ("failed" in data) refuse(FAILED, data.failed);
      else resolve(data);
    };
    worker.onmessageerror = () => refuse(FAILED);
    worker.onerror = (event) => {
      event.preventDefault();
      refuse(FAILED, event.message);
    };
    worker.postMessage(request, "bytes" in request ? [request.bytes.buffer as ArrayBuffer] : []);
  });
}
