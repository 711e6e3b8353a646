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

/** Conditions of a {@link Store.put}: at most one of them. */
export interface PutOptions {
  /** Only if the key has no object yet. */
  ifNoneMatch?: true;
  /** Only if the object under the key still has this etag. */
  ifMatch?: string;
}

/** An object store. Every write is atomic and durable when its promise resolves: an object is there whole, or not. */
export interface Store {
  /**
   * Writes an object.
   *
   * @throws {PreconditionFailed} if the condition does not hold; of racing writers exactly one gets through.
   * @throws {StoreFull} if there is no room; nothing half-written stays visible.
   */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<{ etag: string }>;
  /**
   * The object's bytes, or undefined if there is none.
   *
   * @param options.range `[start, end)` in bytes, cut to the object's size; `info` is always of the whole object.
   */
  get(
    key: string,
    options?: { range?: [number, number] },
  ): Promise<{ bytes: Uint8Array; info: ObjectInfo } | undefined>;
  /** What is known of the object, or undefined if there is none. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /** All objects whose key starts with `prefix` (`""`: all), sorted by key. */
  list(prefix: string): Promise<ObjectInfo[]>;
  /** Removes the object; no error if there is none. */
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
