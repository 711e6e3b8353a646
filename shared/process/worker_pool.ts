/**
 * The embedded world's workers: processes of this machine, attached to the parent's bus over pipes. One that dies is
 * started again; what it held goes to another.
 * @module
 */
import { backoffMs, waitAtMost } from "@cugro/async";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import {
  createLineReader,
  decodeFrame,
  type EmbeddedBus,
  type Request,
  type WorkerConnection,
} from "@cugro/bus";
import type { Log } from "@cugro/telemetry";

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

/** The program to start, and the number of processes. */
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
  /** Gets the workers' output. @default this process's stderr */
  onOutput?: (text: string) => void;
  onDeath?: (death: WorkerDeath) => void;
  /**
   * Workers cannot even start: five times in a row, in one place, none came as far as asking for work, and no other
   * runs. The message ends with what the last one said. They are not started again.
   */
  onFailure?: (error: Error) => void;
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
/** A worker is its parent's: what is set for services of a cluster is not meant for it. */
const EMBEDDED = { CUGRO_NATS: "", CUGRO_HTTP_PORT: "", CUGRO_KINDS: "" };
const LONGEST_RESTART_MS = 30_000;
const FAILED_STARTS = 5;
const LAST_WORDS = 2_000;

/**
 * Starts worker processes and keeps them running until closed.
 *
 * @param options command, number of processes, bus, what happens at a death
 * @returns the pool; close it
 */
export function startWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const places: Place[] = Array.from({ length: options.count }, () => {
    return new Place(options, () => places.some((place) => place.attached), () => void stop());
  });
  const stop = async () => void await Promise.all(places.map((place) => place.stop()));
  for (const place of places) place.start();
  return { pids: () => places.flatMap((place) => place.pid ?? []), close: stop };
}

/** One worker at a time, again and again. */
class Place {
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #restart: ReturnType<typeof setTimeout> | undefined;
  #stopping = false;
  #deaths = 0;
  #failedStarts = 0;
  #lastOutput = "";
  /** The worker here has asked for something: it runs. */
  attached = false;

  constructor(
    private readonly options: WorkerPoolOptions,
    private readonly isAnyAttached: () => boolean,
    private readonly stopAll: () => void,
  ) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { command, args, environment, bus } = this.options;
    const child = spawn(command, [...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...ONE_THREAD, ...EMBEDDED, ...environment },
    });
    this.#lastOutput = "";
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
    if (await waitAtMost(graceMs, this.#ended)) return;
    log.warn("worker did not stop in time and is killed", { worker: pid, graceMs });
    signalProcess(pid, "SIGKILL");
    await this.#ended;
  }

  #receive(line: string, connection: WorkerConnection): void {
    const request = decodeFrame<Request>(line);
    if (request === undefined) return this.#print(`${line}\n`);
    this.attached = true;
    if (request.call === "ack") this.#deaths = 0;
    connection.receive(request);
  }

  #print(text: string): void {
    this.#lastOutput = (this.#lastOutput + text).slice(-LAST_WORDS);
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
    this.#failedStarts = this.attached ? 0 : this.#failedStarts + 1;
    this.attached = false;
    if (this.#failedStarts >= FAILED_STARTS && !this.isAnyAttached()) return this.#giveUp(code, signal);
    const delayMs = backoffMs(inARow, { firstMs: restartDelayMs, longestMs: LONGEST_RESTART_MS });
    log.warn("worker died and is started again", { worker: pid, code, signal, jobIds, inARow, delayMs });
    onDeath?.({ pid, code, signal, jobIds, inARow });
    this.#restart = setTimeout(() => this.start(), delayMs);
  }

  #giveUp(code: number | null, signal: string | null): void {
    this.stopAll();
    const end = signal === null ? `status ${code}` : signal;
    const message =
      `Workers cannot start: ${FAILED_STARTS} in a row ended with ${end} before they asked for work. ` +
      `The last one said:\n${this.#lastOutput.trim() || "(nothing)"}`;
    this.options.log.error("workers cannot start", { starts: FAILED_STARTS, code, signal });
    this.options.onFailure?.(new Error(message));
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
