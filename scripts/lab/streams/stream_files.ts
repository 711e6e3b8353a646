/**
 * The datasets of a stream, as a folder holds them.
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Paths of a folder's dataset files, in natural order of their names (`task2` before `task10`).
 *
 * @param folder of dataset files
 * @returns paths
 */
export async function streamFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.(hdf5|safetensors)$/.test(name));
  return names.sort(new Intl.Collator("en", { numeric: true }).compare).map((name) => join(folder, name));
}
