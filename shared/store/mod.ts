/**
 * Objects by key: the store's seam, its two implementations, and artifacts by content.
 *
 * @example
 * ```ts
 * import { openFilesystemStore } from "@cugro/store";
 * import { assertEquals } from "@std/assert";
 *
 * const root = await Deno.makeTempDir();
 * const store = await openFilesystemStore({ root });
 * const { etag } = await store.put("notes/a", new TextEncoder().encode("one"), { ifNoneMatch: true });
 * await store.put("notes/a", new TextEncoder().encode("two"), { ifMatch: etag });
 * assertEquals(new TextDecoder().decode((await store.get("notes/a"))?.bytes), "two");
 * await store.close();
 * await Deno.remove(root, { recursive: true });
 * ```
 *
 * @module
 */
export { announcePage, type FolderHolder, folderHolder, SERVICE_FOLDER } from "./folder/folder_lock.ts";
export { CorruptArtifactError, getArtifact, MissingInputError, putArtifact } from "./artifacts.ts";
export { isEtagOf } from "./folder/etags.ts";
export { type FilesystemStoreOptions, openFilesystemStore } from "./folder/filesystem_store.ts";
export {
  type Found,
  getJob,
  getResult,
  hasOldJobs,
  keysOfJob,
  listJob,
  type OldJobs,
} from "./find_job_objects.ts";
export { type OpenedObject, openObject } from "./open_object.ts";
export type { Finding } from "./s3/examine/finding.ts";
export { examineStore, isBucketName, openStore, type StoreConfig, STRANGE_NAME } from "./open_store.ts";
export { readPieces } from "./read_pieces.ts";
export type { S3Options } from "./s3/connection.ts";
export { openS3Store } from "./s3/open_s3_store.ts";
export {
  type ObjectInfo,
  PreconditionFailed,
  type PutOptions,
  type Store,
  StoreError,
  StoreFull,
  StoreLocked,
  type StrangeObject,
  type StreamedObject,
  type StreamOptions,
} from "./store.ts";
