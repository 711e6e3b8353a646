/**
 * Errors in a sentence, for the person who typed a command: without the name of a class, and without a stack.
 * @module
 */

/**
 * Files that a command was given and cannot use are named in a sentence; every other message is printed as it is.
 *
 * @param error that a command threw
 * @returns a sentence
 */
export function explain(error: unknown): string {
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (path !== undefined && code === "ENOENT") return `Cannot read ${path}: there is no such file or folder`;
  if (code === "EISDIR") return `Cannot read ${path ?? "it"}: it is a folder, not a file`;
  return message ?? String(error);
}
