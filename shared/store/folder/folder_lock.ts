/**
 * One writing command a folder. The command's own worker processes share its lock; another command is told who holds
 * it; the lock of a dead command is taken over, and what it left half-written is removed.
 * @module
 */
import { readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import os from "node:os";
import { removeStale } from "./durable_file.ts";
import {
  describeHolder,
  type FileLock,
  isAlive,
  isSelfOrAncestor,
  type LockHolder,
  readHolder,
  tryLock,
} from "./file_lock.ts";
import { StoreError, StoreLocked } from "../store.ts";

/** The folder in a store's root for what is not an object. `@` cannot be part of a key. */
export const SERVICE_FOLDER = "@store";

/** Begins the name of the file that has the token of a page. */
const TOKEN_FILE = "page-";

/** Locks of this process, by folder: a folder opened twice is held until it is closed twice. */
const held = new Map<string, { lock: Promise<FileLock | LockHolder>; users: number }>();

/**
 * Holds the folder for writing, alone or as part of the command that holds it; a function that lets go.
 *
 * @param root real path of an existing folder.
 * @returns a function that lets go; the last of its callers frees the folder
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
    if (!("release" in lock)) return;
    await rm(tokenPath(root, lock.holder), { force: true });
    await lock.release();
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

/** A page's address, as only this machine reaches it. A folder may come from anywhere: nobody is led to what else its lock names. */
const PAGE = /^http:\/\/127\.0\.0\.1:\d{1,5}$/;

/**
 * Who writes a folder, and the page that it serves on this machine, if any. `token`: only for those who may read what the holder's
 * user may.
 */
export interface FolderHolder {
  /** In words: process, host, since when, command. */
  who: string;
  page?: { url: string; token?: string };
}

/**
 * Who writes the folder now; undefined: nobody, or there is no such folder.
 *
 * @param folder of a store
 * @returns its holder, and the address of its page if it has one
 */
export async function folderHolder(folder: string): Promise<FolderHolder | undefined> {
  const root = await realpath(folder).catch(() => undefined);
  const holder = root && await readHolder(join(root, SERVICE_FOLDER, "lock"));
  if (!root || !holder || !isAlive(holder)) return undefined;
  const who = describeHolder(holder);
  const url = pageHere(holder);
  if (url === undefined) return { who };
  const token = await readFile(tokenPath(root, holder), "utf8").catch(() => undefined);
  return { who, page: { url, ...token === undefined ? {} : { token } } };
}

/**
 * Says in the lock of a folder, which this process holds, where its page is. The token lies beside it in a file that only this
 * user reads, as a folder may be read by many.
 *
 * @param folder of a store
 * @param page its address and token
 * @throws {StoreError} where this process does not hold it
 */
export async function announcePage(folder: string, page: { url: string; token: string }): Promise<void> {
  const root = await realpath(folder);
  const lock = await held.get(root)?.lock;
  if (!lock || !("release" in lock)) {
    throw new StoreError(`The store folder ${root} is not held by this process: it announces no page there`);
  }
  // What commands that were killed have left: their tokens open nothing any more.
  const left = (await readdir(join(root, SERVICE_FOLDER))).filter((name) => name.startsWith(TOKEN_FILE));
  for (const name of left) await rm(join(root, SERVICE_FOLDER, name), { force: true });
  // A file that is there already would be another's, with rights of its own.
  await writeFile(tokenPath(root, lock.holder), page.token, { mode: 0o600, flag: "wx" });
  await lock.writePage(page.url);
}

/** The address of a holder's page, where it leads to the holder: on another machine that address is somebody else's. */
function pageHere({ host, page }: LockHolder): string | undefined {
  return host === os.hostname() && typeof page === "string" && PAGE.test(page) ? page : undefined;
}

function tokenPath(root: string, { nonce }: LockHolder): string {
  return join(root, SERVICE_FOLDER, `${TOKEN_FILE}${nonce}`);
}

function lockedBy(root: string, path: string, holder: LockHolder): StoreLocked {
  const advice = holder.host === os.hostname()
    ? `Wait until it ends, or stop it (kill ${holder.pid}); nothing is lost`
    : `Wait until it ends; if that machine is gone, delete ${path}`;
  const url = pageHere(holder);
  const page = url === undefined ? "" : ` It shows what it does at ${url}`;
  return new StoreLocked(
    `The store folder ${root} is being written by another command: ${
      describeHolder(holder)
    }. ${advice}.${page}`.replace(/\.$/, ""),
  );
}
