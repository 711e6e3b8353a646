/**
 * Stores that a command names: for reading, for writing, for a decision, for removing.
 * @module
 */
import { resolve } from "node:path";
import process from "node:process";
import { isBucketName, openStore, type Store, type StoreConfig, StoreFull } from "@cugro/store";
import { readStoreConfig } from "@cugro/process/config";

/** Variables of the environment. */
type Variables = Record<string, string | undefined>;

/**
 * Opens a store for reading; nothing is locked. `store`: a folder, or `s3://bucket/prefix`.
 *
 * @param variables how to get into a bucket
 * @returns the store, to be closed by the caller
 */
export async function openForReading(store: string, variables: Variables = process.env): Promise<Store> {
  return await openStore(storeConfigOf(store, variables), { lock: false });
}

/**
 * Opens a store for a command that writes facts; one such command a folder, any number a bucket. See {@link openForReading}.
 *
 * @param store folder, or `s3://bucket/prefix`
 * @param variables how to get into a bucket
 * @returns the store, to be closed by the caller
 */
export async function openForWriting(store: string, variables: Variables = process.env): Promise<Store> {
  return await openStore(storeConfigOf(store, variables), { lock: true });
}

/**
 * Opens a store for a person's decision: single facts, which are put beside a command that is writing there; a running
 * `cugro run` notices them.
 */
export async function openForActing(store: string): Promise<Store> {
  return await openStore(storeConfigOf(store, process.env), { lock: "beside" });
}

/**
 * Opens a store for a command that removes: also on a full store, where not even a lock or a trial object can
 * be written first.
 *
 * @param store folder, or `s3://bucket/prefix`
 * @returns the store, to be closed by the caller
 */
export async function openForRemoving(store: string): Promise<Store> {
  const config = storeConfigOf(store);
  if (isBucketName(store)) return await openStore(config, { lock: false });
  return await openStore(config, { lock: true }).catch((error) => {
    if (error instanceof StoreFull) return openStore(config, { lock: "beside" });
    throw error;
  });
}

/**
 * Which store a name means; how to get into a bucket is in the environment.
 *
 * @param store folder, or `s3://bucket/prefix`
 * @param variables how to get into a bucket
 * @returns the store's configuration
 * @throws {UsageError} for another kind of name
 */
export function storeConfigOf(store: string, variables: Variables = process.env): StoreConfig {
  if (isBucketName(store)) return readStoreConfig({ ...variables, CUGRO_STORE: store });
  if (!store.includes("://")) return { store: resolve(store) };
  throw new RangeError(`A store is a folder, s3://bucket or s3://bucket/prefix: current value is "${store}"`);
}
