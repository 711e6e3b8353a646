/**
 * The job `dataset.import`. A bad file is no failure of the job: the result says why it was refused.
 * @module
 */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DatasetError,
  datasetHash,
  type DatasetRows,
  encodeInPieces,
  episodesOf,
  isFull,
  NoRoomError,
  rowsOfDataset,
} from "@cugro/datasets";
import { type JobContext, type JobOutput, PermanentError } from "@cugro/worker";
import { isEtagOf, type ObjectInfo, PreconditionFailed, readPieces, type Store } from "@cugro/store";
import { datasetKey, type ImportSummary } from "@cugro/protocol";
import { chooseAnchors } from "./anchors.ts";
import { judgeFile, judgeFileAt, type OpenFile, READ_WHOLE_BYTES, type Trust } from "@cugro/judging";
import { measure } from "./measure_dataset.ts";

type ImportContext = JobContext<"dataset.import">;
type ImportOutput = JobOutput<"dataset.import">;

/** How files are read. */
export interface ImportLimits {
  /** A larger file is not read. */
  maxBytes: number;
  /** A larger one is read by ranges. @default 2 MiB */
  wholeBytes?: number;
  /** Which environments may be run that a file names. @default "registered" */
  trust?: Trust;
}

/**
 * Reads, judges, stores and measures one file.
 *
 * @param context config of the job: key, etag, and how the file is read
 * @param limits `maxBytes` of a file; `wholeBytes`: smaller ones are read into memory
 * @returns the dataset with its measurements, or why the file is refused
 * @throws {PermanentError} for one of more than `maxBytes`. That is no fault of the file: where more is allowed,
 *   the same file may arrive again, which a file that was refused cannot.
 */
export async function importDataset(
  context: ImportContext,
  { maxBytes, wholeBytes = READ_WHOLE_BYTES, trust = "registered" }: ImportLimits,
): Promise<ImportOutput> {
  const { key, etag } = context.config;
  const found = await context.store.head(key);
  if (found && isEtagOf(found, etag)) refuseLarge(key, found.size, maxBytes);
  if (!found) return unread(`${key} is no longer there`);
  return found.size > wholeBytes && isEtagOf(found, etag)
    ? await importByRanges(context, found, trust)
    : await importWhole(context, trust);
}

async function importWhole(
  { config, seed, store }: ImportContext,
  trust: Trust,
): Promise<ImportOutput> {
  const { key, etag, reading = {} } = config;
  const object = await store.get(key);
  if (!object) return unread(`${key} is no longer there`);
  if (!isEtagOf(object.info, etag)) return changed(key);
  const file = key.split("/").at(-1)!;
  return await orRejected(async () => {
    const { dataset, ...judged } = await judgeFile(object.bytes, file, reading, trust);
    return await accept({ config, seed, store }, { dataset: rowsOfDataset(dataset), ...judged }, file);
  });
}

/** A copy on disk is what is read: readers jump back and forth, and nobody else can change it meanwhile. */
async function importByRanges(
  { config, seed, store }: ImportContext,
  info: ObjectInfo,
  trust: Trust,
): Promise<ImportOutput> {
  const file = config.key.split("/").at(-1)!;
  const folder = await mkdtemp(join(tmpdir(), "cugro-import-"));
  try {
    const path = join(folder, "file");
    if (!await copyTo(path, store, info)) return changed(config.key);
    return await orRejected(async () => {
      const judged = await judgeFileAt(path, file, config.reading ?? {}, { withHash: true, trust });
      try {
        return await accept({ config, seed, store }, judged, file);
      } finally {
        judged.close();
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns false where the object is another by now, or gone */
async function copyTo(path: string, store: Store, info: ObjectInfo): Promise<boolean> {
  const target = await open(path, "wx");
  try {
    for await (const piece of readPieces(store, info)) await target.writeFile(piece);
    return true;
  } catch (error) {
    if (isFull(error)) throw new NoRoomError(error);
    const now = await store.head(info.key);
    if (now?.etag === info.etag) throw error;
    return false;
  } finally {
    await target.close();
  }
}

async function orRejected(judge: () => Promise<ImportOutput>): Promise<ImportOutput> {
  try {
    return await judge();
  } catch (error) {
    if (error instanceof DatasetError) return rejected(error.message);
    throw error;
  }
}

/** It would take more room on disk than this process may have. */
function refuseLarge(key: string, size: number, maxBytes: number): void {
  if (size <= maxBytes) return;
  throw new PermanentError(
    `${key} has ${size} bytes; at most ${maxBytes} can be imported here: ` +
      "split it, or raise CUGRO_IMPORT_MAX_BYTES",
  );
}

function rejected(reason: string): ImportOutput {
  return { outputs: {}, metrics: { rejected: reason } };
}

function changed(key: string): ImportOutput {
  return unread(`${key} has changed since it arrived; its new content is an arrival of its own`);
}

/** The file was gone before it could be read: its content is not refused, and may come again. */
function unread(reason: string): ImportOutput {
  return { outputs: {}, metrics: { rejected: reason, unread: true } };
}

async function accept(
  { config, seed, store }: Pick<ImportContext, "config" | "seed" | "store">,
  { dataset, environment, notices, hash = datasetHash(dataset) }: Omit<OpenFile, "close">,
  file: string,
): Promise<ImportOutput> {
  const bytes = await put(store, datasetKey(hash), dataset);
  const episodes = episodesOf(dataset);
  const summary: ImportSummary = {
    name: file.replace(/\.[^.]*$/, ""),
    datasetHash: hash,
    size: dataset.size,
    stateDim: dataset.stateDim,
    actionDim: dataset.actionDim,
    ...(dataset.metadata.discreteActions === undefined
      ? {}
      : { discreteActions: dataset.metadata.discreteActions }),
    episodes: episodes.length,
    bytes,
    environment,
    horizon: dataset.metadata.horizon ??
      episodes.reduce((longest, { start, end }) => Math.max(longest, end - start), 0),
    anchors: await chooseAnchors(dataset, environment, seed),
    ...(notices.length > 0 ? { notices } : {}),
  };
  const { heldOutDistances, ...outputs } = await measure(dataset, { seed, heldOutSeed: config.heldOutSeed });
  return { outputs, metrics: { ...summary, heldOutDistances } };
}

/**
 * Stores the dataset once, piece by piece.
 *
 * @returns its size in bytes
 */
async function put(store: Store, key: string, dataset: DatasetRows): Promise<number> {
  const { size, pieces } = encodeInPieces(dataset);
  const found = await store.head(key);
  if (found?.size === size) return size;
  try {
    await store.putStream(key, copies(pieces()), { ifNoneMatch: true });
  } catch (error) {
    if (!(error instanceof PreconditionFailed)) throw error;
  }
  return size;
}

/** Pieces that are still the same when the next one is made: a store may hold several. */
async function* copies(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield piece.slice();
}
