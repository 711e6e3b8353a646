/**
 * A file on disk that is read by ranges.
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "@cugro/hdf5";

/** A file on disk. */
export interface FileSource extends ByteSource {
  path: string;
  close(): void;
}

/**
 * Opens a file.
 *
 * @param path of the file
 * @returns to be closed
 * @throws {Error} where it cannot be opened
 */
export function openFileSource(path: string): FileSource {
  const file = openSync(path, "r");
  const { size } = fstatSync(file);
  const fill = (target: Uint8Array, from: number) => fillFrom(file, target, from);
  return {
    path,
    size,
    inMemory: false,
    fill,
    read(from, to) {
      const bytes = new Uint8Array(Math.max(0, Math.min(to, size) - from));
      fill(bytes, from);
      return bytes;
    },
    place: (from) => ({ path, at: from }),
    close: () => closeSync(file),
  };
}

/**
 * Fills bytes from a place in an open file.
 *
 * @param file descriptor of an open file
 * @param target bytes that are filled
 * @param from first byte
 * @throws {RangeError} where the file ends before
 */
export function fillFrom(file: number, target: Uint8Array, from: number): void {
  for (let filled = 0; filled < target.length;) {
    const count = readSync(file, target, filled, target.length - filled, from + filled);
    if (count === 0) throw new RangeError("the file has become shorter while it was read");
    filled += count;
  }
}
