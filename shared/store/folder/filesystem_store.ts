/**
 * The store in a folder: an object is a file, its key the path. Everything of our own lies under `@store`, a name no
 * key can have: temporary files, the folder's lock, the locks of keys under compare-and-swap.
 *
 * What an object's etag is: `etags.ts`.
 * @module
 */
import { mkdir, realpath, unlink } from "node:fs/promises";
import { existsSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkKey, sha256 } from "@cugro/protocol";
import { placeOnce, placeOver, removeFile, writeTemporary } from "./durable_file.ts";
import { withLock } from "./file_lock.ts";
import { holdFolder, SERVICE_FOLDER } from "./folder_lock.ts";
import { meterBody } from "../metered_body.ts";
import { changeMark, HASHED_BYTES, largeEtag } from "./etags.ts";
import { etagOf, isAbsence, readObject, readStart, toInfo } from "./read_object.ts";
import {
  type ObjectInfo,
  PreconditionFailed,
  type PutOptions,
  type Store,
  StoreError,
  type StrangeObject,
  type StreamedObject,
  type StreamOptions,
} from "../store.ts";
import { explainStoreFault } from "./store_faults.ts";
import { foldersIn, isAbsent, keysBelow, strangeReporter } from "./walk_folder.ts";

const KEY_LOCK_TIMEOUT_MS = 30_000;
/** A file changed less than this ago may change again without its time showing it. */
const RACY_MS = 2_000;

/** How to open a folder as a store. */
export interface FilesystemStoreOptions {
  /** The folder; made if need be (unless only read). */
  root: string;
  /**
   * Whether to hold the folder's lock, which writing needs. Processes started by the holder, and the holder itself,
   * share it. Without it the store is read-only. `beside` writes next to the holder: for single conditional puts.
   *
   * @default true
   */
  lock?: boolean | "beside";
  /** Told once of each file whose name cannot be a key. */
  onStrangeFile?: (path: string) => void;
}

/**
 * Opens a folder as a store.
 *
 * @param options folder, lock, what to do with strange files
 * @returns the store; close it
 * @throws {StoreLocked} if another command writes there, naming it.
 * @throws {StoreError} if the folder cannot be used.
 */
export async function openFilesystemStore(options: FilesystemStoreOptions): Promise<Store> {
  const { lock = true } = options;
  try {
    if (lock === true) await mkdir(options.root, { recursive: true });
    const root = await realpath(options.root);
    if (lock) await mkdir(join(root, SERVICE_FOLDER, "temporary"), { recursive: true });
    const release = lock === true ? await holdFolder(root) : lock ? () => Promise.resolve() : undefined;
    return new FilesystemStore(root, release, options.onStrangeFile);
  } catch (error) {
    throw explainStoreFault(error, options.root, "opening it");
  }
}

class FilesystemStore implements Store {
  readonly settles = true;
  #etags = new Map<string, { mark: string; etag: string }>();
  #closed = false;
  #root: string;
  #release: (() => Promise<void>) | undefined;
  #reportStrange: ReturnType<typeof strangeReporter>;

  constructor(root: string, release?: () => Promise<void>, onStrangeFile?: (path: string) => void) {
    this.#root = root;
    this.#release = release;
    this.#reportStrange = strangeReporter(root, onStrangeFile);
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<{ etag: string }> {
    const path = this.#writable(key);
    let etag = "";
    try {
      await this.#place(key, path, options, async () => {
        const temporary = await this.#temporary([bytes]);
        etag = await etagOf(temporary, bytes.length, () => sha256(bytes));
        return temporary;
      });
      return { etag };
    } catch (error) {
      throw explainStoreFault(error, this.#root, `writing ${key} (${bytes.length} bytes)`);
    }
  }

