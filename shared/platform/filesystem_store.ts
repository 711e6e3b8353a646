/**
 * The store in a folder: an object is a file, its key the path. Everything of our own lies under `@store`, a name no
 * key can have: temporary files, the folder's lock, the locks of keys under compare-and-swap.
 *
 * The etag of an object of at most 4 MiB is the SHA-256 of its content; of a larger one size, time of change and
 * inode, so that listing never reads gigabytes.
 * @module
 */
import { mkdir, readdir, realpath, stat } from "node:fs/promises";
import type { Stats } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkKey, sha256 } from "@cugro/protocol";
import { placeOnce, placeOver, removeFile, writeTemporary } from "./durable_file.ts";
import { withLock } from "./file_lock.ts";
import { holdFolder, SERVICE_FOLDER } from "./folder_lock.ts";
import { HASHED_BYTES, isAbsence, markOf, readObject, readStart, toInfo } from "./read_object.ts";
import { type ObjectInfo, PreconditionFailed, type PutOptions, type Store, StoreError } from "./store.ts";
import { explainStoreFault } from "./store_faults.ts";

const KEY_LOCK_TIMEOUT_MS = 30_000;
/** A file changed less than this ago may change again without its time showing it. */
const RACY_MS = 2_000;

/** How to open a folder as a store. */
export interface FilesystemStoreOptions {
  /** The folder; made if need be (unless only read). */
  root: string;
  /**
   * Whether to hold the folder's lock, which writing needs. Processes started by the holder, and the holder itself,
   * share it. Without it the store is read-only.
   *
   * @default true
   */
  lock?: boolean;
  /** Told once of each file whose name cannot be a key. */
  onStrangeFile?: (path: string) => void;
}

/**
 * Opens a folder as a store.
 *
 * @throws {StoreLocked} if another command writes there, naming it.
 * @throws {StoreError} if the folder cannot be used.
 */
export async function openFilesystemStore(options: FilesystemStoreOptions): Promise<Store> {
  const { lock = true } = options;
  try {
    if (lock) await mkdir(join(options.root, SERVICE_FOLDER, "temporary"), { recursive: true });
    const root = await realpath(options.root);
    const release = lock ? await holdFolder(root) : undefined;
    return new FilesystemStore(root, release, options.onStrangeFile);
  } catch (error) {
    throw explainStoreFault(error, options.root, "opening it");
  }
}

class FilesystemStore implements Store {
  #etags = new Map<string, { mark: string; etag: string }>();
  #strange = new Set<string>();
  #closed = false;
  #root: string;
  #release: (() => Promise<void>) | undefined;
  #onStrangeFile: ((path: string) => void) | undefined;

