/**
 * Processes that are started again when they die, as Kubernetes does it; each life may have its own sabotage.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { ProcessSettings } from "./process.ts";

const PROGRAM = fileURLToPath(new URL("process.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));
const RESTART_MS = 200;
/** One thread each, as everywhere. */
const THREADS = { OMP_NUM_THREADS: "1", TF_NUM_INTRAOP_THREADS: "1", TF_NUM_INTEROP_THREADS: "1" };

/** One process, life after life. */
export interface Supervised {
  who: string;
  /** SIGKILL; it is started again. */
  kill(): void;
  /** SIGSTOP or SIGCONT. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** SIGKILL; it is not started again before `resume`. */
  halt(): Promise<void>;
  resume(): void;
  /** How often it died without being killed from here. */
  deaths(): number;
  stop(): Promise<void>;
}

/** What a process is started with. */
export interface SupervisedOptions {
  settings: Omit<ProcessSettings, "sabotage">;
  /** Asked at each start. */
  environment: () => Record<string, string>;
  /** Sabotage of its first life, its second, ...; none after those. */
  lives: readonly string[];
  /** Folder for what it writes to stderr. */
  logs: string;
}

/** Starts a process and keeps it alive. */
export function supervise(options: SupervisedOptions): Supervised {
  const { settings, environment, lives, logs } = options;
  mkdirSync(logs, { recursive: true });
  let life = 0;
  let deaths = 0;
  let killed = false;
  let stopping = false;
  let halted = false;
  let child: ChildProcess;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended: Promise<void>;
  const start = () => {
    const output = openSync(join(logs, `${settings.who}.log`), "a");
    const full: ProcessSettings = { ...settings, sabotage: lives[life++] ?? "" };
    const args = [
      "run",
      "-A",
      "--no-check",
      "--node-modules-dir=manual",
      "--config",
      CONFIG,
      PROGRAM,
      JSON.stringify(full),
    ];
    child = spawn(process.execPath, args, {
      stdio: ["ignore", output, output],
      env: { ...process.env, ...THREADS, ...environment() },
    });
    closeSync(output);
    ended = new Promise((resolve) => {
      child.on("exit", () => {
        if (!killed) deaths++;
        killed = false;
        if (!stopping && !halted) timer = setTimeout(start, RESTART_MS);
        resolve();
      });
    });
  };
  start();
  const halt = async () => {
    halted = killed = true;
    clearTimeout(timer);
    signalProcess(child.pid, "SIGKILL");
    await ended;
  };
  return {
    who: settings.who,
    kill() {
      killed = true;
      signalProcess(child.pid, "SIGKILL");
    },
    signal: (name) => signalProcess(child.pid, name),
    halt,
    resume() {
      halted = killed = false;
      start();
    },
    deaths: () => deaths,
    async stop() {
      stopping = true;
      await halt();
    },
  };
}

/** By pid: `ChildProcess.kill` of Deno reports the exit before it happened. */
function signalProcess(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