  async putStream(
    key: string,
    body: AsyncIterable<Uint8Array>,
    options: StreamOptions = {},
  ): Promise<StreamedObject> {
    const path = this.#writable(key);
    const metered = meterBody(key, body, options.maxBytes);
    let etag = "";
    try {
      await this.#place(key, path, options, async () => {
        const temporary = await this.#temporary(metered.pieces());
        etag = await etagOf(temporary, metered.size(), metered.sha256);
        return temporary;
      });
      return { etag, size: metered.size(), sha256: metered.sha256() };
    } catch (error) {
      if (metered.fault()) throw error;
      throw explainStoreFault(error, this.#root, `writing ${key} (${metered.size()} bytes so far)`);
    }
  }

  async get(key: string, options: { range?: [number, number] } = {}) {
    const path = this.#path(key);
    const [start, end] = options.range ?? [0, 0];
    if (!(start >= 0 && end >= start)) throw new RangeError(`Cannot read bytes [${start}, ${end}) of ${key}`);
    if (isAbsent(this.#root, path)) return undefined;
    try {
      return await readObject(key, path, options.range);
    } catch (error) {
      if (isAbsence(error, this.#root)) return undefined;
      throw explainStoreFault(error, this.#root, `reading ${key}`);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return await this.#info(key, this.#path(key));
  }

  async list(prefix: string, onStrange?: (object: StrangeObject) => void): Promise<ObjectInfo[]> {
    const report = (name: string) => this.#reportStrange(name, onStrange);
    const infos = [];
    for (const key of await keysBelow(this.#root, prefix, report)) {
      infos.push(await this.#info(key, join(this.#root, key)));
    }
    return infos.filter((info) => info !== undefined);
  }

  async folders(prefix: string): Promise<string[]> {
    return await foldersIn(this.#root, checkKey(prefix.slice(0, -1)));
  }

  // deno-lint-ignore require-await -- async, so that what it throws is a rejection
  async delete(key: string): Promise<void> {
    const path = this.#writable(key);
    this.#etags.delete(path);
    if (isAbsent(this.#root, path)) return;
    try {
      removeFile(path, this.#root);
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

  /** @param write makes the temporary file; not called where the condition fails already. */
  async #place(
    key: string,
    path: string,
    { ifNoneMatch, ifMatch }: PutOptions,
    write: () => Promise<string>,
  ): Promise<void> {
    if (ifNoneMatch && ifMatch !== undefined) {
      throw new TypeError(`Cannot write ${key}: ifNoneMatch and ifMatch exclude each other`);
    }
    if (ifMatch !== undefined) return await this.#placeIfSame(key, path, ifMatch, write);
    if (!ifNoneMatch) return await placeOver(await write(), path);
    const exists = () => new PreconditionFailed(key, "it exists already");
    if (existsSync(path)) throw exists();
    if (!await placeOnce(await write(), path)) throw exists();
  }

  async #placeIfSame(key: string, path: string, etag: string, write: () => Promise<string>): Promise<void> {
    // Written before the lock is taken: a slow stream must not keep others from the key.
    const temporary = await write();
    try {
      await withLock(
        join(this.#root, SERVICE_FOLDER, `key-${sha256(key)}`),
        KEY_LOCK_TIMEOUT_MS,
        async () => {
          const current = await this.#info(key, path);
          if (current === undefined) throw new PreconditionFailed(key, "it does not exist");
          if (current.etag !== etag) throw new PreconditionFailed(key, "it has been changed");
          await placeOver(temporary, path);
        },
      );
    } finally {
      await unlink(temporary).catch(() => {});
    }
  }

  #temporary(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
    return writeTemporary(join(this.#root, SERVICE_FOLDER, "temporary"), pieces);
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
    if (isAbsent(this.#root, path)) return undefined;
    try {
      const stats = statSync(path);
      return stats.isFile() ? toInfo(key, stats, await this.#etag(path, stats)) : undefined;
    } catch (error) {
      if (isAbsence(error, this.#root)) return undefined;
      throw explainStoreFault(error, this.#root, `reading ${key}`);
    }
  }

  async #etag(path: string, stats: Stats): Promise<string> {
    const mark = changeMark(stats);
    const known = this.#etags.get(path);
    if (known?.mark === mark) return known.etag;
    const { size, mtimeMs, ctimeMs } = stats;
    const etag = size > HASHED_BYTES ? await largeEtag(path, stats) : sha256(await readStart(path, size));
    if (Date.now() - Math.max(mtimeMs, ctimeMs) > RACY_MS) this.#etags.set(path, { mark, etag });
    return etag;
  }
}
