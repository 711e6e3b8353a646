/**
 * Files that are there whole or not at all: written beside, forced to disk, then linked or renamed into place, and
 * the folder forced to disk too.
 * @module
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { type FileHandle, open, readdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { isProcessAlive } from "./file_lock.ts";
import { SMALL_BYTES } from "./read_object.ts";

// Only forcing to disk is waited for: the other calls take microseconds (see `read_object.ts`).
const force = promisify(fsync);

/**
 * Writes all pieces to a new file in `folder` and forces it to disk; the file's path. A failed one is removed.
 *
 * @param folder of temporary files, on the same disk as the place
 * @returns path of the new file, which begins with this process's number
 * @throws {Error} as the file system does, or what the pieces throw
 */
export async function writeTemporary(
  folder: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<string> {
  const path = join(folder, `${process.pid}-${randomBytes(8).toString("hex")}`);
  const [only, more] = Array.isArray(pieces) ? pieces : [];
  if (only && !more && only.length <= SMALL_BYTES) return await writeSmall(path, only);
  const file = await open(path, "wx");
  try {
    for await (const piece of pieces) await writeAll(file, piece);
    await file.sync();
  } catch (error) {
    await file.close().catch(() => {});
    await unlink(path).catch(() => {});
    throw error;
  }
  await file.close();
  return path;
}

async function writeSmall(path: string, bytes: Uint8Array): Promise<string> {
  const file = openSync(path, "wx");
  try {
    for (let offset = 0; offset < bytes.length;) {
      offset += written(writeSync(file, bytes, offset, bytes.length - offset));
    }
    await force(file);
  } catch (error) {
    closeSync(file);
    await unlink(path).catch(() => {});
    throw error;
  }
  closeSync(file);
  return path;
}

/**
 * Puts a temporary file in its place if the place is free. Whether it was.
 *
 * @param temporary removed in any case
 * @returns false if something is there already
 * @throws {Error} as the file system does
 */
export async function placeOnce(temporary: string, path: string): Promise<boolean> {
  try {
    await inFolder(path, () => linkSync(temporary, path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    removeQuietly(temporary);
  }
}

/**
 * Puts a temporary file in its place, over what was there.
 *
 * @param temporary removed also where it cannot be placed
 * @throws {Error} as the file system does
 */
export async function placeOver(temporary: string, path: string): Promise<void> {
  try {
    await inFolder(path, () => renameSync(temporary, path));
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

/**
 * Removes a file and the folders it leaves empty, up to `root`.
 *
 * @param path may be absent
 * @param root a folder above it, which stays
 * @throws {Error} as the file system does, but not where there is no such file
 */
export function removeFile(path: string, root: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return;
    throw error;
  }
  // Not forced to disk: what comes back after a power cut is removed again by the same process.
  for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder)) {
    // A racing writer that finds its folder gone makes it again (`inFolder`).
    if (!removeFolder(folder)) return;
  }
}

/**
 * Removes the temporary files of processes that are dead.
 *
 * @param folder of temporary files
 * @returns how many there were
 */
export async function removeStale(folder: string): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    if (isProcessAlive(Number.parseInt(name, 10))) continue;
    await unlink(join(folder, name)).catch(() => {});
    removed++;
  }
  return removed;
}

const syncs = new Map<string, { running: Promise<void>; next?: Promise<void> }>();

/**
 * Forces a folder's entries to disk. Calls that arrive while that is under way share the one that comes after it.
 *
 * @param folder an existing one
 */
export function syncFolder(folder: string): Promise<void> {
  const known = syncs.get(folder);
  if (known) return known.next ??= known.running.catch(() => {}).then(() => startSync(folder));
  return startSync(folder);
}

function startSync(folder: string): Promise<void> {
  const running = forceFolder(folder);
  const sync: { running: Promise<void>; next?: Promise<void> } = { running };
  syncs.set(folder, sync);
  const forget = () => {
    if (syncs.get(folder) === sync && !sync.next) syncs.delete(folder);
  };
  running.then(forget, forget);
  return running;
}

async function forceFolder(folder: string): Promise<void> {
  let handle: number;
  try {
    handle = openSync(folder, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    await force(handle);
  } finally {
    closeSync(handle);
  }
}

async function inFolder(path: string, place: () => void): Promise<void> {
  const folder = dirname(path);
  for (let attempt = 0;; attempt++) {
    try {
      if (!existsSync(folder)) await makeFolder(folder);
      place();
      break;
    } catch (error) {
      // Another process removed the last object, and the folder with it.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 8) throw error;
    }
  }
  await syncFolder(folder);
}

async function makeFolder(folder: string): Promise<void> {
  const first = mkdirSync(folder, { recursive: true });
  // The folder itself follows, once something is in it.
  if (first !== undefined) await syncChain(dirname(folder), dirname(first));
}

function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already.
  }
}

/** Forces every folder from `folder` up to `top` to disk: a new folder is an entry of the one above it. */
async function syncChain(folder: string, top: string): Promise<void> {
  for (let current = folder; current.length >= top.length; current = dirname(current)) {
    await syncFolder(current);
    if (current === dirname(current)) return;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.length - offset);
    offset += written(bytesWritten);
  }
}

function written(bytes: number): number {
  if (bytes === 0) throw Object.assign(new Error("No bytes were written"), { code: "ENOSPC" });
  return bytes;
}
