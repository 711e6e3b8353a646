/**
 * The way in. The client's libraries are loaded only here: work on a folder does not wait for them.
 * @module
 */
import type { Store } from "../store.ts";
import type { S3Options } from "./connection.ts";

/**
 * Opens a bucket, or a prefix in one, as a store.
 *
 * @param options bucket, prefix, endpoint, login
 * @returns the store; close it
 * @throws {StoreError} saying what to do: no such bucket, wrong keys, nothing listens, conditions are ignored, ...
 */
export async function openS3Store(options: S3Options): Promise<Store> {
  const { openBucket } = await import("./s3_store.ts");
  return await openBucket(options);
}