  constructor(root: string, release?: () => Promise<void>, onStrangeFile?: (path: string) => void) {
    this.#root = root;
    this.#release = release;
    this.#onStrangeFile = onStrangeFile;
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<{ etag: string }> {
    const path = this.#writable(key);
    if (options.ifNoneMatch && options.ifMatch !== undefined) {
      throw new TypeError(`Cannot write ${key}: ifNoneMatch and ifMatch exclude each other`);
    }
    try {
      if (options.ifNoneMatch) await this.#putOnce(key, path, bytes);
      else if (options.ifMatch !== undefined) await this.#putOver(key, path, bytes, options.ifMatch);
      else await placeOver(await this.#temporary(bytes), path);
      if (bytes.length <= HASHED_BYTES) return { etag: sha256(bytes) };
      return { etag: markOf(await stat(path)) };
    } catch (error) {
      throw explainStoreFault(error, this.#root, `writing ${key} (${bytes.length} bytes)`);
    }
  }

  async get(key: string, options: { range?: [number, number] } = {}) {
    const path = this.#path(key);
    const [start, end] = options.range ?? [0, 0];
    if (!(start >= 0 && end >= start)) throw new RangeError(`Cannot read bytes [${start}, ${end}) of ${key}`);
    try {
      return await readObject(key, path, options.range);
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw explainStoreFault(error, this.#root, `reading ${key}`);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return await this.#info(key, this.#path(key));
  }

  async list(prefix: string): Promise<ObjectInfo[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    if (folder !== "") checkKey(folder.slice(0, -1));
    const keys: string[] = [];
    try {
      await this.#walk(folder, prefix, keys);
    } catch (error) {
      throw explainStoreFault(error, this.#root, `listing ${prefix}`);
    }
    const infos: ObjectInfo[] = [];
    for (const key of keys.sort()) {
      const info = await this.#info(key, join(this.#root, key));
      if (info) infos.push(info);
    }
    return infos;
  }

  async delete(key: string): Promise<void> {
    const path = this.#writable(key);
    this.#etags.delete(path);
    try {
      await removeFile(path, this.#root);
    } catch (error) {
      throw explainStoreFault(error, this.#root, `removing ${key}`);
    }
  }

  presign(key: string, _seconds: number): Promise<string> {
    return Promise.resolve(pathToFileURL(this.#path(key)).href);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#release?.();
  }

  async #putOnce(key: string, path: string, bytes: Uint8Array): Promise<void> {
    const exists = () => new PreconditionFailed(key, "it exists already");
    if (await stat(path).then(() => true, () => false)) throw exists();
    if (!await placeOnce(await this.#temporary(bytes), path)) throw exists();
  }

  async #putOver(key: string, path: string, bytes: Uint8Array, etag: string): Promise<void> {
    const lock = join(this.#root, SERVICE_FOLDER, `key-${sha256(key)}`);
    await withLock(lock, KEY_LOCK_TIMEOUT_MS, async () => {
      const current = await readObject(key, path).catch((error) => {
        if (!isAbsence(error)) throw error;
      });
      if (current === undefined) throw new PreconditionFailed(key, "it does not exist");
      if (current.info.etag !== etag) throw new PreconditionFailed(key, "it has been changed");
      await placeOver(await this.#temporary(bytes), path);
    });
  }

  #temporary(bytes: Uint8Array): Promise<string> {
    return writeTemporary(join(this.#root, SERVICE_FOLDER, "temporary"), bytes);
  }

  #path(key: string): string {
    if (this.#closed) throw new StoreError(`The store ${this.#root} is closed`);
    return join(this.#root, checkKey(key));
  }

  #writable(key: string): string {
    if (this.#release) return this.#path(key);
    throw new StoreError(`Cannot write ${key}: the store ${this.#root} was opened for reading only`);
  }

  async #info(key: string, path: string): Promise<ObjectInfo | undefined> {
    try {
      const stats = await stat(path);
      return stats.isFile() ? toInfo(key, stats, await this.#etag(path, stats)) : undefined;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw explainStoreFault(error, this.#root, `reading ${key}`);
    }
  }

  async #etag(path: string, stats: Stats): Promise<string> {
    const mark = markOf(stats);
    if (stats.size > HASHED_BYTES) return mark;
    const known = this.#etags.get(path);
    if (known?.mark === mark) return known.etag;
    const etag = sha256(await readStart(path, stats.size));
    if (Date.now() - stats.mtimeMs > RACY_MS) this.#etags.set(path, { mark, etag });
    return etag;
  }

  async #walk(folder: string, prefix: string, keys: string[]): Promise<void> {
    const entries = await readdir(join(this.#root, folder), { withFileTypes: true }).catch((error) => {
      if (isAbsence(error)) return [];
      throw error;
    });
    for (const entry of entries) {
      const key = folder + entry.name;
      if (entry.name === SERVICE_FOLDER) continue;
      if (!key.startsWith(prefix.slice(0, key.length))) continue;
      if (!isKey(key)) this.#reportStrange(key);
      else if (entry.isDirectory()) await this.#walk(`${key}/`, prefix, keys);
      else if (key.startsWith(prefix)) keys.push(key);
    }
  }

  #reportStrange(key: string): void {
    if (this.#strange.has(key)) return;
    this.#strange.add(key);
    this.#onStrangeFile?.(join(this.#root, key));
  }
}

function isKey(key: string): boolean {
  try {
    checkKey(key);
    return true;
  } catch {
    return false;
  }
}
