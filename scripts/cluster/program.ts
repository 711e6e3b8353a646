/**
 * A program that a cluster runs, a server or a service: how it is started, how one asks whether it works, how it ends.
 * @module
 */
import { waitAtMost } from "@cugro/async";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import process from "node:process";

/** A program's definition, before it runs. */
export interface Program {
  /** `nats-server`, `gateway`, `state-generation.1`: one name in a cluster. */
  name: string;
  command: string;
  args: readonly string[];
  /** Added to this process's environment. */
  environment: Readonly<Record<string, string>>;
  /** @default this process's */
  cwd?: string;
  /** Resources of each single process. @default nothing */
  prepare?(): Preparation;
  /** Where it answers. */
  url: string;
  /** Whether this run of it, and no other process at its address, can do its work. */
  isReady(run: ProgramRun): boolean | Promise<boolean>;
  /** Whether it answers at all; waits for an answer at most `timeoutMs`. */
  isAlive(run: ProgramRun, timeoutMs: number): Promise<boolean>;
  /** From SIGTERM to SIGKILL. */
  graceMs: number;
  /** One that is not ready by then is ill. @default it may wait for others as long as it must */
  readyMs?: number;
}

/** Resources of one process of a program. */
export interface Preparation {
  /** Before the program's own. */
  args: readonly string[];
  /** Added to the program's own. */
  environment: Readonly<Record<string, string>>;
  /** Called when it has ended. */
  clear(): void;
}

/** How a process ended: its exit status, or the signal that ended it. */
export interface ProgramEnd {
  status: number | null;
  signal: string | null;
}

/** One process of a program. */
export interface ProgramRun {
  pid: number;
  /** Tells this run from every other; its environment has it as `CUGRO_INSTANCE`. */
  instance: string;
  url: string;
  /** The last lines it wrote. */
  output(): string;
  /** How it ended; undefined while it runs. */
  readonly end: ProgramEnd | undefined;
  ended: Promise<ProgramEnd>;
  /** Sends a signal (SIGKILL, SIGSTOP, ...), unless it has ended. */
  signal(name: NodeJS.Signals): void;
}

/** How {@link runProgram} starts a process. */
export interface RunOptions {
  /** In a process group of its own: Ctrl-C in the terminal reaches the command alone, which stops all in order. @default false */
  detached?: boolean;
  /** Each line it writes, on stdout or stderr. */
  onLine?: (line: string) => void;
}

const LAST_LINES = 100;
const LAST_CHARACTERS = 20_000;
/** Another process may hold the pipes of one that has ended. */
const DRAIN_MS = 1_000;
const POLL_MS = 50;
/** One that is not ready by then waits for others, perhaps for hours. */
const SOON_MS = 10_000;
const SLOW_POLL_MS = 1_000;

/** Starts a process of the program. */
export function runProgram(program: Program, { detached = false, onLine }: RunOptions = {}): ProgramRun {
  const instance = randomBytes(8).toString("hex");
  const own = program.prepare?.();
  const child = spawn(program.command, [...own?.args ?? [], ...program.args], {
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
    detached,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...program.environment, ...own?.environment, CUGRO_INSTANCE: instance },
  });
  const lines: string[] = [];
  const report = (line: string) => {
    lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
    onLine?.(line);
  };
  readLines(child, report);
  let end: ProgramEnd | undefined;
  const ended = endOf(child, detached, report).then((seen) => {
    own?.clear();
    return end = seen;
  });
  return {
    pid: child.pid ?? 0,
    instance,
    url: program.url,
    output: () => lines.join("\n").slice(-LAST_CHARACTERS),
    get end() {
      return end;
    },
    ended,
    signal: (name) => {
      if (end === undefined && child.pid !== undefined) signalProcess(child.pid, name);
    },
  };
}

/** Once it has ended and what it wrote has been read. What it started in its group ends with it. */
async function endOf(
  child: ChildProcess,
  leadsGroup: boolean,
  report: (line: string) => void,
): Promise<ProgramEnd> {
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const end = await new Promise<ProgramEnd>((resolve) => {
    child.on("exit", (status, signal) => resolve({ status, signal }));
    child.on("error", (error) => {
      report(`cannot be started: ${error.message}`);
      resolve({ status: null, signal: null });
    });
  });
  if (child.pid === undefined) return end;
  if (leadsGroup) killGroup(child.pid);
  await waitAtMost(DRAIN_MS, closed);
  return end;
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new TextDecoder();
    let rest = "";
    stream?.on("data", (chunk: Uint8Array) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.trim() !== "") onLine(line);
    });
    stream?.on("end", () => {
      if (rest.trim() !== "") onLine(rest);
    });
  }
}

/** `ChildProcess.kill` of Deno 2.9 reports the end before it happened; a signal by process id does not. */
export function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** SIGKILL for all of a process group; whether there still was one shows elsewhere. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // macOS says EPERM of a group whose processes have all ended.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** "SIGKILL" or "status 1". */
export function describeEnd({ status, signal }: ProgramEnd): string {
  return signal ?? (status === null ? "no status" : `status ${status}`);
}

/**
 * Ends a process: SIGTERM, and SIGKILL when it has not stopped in time.
 *
 * @param onKilled told before SIGKILL
 */
export async function stopRun(
  run: ProgramRun,
  graceMs: number,
  onKilled: () => void = () => {},
): Promise<ProgramEnd> {
  run.signal("SIGCONT");
  run.signal("SIGTERM");
  if (!await waitAtMost(graceMs, run.ended)) {
    onKilled();
    run.signal("SIGKILL");
  }
  return await run.ended;
}

/**
 * Waits until a process is ready.
 *
 * @returns false if it ended, or was not ready in time
 */
export async function becomesReady(
  program: Program,
  run: ProgramRun,
  signal?: AbortSignal,
): Promise<boolean> {
  const began = performance.now();
  const deadline = began + (program.readyMs ?? Infinity);
  while (run.end === undefined && !signal?.aborted) {
    if (await program.isReady(run)) return run.end === undefined;
    if (performance.now() > deadline) return false;
    await waitAtMost(performance.now() - began < SOON_MS ? POLL_MS : SLOW_POLL_MS, run.ended);
  }
  return false;
}

/** Whether a URL answers within a time, with status 2xx; what it says is given to `judge`. */
export async function answers(
  url: string,
  timeoutMs: number,
  judge: (answer: Response) => boolean | Promise<boolean> = ({ ok }) => ok,
): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    const verdict = await judge(answer);
    if (!answer.bodyUsed) await answer.body?.cancel();
    return verdict;
  } catch {
    return false;
  }
}
