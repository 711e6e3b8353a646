/**
 * A store by its name: a folder, or `s3://bucket/prefix`.
 * @module
 */
import { openFilesystemStore } from "./folder/filesystem_store.ts";
import { examineFolder } from "./folder/examine_folder.ts";
import type { S3Options } from "./s3/connection.ts";
import type { Finding } from "./s3/examine/finding.ts";
import { openS3Store } from "./s3/open_s3_store.ts";
import type { Store } from "./store.ts";

/** Which store, and how to get in. */
export interface StoreConfig {
  /** A folder, `s3://bucket` or `s3://bucket/prefix`. */
  store: string;
  /** For buckets; see `S3Options`. */
  s3?: {
    endpoint?: string;
    region?: string;
    accessKey?: string;
    secretKey?: string;
    caFile?: string;
    unsafe?: boolean;
  };
}

/** What to do about an object, or a file, whose name cannot be a key. */
export const STRANGE_NAME = "cannot be taken: rename it to letters, digits and . _ = -";

/**
 * Whether a store's name is that of a bucket; else it is a folder.
 *
 * @param store a name as typed
 * @returns true for `s3://...`
 */
export function isBucketName(store: string): boolean {
  return store.startsWith("s3://");
}

/**
 * Opens a store.
 *
 * @param options.lock whether to write: a folder is locked for it, a bucket is tried out. Without it a folder cannot be
 *   written, and a bucket is tried out before the first conditional write. `beside`: as `FilesystemStoreOptions` says
 * @param options.onStrange told once of each object whose name cannot be a key
 * @param config name of the store, login of a bucket
 * @returns the store; close it
 * @throws {StoreError} if it cannot be used, saying what to do.
 */
export async function openStore(
  { store, s3 = {} }: StoreConfig,
  { lock = true, onStrange }: { lock?: boolean | "beside"; onStrange?: (name: string) => void } = {},
): Promise<Store> {
  if (!isBucketName(store)) {
    return await openFilesystemStore({ root: store, lock, ...(onStrange && { onStrangeFile: onStrange }) });
  }
  return await openS3Store({
    ...bucketOf({ store, s3 }),
    probe: lock !== false,
    ...(onStrange && { onStrangeKey: onStrange }),
  });
}

function bucketOf({ store, s3 = {} }: StoreConfig): S3Options {
  const [bucket = "", ...folders] = store.slice("s3://".length).split("/");
  return { ...s3, bucket, prefix: folders.join("/").replace(/\/+$/, "") };
}

/**
 * Tries out whether a place may be a store, on names of its own, which are removed; nobody's objects are touched.
 *
 * @param config names a folder or a bucket
 * @param onFinding called with each finding as it comes
 * @returns all findings, in the order of the checks
 * @throws {StoreError} for a folder that is not there; a bucket that is unfit is no error
 */
export async function examineStore(
  config: StoreConfig,
  onFinding?: (finding: Finding) => void,
): Promise<Finding[]> {
  if (!isBucketName(config.store)) return await examineFolder(config.store, onFinding);
  const { examineBucket } = await import("./s3/examine/examine_bucket.ts");
  return await examineBucket(bucketOf(config), onFinding);
}
