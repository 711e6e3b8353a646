/**
 * One writing command a folder. The command's own worker processes share its lock; another command is told who holds
 * it; the lock of a dead command is taken over, and what it left half-written is removed.
 * @module
 */
import { join } from "node:path";
import os from "node:os";
import { removeStale } from "./durable_file.ts";
import { describeHolder, type FileLock, isSelfOrAncestor, type LockHolder, tryLock } from "./file_lock.ts";
import { StoreLocked } from "../store.ts";

/** The folder in a store's root for what is not an object. `@` cannot be part of a key. */
export const SERVICE_FOLDER = "@store";

/** Locks of this process, by folder: a folder opened twice is held until it is closed twice. */
const held = new Map<string, { lock: Promise<FileLock | LockHolder>; users: number }>();

/**
 * Holds the folder for writing, alone or as part of the command that holds it; a function that lets go.
 *
 * @param root real path of an existing folder.
 * @throws {StoreLocked} if another command holds it.
 */
export async function holdFolder(root: string): Promise<() => Promise<void>> {
  const path = join(root, SERVICE_FOLDER, "lock");
  const entry = held.get(root) ?? { lock: tryLock(path), users: 0 };
  held.set(root, entry);
  entry.users++;
  const letGo = async () => {
    if (--entry.users > 0) return;
    held.delete(root);
    const lock = await entry.lock;
    if ("release" in lock) await lock.release();
  };
  try {
    const lock = await entry.lock;
    if ("release" in lock) await removeStale(join(root, SERVICE_FOLDER, "temporary"));
    else if (lock.host !== os.hostname() || !isSelfOrAncestor(lock.pid)) throw lockedBy(root, path, lock);
    return letGo;
  } catch (error) {
    await letGo().catch(() => {});
    throw error;
  }
}

function lockedBy(root: string, path: string, holder: LockHolder): StoreLocked {
  const advice = holder.host === os.hostname()
    ? `Wait until it ends, or stop it (kill ${holder.pid}); nothing is lost`
    : `Wait until it ends; if that machine is gone, delete ${path}`;
  return new StoreLocked(
    `The store folder ${root} is being written by another command: ${describeHolder(holder)}. ${advice}`,
  );
}
