/**
 * What the operating system says about a folder, in sentences a person can act on.
 * @module
 */
import { PreconditionFailed, StoreError, StoreFull } from "../store.ts";

/**
 * The error to throw instead.
 *
 * @param error of the file system
 * @param root folder of the store
 * @param doing what failed, as in "writing jobs/x (12 bytes)".
 * @returns an error that says what to do; errors of stores and programs as they are
 */
export function explainStoreFault(error: unknown, root: string, doing: string): unknown {
  if (error instanceof StoreError || error instanceof PreconditionFailed || error instanceof TypeError) {
    return error;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new StoreFull(
        `The store folder ${root} is full (${code} when ${doing}). Free some space there (cugro gc removes what is ` +
          `no longer needed), then start the command again: it goes on where it stopped`,
        options,
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new StoreError(
        `No permission for the store folder ${root} (${code} when ${doing}). Give this user write access or choose ` +
          `another folder`,
        options,
      );
    case "ENOENT":
      return new StoreError(`The store folder ${root} is not there (when ${doing})`, options);
    case "ENOTDIR":
    case "EISDIR":
      return new StoreError(`A file and a folder of the same name clash in ${root} when ${doing}`, options);
    case undefined:
      return error;
    default:
      return new StoreError(`The store folder ${root} failed when ${doing}: ${message}`, options);
  }
}
