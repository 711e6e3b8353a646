/**
 * Files that are there whole or not at all: written beside, forced to disk, then linked or renamed into place, and
 * the folder forced to disk too.
 * @module
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, link, mkdir, open, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { isProcessAlive } from "./file_lock.ts";

/** Writes all pieces to a new file in `folder` and forces it to disk; the file's path. A failed one is removed. */
export async function writeTemporary(
  folder: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<string> {
  const path = join(folder, `${process.pid}-${randomBytes(8).toString("hex")}`);
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

/** Puts a temporary file in its place if the place is free. Whether it was. */
export async function placeOnce(temporary: string, path: string): Promise<boolean> {
  try {
    await inFolder(path, () => link(temporary, path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

/** Puts a temporary file in its place, over what was there. */
export async function placeOver(temporary: string, path: string): Promise<void> {
  try {
    await inFolder(path, () => rename(temporary, path));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Removes a file and the folders it leaves empty, up to `root`. */
export async function removeFile(path: string, root: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return;
    throw error;
  }
  await syncFolder(dirname(path));
  for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder)) {
    // A racing writer that finds its folder gone makes it again (`inFolder`).
    if (!await rmdir(folder).then(() => true, () => false)) return;
  }
}

/** Removes the temporary files of processes that are dead. */
export async function removeStale(folder: string): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    if (isProcessAlive(Number.parseInt(name, 10))) continue;
    await unlink(join(folder, name)).catch(() => {});
    removed++;
  }
  return removed;
}

/** Forces a folder's entries to disk. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(folder, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function inFolder(path: string, place: () => Promise<void>): Promise<void> {
  const folder = dirname(path);
  for (let attempt = 0;; attempt++) {
    try {
      await place();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 8) throw error;
      const first = await mkdir(folder, { recursive: true });
      if (first !== undefined) await syncChain(folder, dirname(first));
    }
  }
  await syncFolder(folder);
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
    if (bytesWritten === 0) throw Object.assign(new Error("No bytes were written"), { code: "ENOSPC" });
    offset += bytesWritten;
  }
}
