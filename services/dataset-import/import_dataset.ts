/**
 * The job `dataset.import`. A bad file is no failure of the job: the result says why it was refused.
 * @module
 */
import { DatasetError, datasetHash, encodeDataset, episodesOf } from "@cugro/datasets";
import { type JobContext, type JobOutput, PermanentError } from "@cugro/worker";
import { isEtagOf, PreconditionFailed } from "@cugro/store";
import { datasetKey, type ImportSummary } from "@cugro/protocol";
import { chooseAnchors } from "./anchors.ts";
import { type JudgedFile, judgeFile } from "./judge_file.ts";
import { measure } from "./measure_dataset.ts";

type ImportContext = JobContext<"dataset.import">;
type ImportOutput = JobOutput<"dataset.import">;

/**
 * Reads, judges, stores and measures one file.
 *
 * @throws {PermanentError} for one of more than `maxBytes`. That is no fault of the file: where more is allowed, the same
 *   file may arrive again, which a file that was refused cannot.
 */
export async function importDataset(
  context: ImportContext,
  maxBytes: number,
  trust: "registered" | "any" = "registered",
): Promise<ImportOutput> {
  const { key, etag, reading = {} } = context.config;
  const found = await context.store.head(key);
  if (found && isEtagOf(found, etag)) refuseLarge(key, found.size, maxBytes);
  const object = found && await context.store.get(key);
  if (!object) return unread(`${key} is no longer there`);
  if (!isEtagOf(object.info, etag)) {
    return unread(`${key} has changed since it arrived; its new content is an arrival of its own`);
  }
  const file = key.split("/").at(-1)!;
  try {
    return await accept(context, await judgeFile(object.bytes, file, reading, trust), file);
  } catch (error) {
    if (error instanceof DatasetError) return rejected(error.message);
    throw error;
  }
}

/** It would take several times its size of memory, and the process with it. */
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

/** What arrived was gone before it could be read: nothing is known against its content, which may come again. */
function unread(reason: string): ImportOutput {
  return { outputs: {}, metrics: { rejected: reason, unread: true } };
}

async function accept(
  context: ImportContext,
  { dataset, environment, notices }: JudgedFile,
  file: string,
): Promise<ImportOutput> {
  const stored = encodeDataset(dataset);
  const hash = datasetHash(dataset);
  try {
    await context.store.put(datasetKey(hash), stored, { ifNoneMatch: true });
  } catch (error) {
    if (!(error instanceof PreconditionFailed)) throw error;
  }
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
    bytes: stored.length,
    environment,
    horizon: dataset.metadata.horizon ?? Math.max(...episodes.map(({ start, end }) => end - start)),
    anchors: await chooseAnchors(dataset, environment, context.seed),
    ...(notices.length > 0 ? { notices } : {}),
  };
  return { outputs: measure(dataset, { ...context.config, seed: context.seed }), metrics: { ...summary } };
}
