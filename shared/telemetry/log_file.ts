/**
 * A file of log lines that does not grow without end: at its limit it becomes the file before, and that before is gone.
 * @module
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** A file that lines are added to. */
export interface LogFile {
  /** Adds a line, given without its line break. */
  write(line: string): void;
  close(): void;
}

const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The file that a full one becomes.
 *
 * @param path of the file that is written
 * @returns its path with `.1`
 */
export function fileBefore(path: string): string {
  return `${path}.1`;
}

/**
 * Opens a file with the first line. A line that cannot be written is lost: a log must not end what it is about.
 *
 * @param path its folder is made if need be
 * @param mostBytes of one file; there are two
 * @returns adds lines; close it
 */
export function openLogFile(path: string, mostBytes: number = MOST_BYTES): LogFile {
  let file: number | undefined;
  let size = 0;
  const open = () => {
    mkdirSync(dirname(path), { recursive: true });
    const opened = openSync(path, "a");
    size = fstatSync(opened).size;
    return opened;
  };
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    write(line) {
      const bytes = new TextEncoder().encode(`${line}\n`);
      try {
        file ??= open();
        if (size > 0 && size + bytes.length > mostBytes) {
          close();
          renameSync(path, fileBefore(path));
          file = open();
        }
        writeSync(file, bytes);
        size += bytes.length;
      } catch {
        // Of a full disk others tell.
      }
    },
    close,
  };
}
