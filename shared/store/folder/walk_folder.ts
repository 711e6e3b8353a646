/**
 * Finding the objects of a store folder.
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkKey } from "@cugro/protocol";
import { SERVICE_FOLDER } from "./folder_lock.ts";
import type { StrangeObject } from "../store.ts";
import { isAbsence } from "./read_object.ts";
import { explainStoreFault } from "./store_faults.ts";

/** Folders that are named at a time. */
const FOLDERS = 1000;

/** Where to look, and for what. */
interface Walk {
  root: string;
  /** `""` or a path below the root that ends in a slash. */
  folder: string;
  prefix: string;
  /** Keys that start with the prefix are added here, in no order. */
  keys: string[];
  /** Called with names that cannot be keys. */
  onStrange: (name: string) => void;
}

/**
 * Keys of all files that start with a prefix, sorted.
 *
 * @param prefix of keys, which may end within a name
 * @param onStrange called with each name that is no key
 * @returns empty where there is no such folder
 * @throws {StoreError} where a folder cannot be read
 */
export async function keysBelow(
  root: string,
  prefix: string,
  onStrange: Walk["onStrange"],
): Promise<string[]> {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (folder !== "") checkKey(folder.slice(0, -1));
  const keys: string[] = [];
  if (isAbsent(root, join(root, folder))) return [];
  try {
    await collectKeys({ root, folder, prefix, keys, onStrange });
  } catch (error) {
    throw explainStoreFault(error, root, `listing ${prefix}`);
  }
  return keys.sort();
}

/** Collects the keys of all files below a folder; folders that vanish meanwhile have none. */
async function collectKeys({ root, folder, prefix, keys, onStrange }: Walk): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error) => {
    if (isAbsence(error, root)) return [];
    throw error;
  });
  for (const entry of entries) {
    const key = folder + entry.name;
    if (entry.name === SERVICE_FOLDER) continue;
    if (!key.startsWith(prefix.slice(0, key.length))) continue;
    if (!isKey(key)) onStrange(key);
    else if (entry.isDirectory()) {
      await collectKeys({ root, folder: `${key}/`, prefix, keys, onStrange });
    } else if (key.startsWith(prefix)) keys.push(key);
  }
}

/**
 * What to do about a name that is no key: `onFile` is called with it once, `onStrange` each time, unless it is gone meanwhile.
 * Both are called for folders as well as for files.
 *
 * @param root folder of the store
 * @returns called with a name, relative to the root
 */
export function strangeReporter(
  root: string,
  onFile?: (path: string) => void,
): (name: string, onStrange?: (object: StrangeObject) => void) => void {
  const reported = new Set<string>();
  return (name, onStrange) => {
    if (!reported.has(name)) onFile?.(join(root, name));
    reported.add(name);
    const stats = onStrange && statSync(join(root, name), { throwIfNoEntry: false });
    if (stats) onStrange?.({ name, size: stats.size, lastModified: stats.mtime.toISOString() });
  };
}

/**
 * Names of the folders in a folder, sorted; as many as the other kind of store gives.
 *
 * @param folder relative to the root
 * @returns their names without path, those that are keys
 */
export async function foldersIn(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error) => {
    if (isAbsence(error, root)) return [];
    throw explainStoreFault(error, root, `listing ${folder}`);
  });
  const names = entries.filter((entry) => entry.isDirectory() && isKey(entry.name)).map(({ name }) => name);
  return names.sort().slice(0, FOLDERS);
}

/**
 * Whether there is nothing in this place; the error that says so costs ten times as much as this question.
 *
 * @param root folder of the store
 * @param path of a file or folder in it
 * @returns false where the store's own folder is gone
 */
export function isAbsent(root: string, path: string): boolean {
  return !existsSync(path) && existsSync(root);
}

function isKey(key: string): boolean {
  try {
    checkKey(key);
    return true;
  } catch {
    return false;
  }
}
