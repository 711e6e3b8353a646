/**
 * The store: the memory of the system. Objects of bytes under keys, as S3 has them; two implementations (folder, S3)
 * pass one contract suite (`tests/contracts/store_contract.ts`).
 * @module
 */

/** What is known of an object without reading it. */
export interface ObjectInfo {
  key: string;
  /** Size in bytes. */
  size: number;
  /** Changes whenever the content does; compare for equality only. */
  etag: string;
  /** ISO 8601, UTC. */
  lastModified: string;
}

/** Something in the store whose name cannot be a key: nobody can read it through a store, and nobody takes it. */
export interface StrangeObject {
  /** As the bucket or the folder has it; any characters. */
  name: string;
  /** Size in bytes. */
  size: number;
  /** ISO 8601, UTC. */
  lastModified: string;
}

/** Conditions of a {@link Store.put}: at most one of them. */
export interface PutOptions {
  /** Only if the key has no object yet. */
  ifNoneMatch?: true;
  /** Only if the object under the key still has this etag. */
  ifMatch?: string;
}

/** Options of a {@link Store.putStream}. */
export interface StreamOptions extends PutOptions {
  /** More bytes than this are refused. */
  maxBytes?: number;
}

/** What a stream came to. */
export interface StreamedObject {
  etag: string;
  /** Size in bytes. */
  size: number;
  /** Hash of the content, 64 hexadecimal digits. */
  sha256: string;
}

/** An object store. Every write is atomic and durable when its promise resolves: an object is there whole, or not. */
export interface Store {
  /**
   * Whether an object that is listed may still be being written by others: true of a folder, into which people copy
   * files; false of S3, where an object appears whole.
   */
  readonly settles: boolean;
  /**
   * Writes an object.
   *
   * @throws {PreconditionFailed} if the condition does not hold; of racing writers exactly one gets through.
   * @throws {StoreFull} if there is no room; nothing half-written stays visible.
   */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<{ etag: string }>;
  /**
   * Writes an object from a stream, with flat memory. Like {@link put}, it is there whole or not at all.
   *
   * @throws {RangeError} for more than `maxBytes`.
   * @throws {PreconditionFailed} if the condition does not hold; perhaps before anything was read.
   * @throws whatever the source throws; nothing is written then.
   */
  putStream(key: string, body: AsyncIterable<Uint8Array>, options?: StreamOptions): Promise<StreamedObject>;
  /**
   * The object's bytes, or undefined if there is none.
   *
   * @param options.range `[start, end)` in bytes, cut to the object's size; `info` is always of the whole object.
   */
  get(
    key: string,
    options?: { range?: [number, number] },
  ): Promise<{ bytes: Uint8Array; info: ObjectInfo } | undefined>;
  /**
   * What is known of the object, or undefined if there is none.
   *
   * @param options.signal aborted when the caller no longer waits: where that can be done, the request is given up
   */
  head(key: string, options?: { signal?: AbortSignal }): Promise<ObjectInfo | undefined>;
  /**
   * All objects whose key starts with `prefix` (`""`: all), sorted by key.
   *
   * @param onStrange told, each time, of what lies there under a name that is no key.
   */
  list(prefix: string, onStrange?: (object: StrangeObject) => void): Promise<ObjectInfo[]>;
  /** Names of the folders directly below a prefix that ends in a slash, sorted; of very many only the first thousand. */
  folders(prefix: string): Promise<string[]>;
  /** Removes the object; no error if there is none. After a power cut it may be there again. */
  delete(key: string): Promise<void>;
  /** A URL that reads the object for `seconds`. */
  presign(key: string, seconds: number): Promise<string>;
  /** Gives up what the store holds (connections, the folder's lock). */
  close(): Promise<void>;
}

/** Anything that is wrong with the store itself, and not with the job that used it. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** A conditional put found another state than it wanted. */
export class PreconditionFailed extends Error {
  override name = "PreconditionFailed";
  constructor(readonly key: string, condition: string) {
    super(`Cannot write ${key}: ${condition}`);
  }
}

/** There is no room left. */
export class StoreFull extends StoreError {
  override name = "StoreFull";
}

/** Another command holds the folder. */
export class StoreLocked extends StoreError {
  override name = "StoreLocked";
}
