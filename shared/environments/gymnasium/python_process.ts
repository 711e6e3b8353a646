/**
 * The process of Python that environments run in, over pipes: one call at a time.
 *
 * What is started is `launcher.py`, which starts the process of an environment at each `open`. So this process may give up the
 * right to start programs as soon as {@link startPython} has returned.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import {
  errorOfFault,
  type GymnasiumCall,
  GymnasiumLost,
  GymnasiumUnavailable,
  plainWords,
  type ReportedFault,
} from "./gymnasium_faults.ts";
import { ANSWERS, createFrameReader, encodeFrame, type Frame } from "./bridge_frames.ts";
import { interpreterAdvice } from "./interpreter.ts";

/** How Python is started. */
export interface PythonOptions {
  /** Path of the interpreter. */
  python: string;
  /** Folder for its temporary files, which is its home as well. @default that of this process */
  temporary?: string;
  /** Whether environments may use it. @default "refuse": none is run where that cannot be seen to */
  network?: "refuse" | "allow";
  /** It has ended by itself, after it had worked; nothing can be run any more. */
  onEnd?: (error: Error) => void;
}

/** A running launcher. */
export interface PythonProcess {
  readonly python: string;
  /**
   * Asks, and waits for the answer.
   *
   * @param limitMs how long the environment may take
   * @throws {GymnasiumUnavailable | GymnasiumFault | GymnasiumLost}
   */
  ask(call: GymnasiumCall, body: Uint8Array, limitMs: number, id: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends it, with what it runs. */
  stop(): Promise<void>;
}

const LAUNCHER = fileURLToPath(new URL("launcher.py", import.meta.url));
/** How long a process may take to end itself. */
const GRACE_MS = 10_000;
const LAST_WORDS = 2_000;
const MARK_BYTES = 32;
/** Threads and rendering of libraries: results must not depend on the machine's load, and nobody looks. */
const LIBRARIES = {
  OMP_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  MUJOCO_GL: "disable",
  CUDA_VISIBLE_DEVICES: "",
};

/**
 * Starts Python. Nothing of this process's environment is handed on.
 *
 * @param options interpreter, temporary folder, network, what to call at its end
 * @returns asks it, one question at a time; close it
 */
export function startPython(
  { python, temporary = tmpdir(), network = "refuse", onEnd }: PythonOptions,
): PythonProcess {
  const own = { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", HOME: temporary, TMPDIR: temporary };
  const mark = randomBytes(MARK_BYTES);
  const child = spawn(python, ["-I", "-B", LAUNCHER, mark.toString("hex"), network], {
    stdio: ["pipe", "pipe", "pipe"],
    // MuJoCo writes a log where it is.
    cwd: temporary,
    env: { ...own, ...LIBRARIES },
  });
  return new LaunchedPython(python, child, mark, onEnd);
}

interface Waiting {
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

/** One call at a time; the end of the process ends the call. */
class LaunchedPython implements PythonProcess {
  #waiting: Waiting | undefined;
  #lastOutput = "";
  #end: string | undefined;
  #hasWorked = false;
  #stopping = false;
  readonly #ended: Promise<void>;

  constructor(
    readonly python: string,
    private readonly child: ChildProcess,
    private readonly mark: Uint8Array,
    private readonly onEnd: ((error: Error) => void) | undefined,
  ) {
    const read = createFrameReader(mark, (frame) => this.#answered(frame));
    child.stdout!.on("data", (chunk: Uint8Array) => {
      try {
        read(chunk);
      } catch (error) {
        this.#fail((error as Error).message);
        child.kill("SIGKILL");
      }
    });
    child.stderr!.on("data", (chunk: Uint8Array) => {
      this.#lastOutput = (this.#lastOutput + new TextDecoder().decode(chunk)).slice(-LAST_WORDS);
    });
    // Its end says the same.
    child.stdin!.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      child.on("error", (error) => {
        this.#fail(`it could not be started (${error.message})`);
        resolve();
      });
      child.on("close", (code, signal) => {
        this.#fail(`it ended with ${signal ?? `status ${code}`}`);
        resolve();
      });
    });
  }

  async ask(call: GymnasiumCall, body: Uint8Array, limitMs: number, id: string) {
    if (this.#end !== undefined) throw this.#gone(this.#end);
    if (this.#waiting) throw new TypeError("Cannot ask Python as it has not answered the call before");
    const late = this.#watch(limitMs);
    try {
      const { kind, body: answer } = await new Promise<Frame>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        this.child.stdin!.write(encodeFrame(call, body, limitMs));
      });
      if (kind === ANSWERS.done) return answer;
      // The launcher reads on from here: the one that this was meant for is gone.
      if (kind === ANSWERS.lost) this.child.stdin!.write(this.mark);
      throw errorOfAnswer(id, call, this.python, kind, answer);
    } finally {
      clearTimeout(late);
    }
  }

  /** Ends all of it where the process of the environment has not ended itself when its time was over. */
  #watch(limitMs: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#fail(`it gave no answer for ${(limitMs + GRACE_MS) / 1000} s`);
      this.child.kill("SIGKILL");
    }, limitMs + GRACE_MS);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.child.stdin!.end();
    await this.#ended;
  }

  #answered(frame: Frame): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#hasWorked = true;
    waiting?.resolve(frame);
  }

  #fail(end: string): void {
    const isFirst = this.#end === undefined;
    this.#end ??= end;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#gone(this.#end));
    if (isFirst && this.#hasWorked && !this.#stopping) this.onEnd?.(this.#gone(end));
  }

  /** A process that never worked lacks part of its installation; one that did is started again. */
  #gone(end: string): Error {
    const output = plainWords(this.#lastOutput.trim());
    const message = `Python (${this.python}) runs nothing: ${end}${output ? `, and said: ${output}` : ""}`;
    return this.#hasWorked
      ? new Error(message)
      : new GymnasiumUnavailable(`${message}; ${interpreterAdvice()}`);
  }
}

function errorOfAnswer(
  id: string,
  call: GymnasiumCall,
  python: string,
  kind: number,
  body: Uint8Array,
): Error {
  const message = JSON.parse(new TextDecoder().decode(body));
  if (kind === ANSWERS.fault) return errorOfFault(id, python, message as ReportedFault);
  const { how, lastOutput } = message as { how: string; lastOutput: string };
  return new GymnasiumLost(
    `the process of ${id} ${how}, during ${call}${
      lastOutput ? `; its last words:\n${plainWords(lastOutput)}` : ""
    }`,
  );
}
