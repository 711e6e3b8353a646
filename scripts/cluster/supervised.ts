/**
 * A program that is kept running: started again when it ends, ended when it no longer answers, stopped with a deadline.
 * @module
 */
import { backoffMs, sleep, waitAtMost } from "@cugro/async";
import type { ChildRegister } from "./child_register.ts";
import {
  becomesReady,
  describeEnd,
  type Program,
  type ProgramEnd,
  type ProgramRun,
  runProgram,
  stopRun,
} from "./program.ts";

const FIRST_RESTART_MS = 250;
const LONGEST_RESTART_MS = 10_000;
/** A process that was ready and lived this long was not ill from the start. */
const HEALTHY_MS = 10_000;
/** A process that leaves this many probes in a row unanswered counts as hung. */
const QUESTIONS = 6;
const POLL_MS = 100;
/** Services load libraries, and wait for each other. */
const READY_MS = 180_000;
const LAST_WORDS = 1_500;

/** How programs are kept running. */
export interface Supervision {
  /** Where every process is written down as long as it lives. */
  register: ChildRegister;
  /** Each line that a process writes. */
  onLine: (name: string, line: string) => void;
  /** Gets a program's events, as sentences. */
  onEvent: (name: string, sentence: string) => void;
  /** It cannot be started again. The message ends with its last words. */
  onGiveUp: (error: Error) => void;
  /** A process that answers nothing for this long is killed. Steps of a training may block one for half a minute. */
  hangMs: number;
  /** Deaths in a row before it is given up. */
  tries: number;
}

/** A program of a cluster, one process after the other. */
export class Supervised {
  /** How often it was started again. */
  restarts = 0;
  #run: ProgramRun | undefined;
  #stopping = false;
  #deaths = 0;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #lastWords = "";

  constructor(readonly program: Program, private readonly supervision: Supervision) {}

  get name(): string {
    return this.program.name;
  }

  /** Where it answers. */
  get url(): string {
    return this.program.url;
  }

  /** Process id now; undefined while it is being started again. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /** The last lines of the process of now, or of the last one. */
  output(): string {
    return this.#run?.output() ?? this.#lastWords;
  }

  /** Whether the process of now says that it can do its work. Another process at its address is not taken for it. */
  async isReady(): Promise<boolean> {
    const run = this.#run;
    return run !== undefined && await this.program.isReady(run) && run.end === undefined;
  }

  /** Sends a signal to the process of now (SIGKILL, SIGSTOP, ...). */
  kill(signal: NodeJS.Signals): void {
    this.#run?.signal(signal);
  }

  /** Starts it, at first or after {@link stop}. */
  start(): void {
    this.#stopping = false;
    const { register, onLine } = this.supervision;
    const run = runProgram(this.program, {
      detached: true,
      onLine: (line) => onLine(this.name, line),
    });
    this.#run = run;
    register.add(this.name, run.pid);
    const life = { ready: false, began: performance.now() };
    void run.ended.then((end) => this.#onEnd(run, life, end));
    void this.#awaitReady(run, life);
    void this.#watch(run);
  }

  /** Ends it for good: SIGTERM, after its time SIGKILL. The exit status, or null if a signal ended it. */
  async stop(): Promise<number | null> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const run = this.#run;
    if (run === undefined) return null;
    const { graceMs } = this.program;
    const { status } = await stopRun(
      run,
      graceMs,
      () => this.#report(`(pid ${run.pid}) has not stopped within ${graceMs / 1000} s and is killed`),
    );
    return status;
  }

  async #awaitReady(run: ProgramRun, life: { ready: boolean }): Promise<void> {
    if (await becomesReady(this.program, run)) {
      life.ready = true;
      if (this.restarts > 0) this.#report(`(pid ${run.pid}) is ready again`);
    } else if (run.end === undefined && !this.#stopping) {
      this.#report(`(pid ${run.pid}) is not ready after ${this.program.readyMs! / 1000} s and is killed`);
      run.signal("SIGKILL");
    }
  }

  /** By the number of answers that fail to come, not by a clock, which also runs while this command is stopped. */
  async #watch(run: ProgramRun): Promise<void> {
    const everyMs = this.supervision.hangMs / QUESTIONS;
    for (let unanswered = 0; run.end === undefined && !this.#stopping;) {
      const asked = performance.now();
      unanswered = await this.program.isAlive(run, everyMs) ? 0 : unanswered + 1;
      if (unanswered >= QUESTIONS && run.end === undefined && !this.#stopping) {
        const seconds = Math.round(this.supervision.hangMs / 100) / 10;
        this.#report(`(pid ${run.pid}) has not answered for ${seconds} s: it hangs and is killed`);
        return run.signal("SIGKILL");
      }
      await waitAtMost(Math.max(0, everyMs - (performance.now() - asked)), run.ended);
    }
  }

  #onEnd(run: ProgramRun, life: { ready: boolean; began: number }, end: ProgramEnd): void {
    this.supervision.register.remove(run.pid);
    this.#lastWords = run.output();
    if (this.#run === run) this.#run = undefined;
    if (this.#stopping) return;
    if (life.ready && performance.now() - life.began > HEALTHY_MS) this.#deaths = 0;
    this.#deaths++;
    if (this.#deaths >= this.supervision.tries) return this.#giveUp(end);
    const delayMs = backoffMs(this.#deaths, { firstMs: FIRST_RESTART_MS, longestMs: LONGEST_RESTART_MS });
    this.#report(`(pid ${run.pid}) ended with ${describeEnd(end)}; it is started again in ${delayMs} ms`);
    this.#restart = setTimeout(() => {
      this.restarts++;
      this.start();
    }, delayMs);
  }

  #giveUp(end: ProgramEnd): void {
    const sentence = `${this.name} ends again and again (${this.#deaths} times in a row, at last with ` +
      `${describeEnd(end)}) and cannot be kept running`;
    this.supervision.onGiveUp(new Error(`${sentence}. It said:\n${this.#lastWords.slice(-LAST_WORDS)}`));
  }

  #report(sentence: string): void {
    this.supervision.onEvent(this.name, sentence);
  }
}

/**
 * Waits until all of them are ready.
 *
 * @param restarts of one of them after which it is hopeless
 * @throws {Error} with the last words of the first that does not become ready
 */
export async function allReady(
  children: readonly Supervised[],
  restarts: number,
  signal?: AbortSignal,
): Promise<void> {
  await Promise.all(children.map((one) => untilReady(one, restarts, signal)));
}

async function untilReady(one: Supervised, restarts: number, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (!await one.isReady()) {
    if (signal?.aborted) throw new Error("Stopped before it was ready");
    if (performance.now() > deadline || one.restarts >= restarts) {
      throw new Error(`${one.name} does not become ready:\n${one.output().slice(-LAST_WORDS)}`);
    }
    await sleep(POLL_MS);
  }
}
