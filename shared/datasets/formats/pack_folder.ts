/**
 * Folders that are one dataset: LeRobot's and Minari's. They are handed over as one archive, not compressed, with the files that are
 * read and in the order of their names, so that the same folder is the same file.
 * @module
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { zipSync } from "fflate";
import { DatasetError } from "../dataset.ts";
import { inEpisodeOrder } from "./read_minari_parts.ts";

/** Beyond it, one archive can neither be made nor read. */
const MOST_BYTES = 2 ** 31;
/** An archive keeps times: this one is always the same. */
const TIME = new Date(1980, 0, 1);
/** Minari's description of a dataset. */
const MINARI_ABOUT = "data/metadata.json";

/** A folder as one file. */
export interface Packed {
  fileName: string;
  body: Uint8Array<ArrayBuffer>;
}

/**
 * The files of a dataset that a folder is; undefined where it is none.
 *
 * @param folder a path
 * @returns paths of its files
 * @throws {DatasetError} for RLDS
 */
export async function datasetFolder(folder: string): Promise<string[] | undefined> {
  if (!await isFolder(folder)) return undefined;
  if (await exists(join(folder, "meta", "info.json")) && await isFolder(join(folder, "data"))) {
    const data = await filesBelow(folder, "data");
    return ["meta/info.json", ...data.filter((name) => name.endsWith(".parquet")).sort()];
  }
  if (await exists(join(folder, "data", "main_data.hdf5"))) {
    return ["data/main_data.hdf5", ...await exists(join(folder, MINARI_ABOUT)) ? [MINARI_ABOUT] : []];
  }
  const parts = inEpisodeOrder(await filesBelow(folder, "data"));
  if (parts.length > 0 && await exists(join(folder, MINARI_ABOUT))) return [MINARI_ABOUT, ...parts];
  if (await exists(join(folder, "dataset_info.json")) && await exists(join(folder, "features.json"))) {
    throw new DatasetError(
      { file: folder },
      `it is a dataset of RLDS, whose TFRecord files are not read: read its steps with tensorflow_datasets, and write them ` +
        "with numpy.savez",
    );
  }
  return undefined;
}

/**
 * A path's dataset as one file, where it is a folder; undefined for anything else.
 *
 * @param path of a file or folder
 * @returns one file, and how to remove it
 * @throws {DatasetError} for a folder that cannot be read as one file
 */
export async function packFolder(path: string): Promise<Packed | undefined> {
  const files = await datasetFolder(path);
  if (!files) return undefined;
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(path, file))).size));
  const size = sizes.reduce((sum, one) => sum + one, 0);
  if (size > MOST_BYTES) {
    throw new DatasetError({ file: path, value: size }, `its files hold more than ${MOST_BYTES} bytes`);
  }
  const contents: Record<string, Uint8Array> = {};
  for (const file of files) {
    contents[file.replaceAll("\\", "/")] = new Uint8Array(await readFile(join(path, file)));
  }
  const body = new Uint8Array(zipSync(contents, { level: 0, mtime: TIME }));
  return { fileName: `${basename(resolve(path))}.zip`, body };
}

/** Paths of all files, counted from `folder`. */
async function filesBelow(folder: string, name: string): Promise<string[]> {
  if (!await isFolder(join(folder, name))) return [];
  const all = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).map((entry) =>
    relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/")
  );
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isFile(), () => false);
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isDirectory(), () => false);
}
