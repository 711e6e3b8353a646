/**
 * Folders that a command writes to a given path: whole or not at all, and nothing is replaced by accident.
 * @module
 */
import { mkdir, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { UsageError } from "./print_output.ts";

/** Contents to write, and what may be replaced. */
export interface FolderToWrite {
  out: string;
  /** Whether a folder of the same kind may be replaced. */
  force: boolean;
  /** The file that marks such a folder: even with `force` no other folder is replaced. */
  knownBy: string;
}

/** @throws {UsageError} where the folder cannot be written there, before any work is done */
export async function refuseTakenFolder({ out, force, knownBy }: FolderToWrite): Promise<void> {
  const found = await stat(out).catch(() => undefined);
  if (found && !found.isDirectory()) throw new UsageError(`Cannot write ${out}: it is not a folder`);
  if (!found) {
    const above = await stat(dirname(out)).catch(() => undefined);
    if (above?.isDirectory()) return;
    throw new UsageError(`Cannot write ${out}: there is no folder ${dirname(out)}`);
  }
  const names = await readdir(out);
  if (names.length === 0) return;
  if (!force) {
    throw new UsageError(
      `Cannot write ${out}: it is not empty. Name another folder, or replace it with --force`,
    );
  }
  if (names.includes(knownBy)) return;
  throw new UsageError(
    `Cannot replace ${out}: there is no ${knownBy} in it, so it holds something else. Name another folder`,
  );
}

/** Writes the files under a name of their own, and puts the folder in place when all are there. On Ctrl-C, too, nothing is left behind. */
export async function writeFolder(
  folder: FolderToWrite,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  await refuseTakenFolder(folder);
  const target = await realpath(folder.out).catch(() => folder.out.replace(/(?<=.)\/+$/, ""));
  const [unfinished, replaced] = ["tmp", "old"].map((end) => `${target}.${process.pid}.${end}`) as [
    string,
    string,
  ];
  const leave = () => void rm(unfinished, { recursive: true, force: true }).then(() => process.exit(130));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, leave);
  try {
    await mkdir(unfinished);
    for (const [name, bytes] of files) await writeDurably(join(unfinished, name), bytes);
    await refuseTakenFolder(folder);
    await replaceFolder(unfinished, target, replaced);
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, leave);
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A folder cannot be renamed over one that is not empty: the old one is moved aside, and back if that fails. */
async function replaceFolder(unfinished: string, target: string, replaced: string): Promise<void> {
  const isThere = await stat(target).then(() => true, () => false);
  if (!isThere) return await rename(unfinished, target);
  await rename(target, replaced);
  try {
    await rename(unfinished, target);
  } catch (error) {
    await rename(replaced, target);
    throw error;
  }
  await rm(replaced, { recursive: true, force: true });
}
