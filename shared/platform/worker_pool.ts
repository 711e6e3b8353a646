/**
 * The embedded world's workers: processes of this machine, attached to the parent's bus over pipes. One that dies is
 * started again; what it held goes to another.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { EmbeddedBus, WorkerConnection } from "./embedded_bus.ts";
import type { Log } from "./log.ts";
import { createLineReader, decodeFrame, type Request } from "./pipe_protocol.ts";

/** The end of a worker process that was not asked to end. */
export interface WorkerDeath {
  pid: number;
  code: number | null;
  signal: string | null;
  /** Jobs it held; they are given to others. */
  jobIds: string[];
  /** Deaths in a row of workers in this place that never finished a job. */
  inARow: number;
}

/** What to start, and how often. */
export interface WorkerPoolOptions {
  bus: EmbeddedBus;
  /** Program of a worker; it calls `openPipeBus()`. */
  command: string;
  args: readonly string[];
  /** Number of processes. */
  count: number;
  /** Added to this process's environment; thread counts are 1 unless set here. */
  environment?: Record<string, string>;
  log: Log;
  /** What workers write to stderr or print. @default this process's stderr */
  onOutput?: (text: string) => void;
  onDeath?: (death: WorkerDeath) => void;
  /** Between SIGTERM and SIGKILL, in ms. @default 10 s */
  graceMs?: number;
  /** Before a dead worker is first started again, in ms; doubles with each death in a row, up to 30 s. @default 250 */
  restartDelayMs?: number;
}

/** Running workers. */
export interface WorkerPool {
  /** Process ids of the workers that run now. */
  pids(): number[];
  /** Asks all to give back what they hold (SIGTERM), waits, and kills those that do not end in time. */
  close(): Promise<void>;
}

/** One thread a process: several processes share the cores, and results must not depend on the machine's load. */
const ONE_THREAD = {
  OMP_NUM_THREADS: "1",
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
};
const LONGEST_RESTART_MS = 30_000;

/** Starts worker processes and keeps them running until closed. */
export function startWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const places = Array.from({ length: options.count }, () => new Place(options));
  for (const place of places) place.start();
  return {
    pids: () => places.flatMap((place) => place.pid ?? []),
    close: async () => void await Promise.all(places.map((place) => place.stop())),
  };
}

/** One worker at a time, again and again. */
class Place {
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #restart: ReturnType<typeof setTimeout> | undefined;
  #stopping = false;
  #deaths = 0;

  constructor(private readonly options: WorkerPoolOptions) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { command, args, environment, bus } = this.options;
    const child = spawn(command, [...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...ONE_THREAD, ...environment },
    });
    this.#child = child;
    const connection = bus.attach((frame) => void child.stdin.write(frame));
    // A dead worker's pipe; its exit says the same.
    child.stdin.on("error", () => {});
    child.stdout.on("data", createLineReader((line) => this.#receive(line, connection)));
    child.stderr.on("data", (chunk: Uint8Array) => this.#print(new TextDecoder().decode(chunk)));
    this.#ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        this.#onEnd(child.pid ?? 0, code, signal, connection.detach());
        resolve();
      };
      child.on("error", (error) => {
        this.options.log.error("worker could not be started", { command, error });
        end(null, null);
      });
      child.on("close", end);
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const pid = this.pid;
    if (pid === undefined) return;
    const { graceMs = 10_000, log } = this.options;
    signalProcess(pid, "SIGTERM");
    const killer = setTimeout(() => {
      log.warn("worker did not stop in time and is killed", { worker: pid, graceMs });
      signalProcess(pid, "SIGKILL");
    }, graceMs);
    await this.#ended;
    clearTimeout(killer);
  }

  #receive(line: string, connection: WorkerConnection): void {
    const request = decodeFrame<Request>(line);
    if (request === undefined) return this.#print(`${line}\n`);
    if (request.call === "ack") this.#deaths = 0;
    connection.receive(request);
  }

  #print(text: string): void {
    if (this.options.onOutput) this.options.onOutput(text);
    else process.stderr.write(text);
  }

  #onEnd(pid: number, code: number | null, signal: string | null, jobIds: string[]): void {
    const { log, restartDelayMs = 250, onDeath } = this.options;
    if (this.#stopping) {
      log.debug("worker stopped", { worker: pid, code, signal });
      return;
    }
    const inARow = ++this.#deaths;
    const delayMs = Math.min(LONGEST_RESTART_MS, restartDelayMs * 2 ** (inARow - 1));
    log.warn("worker died and is started again", { worker: pid, code, signal, jobIds, inARow, delayMs });
    onDeath?.({ pid, code, signal, jobIds, inARow });
    this.#restart = setTimeout(() => this.start(), delayMs);
  }
}

/** `ChildProcess.kill` of Deno reports the exit before it happened; a signal by process id does not. */
function signalProcess(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
