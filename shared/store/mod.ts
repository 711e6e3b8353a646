/**
 * Objects by key: the store's seam, its two implementations, and artifacts by content.
 * @module
 */
export { SERVICE_FOLDER } from "./folder/folder_lock.ts";
export { CorruptArtifactError, getArtifact, MissingInputError, putArtifact } from "./artifacts.ts";
export { isEtagOf } from "./folder/etags.ts";
export { openFilesystemStore } from "./folder/filesystem_store.ts";
export { type Found, getJob, getResult, keysOfJob, listJob } from "./job_objects.ts";
export { type OpenedObject, openObject } from "./open_object.ts";
export type { Finding } from "./s3/examine/finding.ts";
export { examineStore, isBucketName, openStore, type StoreConfig, STRANGE_NAME } from "./open_store.ts";
export { readPieces } from "./read_pieces.ts";
export { type S3Options } from "./s3/connection.ts";
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
