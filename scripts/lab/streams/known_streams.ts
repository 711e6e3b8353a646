/**
 * The streams that can be made on any machine, with the simulator and the shipped policies alone: which tasks, in which order.
 * @module
 */
import { datasetHash, readDataset } from "@cugro/datasets";
import { familyInfo, familyPolicy } from "@cugro/environments";
import { META_WORLD_STREAMS } from "@cugro/environments/metaworld";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type CollectFiles, collectFiles } from "../../cli/commands/collecting/collect_files.ts";
import { collectMetaWorldFiles } from "../../cli/commands/collecting/collect_meta_world_command.ts";
import { UsageError } from "../../cli/commands/print_output.ts";
import { streamFiles } from "./stream_files.ts";
import { pythonVariables } from "./stream_python.ts";

/** How a stream's data is made; `cugro collect` makes the same. */
export type KnownStream =
  | (
    & { family: string; goals: readonly (readonly number[])[]; episodes: number }
    & Pick<CollectFiles, "mix" | "rewardScale" | "goodEpisodes">
  )
  | { metaWorld: readonly string[]; episodes: number };

const usualGoals = (family: string) => familyInfo(family)!.goals;

/** By name: the streams of the paper; `hopper-vel`, whose robot falls; `maze-dir`, whose data goes two ways; and the first ten tasks of Continual World. */
export const KNOWN_STREAMS: Readonly<Record<string, KnownStream>> = {
  "cheetah-vel": { family: "cheetah-vel", goals: usualGoals("cheetah-vel"), episodes: 200 },
  "swimmer-dir": { family: "swimmer-dir", goals: usualGoals("swimmer-dir"), episodes: 200 },
  "walker-params": { family: "walker-params", goals: usualGoals("walker-params"), episodes: 200 },
  "hopper-vel": { family: "hopper-vel", goals: [[1.4], [0.6], [1.8], [1]], episodes: 300 },
  "maze-dir": { family: "maze-dir", goals: usualGoals("maze-dir").slice(0, 4), episodes: 1_000 },
  "meta-world-cl5": { metaWorld: META_WORLD_STREAMS.cl5!, episodes: 200 },
  cw10: { metaWorld: META_WORLD_STREAMS.cw10!, episodes: 200 },
};

const SEED = 0;

/** A stream whose data is there. */
export interface PreparedStream {
  name: string;
  /** paths, in order of task */
  files: string[];
  /** what the files hold, so that others can tell whether they have the same: `datasetHash()` of each */
  hashes: Record<string, string>;
  /** of its runs' processes, beside those that are set: which Python they use */
  variables: Record<string, string>;
}

/**
 * The stream in a folder; or one of {@link KNOWN_STREAMS}, made in the folder `data` of `work` where it is not there yet.
 *
 * @param argument folder, or name of a stream
 * @param work folder for data that is made
 * @param known streams by name
 * @returns its files, name and order
 * @throws {UsageError} where the data there was made otherwise
 */
export async function prepareStream(
  argument: string,
  work: string,
  known: Readonly<Record<string, KnownStream>> = KNOWN_STREAMS,
): Promise<PreparedStream> {
  if (await isFolder(argument)) {
    const files = await streamFiles(argument);
    if (files.length > 0) return await described(basename(argument), files);
    throw new UsageError(
      `${argument} is a folder, and there is no dataset in it (task1.hdf5, task2.hdf5 ...)`,
    );
  }
  await refuseUnknownStream(argument, known);
  return await described(argument, await ensureData(known[argument]!, join(work, "data", argument)));
}

/**
 * Whether a stream's data is there, so that {@link prepareStream} makes nothing.
 *
 * @param argument folder, or name of a stream
 * @param work folder for data that is made
 * @param known streams by name
 * @returns false where data must be made
 */
export async function isStreamThere(
  argument: string,
  work: string,
  known: Readonly<Record<string, KnownStream>> = KNOWN_STREAMS,
): Promise<boolean> {
  if (await isFolder(argument)) return true;
  const stream = known[argument];
  const folder = join(work, "data", argument);
  return stream !== undefined && await isFolder(folder) &&
    (await streamFiles(folder)).length === tasksOf(stream).length;
}

const tasksOf = (stream: KnownStream): readonly unknown[] =>
  "metaWorld" in stream ? stream.metaWorld : stream.goals;

/**
 * @param argument folder, or name of a stream
 * @param known streams by name
 * @throws {UsageError} where an argument is neither a folder nor a stream that can be made
 */
export async function refuseUnknownStream(argument: string, known = KNOWN_STREAMS): Promise<void> {
  if (Object.hasOwn(known, argument) || await isFolder(argument)) return;
  throw new UsageError(
    `${argument} is neither a folder nor a stream that can be made here: ${Object.keys(known).join(", ")}`,
  );
}

/** Makes the files where one of them is missing; each is written whole or not at all, and made again it holds the same. */
async function ensureData(stream: KnownStream, folder: string): Promise<string[]> {
  const files = await isFolder(folder) ? await streamFiles(folder) : [];
  await refuseOtherData(stream, folder);
  if (files.length === tasksOf(stream).length) return files;
  console.error(`making the data of ${basename(folder)} in ${folder}`);
  const wanted = { episodes: stream.episodes, seed: SEED, folder };
  if ("metaWorld" in stream) {
    return await collectMetaWorldFiles({ tasks: stream.metaWorld, keep: true, ...wanted });
  }
  const policy = await familyPolicy(familyInfo(stream.family)!);
  return await collectFiles({ ...stream, policy, ...wanted });
}

/** What a folder's data was made by is written beside it; data of versions up to 0.7 has nothing there. */
async function refuseOtherData(stream: KnownStream, folder: string): Promise<void> {
  const path = join(folder, "made_by.json"), declaration = JSON.stringify(stream);
  const known = await readFile(path, "utf8").catch(() => undefined);
  if (known === undefined && await isFolder(folder)) return;
  if (known !== undefined && known !== declaration) {
    throw new UsageError(
      `the data in ${folder} was made by ${known}, and ${declaration} is wanted: give another folder with --work, or remove it`,
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFile(path, declaration);
}

async function described(name: string, files: string[]): Promise<PreparedStream> {
  const hashes: PreparedStream["hashes"] = {};
  let variables: PreparedStream["variables"] = {};
  for (const path of files) {
    const { dataset } = await readDataset(await readFile(path), path);
    hashes[basename(path)] = datasetHash(dataset);
    const id = dataset.metadata.environment?.gymnasium;
    if (Object.keys(variables).length === 0) variables = await pythonVariables(id);
  }
  return { name, files, hashes, variables };
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false);
}
