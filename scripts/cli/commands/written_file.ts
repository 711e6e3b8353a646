/**
 * Files that a command writes to a given path: whole or not at all, and nothing is replaced by accident.
 * @module
 */
import { type FileHandle, lstat, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { UsageError } from "./print_output.ts";

/** @throws {UsageError} where a file cannot be written there, before any work is done. @param force whether one may be replaced */
export async function refuseTaken(out: string, force: boolean): Promise<void> {
  const folder = await stat(dirname(out)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new UsageError(`Cannot write ${out}: there is no folder ${dirname(out)}`);
  const found = await stat(out).catch(() => undefined);
  if (found?.isDirectory()) throw new UsageError(`Cannot write ${out}: it is a folder, name a file`);
  // A file would replace the device itself, `/dev/null` even for the whole machine.
  if (found && !found.isFile()) {
    throw new UsageError(`Cannot write ${out}: it is a device or a pipe, name a file`);
  }
  if (!found && await isLink(out)) {
    throw new UsageError(`Cannot write ${out}: it is a link to a missing file. Name that file`);
  }
  if (found && !force) {
    throw new UsageError(
      `Cannot write ${out}: it exists already. Choose another name, or replace it with --force`,
    );
  }
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false;
}

/**
 * Writes under a name of its own, and puts the file in place once `check` accepts it. On Ctrl-C, too, nothing is left behind.
 * Where `out` is a link, the file that it leads to is replaced, and the link stays.
 *
 * @param file its path, whether it may be replaced, how it is written and checked
 * @returns what `check` returns
 * @throws {Error} saying that it is this file which cannot be written
 */
export async function writeInPlace<T>(
  { out, force, write, check }: {
    out: string;
    force: boolean;
    write: (file: FileHandle) => Promise<void>;
    check: (path: string) => Promise<T>;
  },
): Promise<T> {
  const target = await realpath(out).catch(() => out);
  const unfinished = `${target}.${process.pid}.tmp`;
  const leave = () => void rm(unfinished, { force: true }).then(() => process.exit(130));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, leave);
  try {
    const file = await open(unfinished, "wx");
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    const checked = await check(unfinished);
    await refuseTaken(out, force);
    await rename(unfinished, target);
    return checked;
  } catch (error) {
    throw isOfSystem(error) ? new Error(`Cannot write ${out}: ${error.message}`, { cause: error }) : error;
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, leave);
    await rm(unfinished, { force: true });
  }
}

const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).code === "string" && "errno" in error;
