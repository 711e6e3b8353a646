/**
 * A lock that is a file: the process that links it into place holds it. It names its holder (process, host, start), so that a
 * lock whose holder is dead can be taken over and anybody can be told whom to ask.
 *
 * Taking over is safe among many: the dead holder's lock is replaced only under a second lock, whose name holds the
 * dead lock's nonce, and only if the lock still has that nonce.
 * @module
 */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";
import { sleep } from "@cugro/async";

/** Who holds a lock. */
export interface LockHolder {
  pid: number;
  host: string;
  /** Tells processes with the same pid apart: boot and start time of the process; empty where unknown. */
  started: string;
  /** When the lock was taken, ISO 8601. */
  since: string;
  /** The command line that took it. */
  command: string;
  nonce: string;
  /** Address of the page that the holder serves. */
  page?: string;
}

/** A lock that is ours. */
export interface FileLock {
  holder: LockHolder;
  /** Writes into the lock where the holder serves a page. */
  writePage(page: string): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the lock, from a dead holder if need be; the living holder if it is taken.
 * @param path of the lock file
 * @returns the lock, or its living holder
 */
export async function tryLock(path: string): Promise<FileLock | LockHolder> {
  const present = await readHolder(path);
  if (present && isAlive(present)) return present;
  const holder = describeSelf();
  const temporary = `${path}.${holder.nonce}`;
  // Not forced to disk: after a power cut, nobody is alive to hold what is missing or torn.
  await writeFile(temporary, JSON.stringify(holder), { flag: "wx" });
  try {
    while (true) {
      if (await linkOnce(temporary, path)) return lockOf(path, holder);
      const current = await readHolder(path);
      if (current === undefined) continue;
      if (isAlive(current)) return current;
      if (await takeOver(path, current, temporary)) return lockOf(path, holder);
    }
  } finally {
    await unlink(temporary).catch(ignoreAbsence);
  }
}

/**
 * Runs `work` while holding the lock, waiting for others up to `timeoutMs`.
 * @param path of the lock file
 * @param timeoutMs to wait for others
 * @param work done while it is held
 * @returns what `work` resolves to
 * @throws {Error} naming the holder, if the time is up
 */
export async function withLock<T>(path: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    const lock = await tryLock(path);
    if ("release" in lock) {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    if (performance.now() > deadline) {
      throw new Error(`${path} has been locked for ${timeoutMs} ms by ${describeHolder(lock)}`);
    }
    await sleep(2 + 8 * Math.random());
  }
}

/**
 * Whether the holder still runs, as far as this machine can tell: another host's holder counts as alive.
 * @param holder as the lock file names it
 * @returns false only where this machine can tell
 */
export function isAlive(holder: LockHolder): boolean {
  if (holder.host !== os.hostname()) return true;
  return isProcessAlive(holder.pid, holder.started);
}

/**
 * Whether the process runs, and, if `started` is known, whether it is still the same one.
 *
 * @param pid of a process
 * @param started as {@link processStart} gave it
 * @returns whether it runs
 */
export function isProcessAlive(pid: number, started = ""): boolean {
  // 0 and below mean groups of processes; the pid of a torn file is none.
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const stat = readStat(pid);
  if (stat === undefined) return true;
  if (stat.state === "Z" || stat.state === "X") return false;
  return started === "" || started === stat.started;
}

/**
 * Tells a process from every later one with its pid. Undefined if it is gone, or where the system does not say.
 *
 * @param pid of a process
 * @returns an opaque text that no later process with this pid has
 */
export function processStart(pid: number): string | undefined {
  return readStat(pid)?.started;
}

/**
 * Whether `pid` is this process or one of those that started it.
 *
 * @param pid of a process
 * @returns true for this one as well
 */
export function isSelfOrAncestor(pid: number): boolean {
  let current = process.pid;
  let parent: number | undefined = process.ppid;
  for (let depth = 0; depth < 32 && current > 1; depth++) {
    if (current === pid) return true;
    if (parent === undefined) return false;
    current = parent;
    parent = readStat(current)?.parent;
  }
  return false;
}

/**
 * "pid 12 on host since 2026-01-01T00:00:00Z (cugro run a.hdf5)"
 *
 * @param holder of a lock
 * @returns part of a sentence
 */
export function describeHolder(holder: LockHolder): string {
  return `pid ${holder.pid} on ${holder.host} since ${holder.since} (${holder.command})`;
}

/**
 * The holder written in the lock file, or undefined if there is no such file.
 *
 * @param path of the lock file
 * @returns pid, host, start and command line
 * @throws {Error} if the system cannot read the file
 */
export async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    const value = JSON.parse(await readFile(path, "utf8")) as LockHolder;
    if (typeof value.pid === "number" && typeof value.nonce === "string") return value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  // A lock file is linked whole, so a damaged one is what a power cut left: its holder is gone.
  return { pid: 0, host: os.hostname(), started: "gone", since: "", command: "unknown", nonce: "damaged" };
}

async function takeOver(path: string, dead: LockHolder, temporary: string): Promise<boolean> {
  const guard = await tryLock(`${path}.takeover-${dead.nonce}`);
  if (!("release" in guard)) {
    await sleep(5);
    return false;
  }
  try {
    if ((await readHolder(path))?.nonce !== dead.nonce) return false;
    await rename(temporary, path);
    return true;
  } finally {
    await guard.release();
  }
}

function lockOf(path: string, holder: LockHolder): FileLock {
  return {
    holder,
    release: () => release(path, holder),
    async writePage(page) {
      const temporary = `${path}.${randomBytes(8).toString("hex")}`;
      await writeFile(temporary, JSON.stringify({ ...holder, page }), { flag: "wx" });
      // Nobody replaces the lock of a living holder, so it is still ours.
      await rename(temporary, path);
    },
  };
}

async function release(path: string, holder: LockHolder): Promise<void> {
  if ((await readHolder(path))?.nonce === holder.nonce) await unlink(path).catch(ignoreAbsence);
}

function describeSelf(): LockHolder {
  return {
    pid: process.pid,
    host: os.hostname(),
    started: readStat(process.pid)?.started ?? "",
    since: new Date().toISOString(),
    command: [process.argv[1]?.split("/").at(-1) ?? "", ...process.argv.slice(2)].join(" ").slice(0, 200),
    nonce: randomBytes(8).toString("hex"),
  };
}

/** From /proc, where there is one: state letter, parent, and a start time that no later process can have. */
function readStat(pid: number): { state: string; parent: number; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the command's name, may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", parent: Number(fields[1]), started: `${bootId()}-${fields[19]}` };
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim().slice(0, 8);
}

async function linkOnce(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function ignoreAbsence(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
