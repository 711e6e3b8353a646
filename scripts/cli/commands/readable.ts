/**
 * Files that a command was given, checked before anything is opened, so that a wrong path costs nothing.
 * @module
 */
import { access, constants, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { DatasetError, datasetFolder } from "@cugro/datasets";
import { UsageError } from "./print_output.ts";

/** File names of datasets. */
const DATASET = /\.(hdf5|h5|safetensors|npz|parquet|csv)$/i;
/** With more names than this the sentence would be unreadable. */
const NAMED = 5;

/**
 * @param readOnce whether each is read once and judged by itself: a pipe will do, and faults inside a folder are reported then
 * @throws {UsageError} for files that cannot be read, naming them; for a folder, with what could be named instead.
 */
export async function refuseUnreadable(paths: readonly string[], { readOnce = false } = {}): Promise<void> {
  const kinds = await Promise.all(paths.map((path) => kindOf(path, readOnce)));
  const folder = paths.find((_, index) => kinds[index] === "folder");
  if (folder !== undefined) throw new UsageError(await adviseOn(folder));
  const others = paths.filter((_, index) => kinds[index] !== "file");
  if (others.length === 0) return;
  throw new UsageError(
    `Cannot read ${others.join(", ")}: is the path right? It is relative to ${process.cwd()}`,
  );
}

async function kindOf(path: string, readOnce: boolean): Promise<"file" | "folder" | "nothing"> {
  try {
    await access(path, constants.R_OK);
    const found = await stat(path);
    if (found.isDirectory()) return await datasetFolder(path) ? "file" : "folder";
    const isPipe = found.isFIFO() || found.isCharacterDevice();
    return found.isFile() || readOnce && isPipe ? "file" : "nothing";
  } catch (error) {
    if (error instanceof DatasetError && readOnce) return "file";
    if (error instanceof DatasetError) throw error;
    return "nothing";
  }
}

async function adviseOn(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => DATASET.test(name))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const shown = names.slice(0, NAMED).map((name) => join(folder, name)).join(" ");
  const more = names.length > NAMED ? " ..." : "";
  return names.length === 0
    ? `${folder} is a folder without a dataset: name the files of the tasks`
    : `${folder} is a folder: name the files in it, in the order of their tasks: ${shown}${more}`;
}
