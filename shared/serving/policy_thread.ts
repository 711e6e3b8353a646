/**
 * A policy that samples, in a thread of its own. Decisions are native calls of 5 to 50 ms, and opening a policy compiles for
 * a second or more: neither may hold up the thread that answers requests.
 * @module
 */
import { waitAtMost } from "@cugro/async";
import { ActError } from "./act_request.ts";
import { type PolicyParts, samplerInput } from "./policy_parts.ts";
import type { NoiseOf, OpenPolicy, RunningPolicy } from "./running_policy.ts";

/** Messages to the thread. */
export type ToThread =
  | { open: PolicyParts }
  | { act: number; task: number; states: Float32Array; noise: readonly NoiseOf[] }
  | { forget: number }
  | { close: true };
/** What the thread says. */
export type FromThread =
  | { opened: true; warning: string | undefined }
  | { acted: number; actions: Float32Array }
  | { failed: number | "open"; message: string }
  | { closed: true };

const CLOSE_WITHIN_MS = 5_000;

interface Pending<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Threads that are kept for the next policy, once theirs was closed: a version that replaces another is opened before that is closed. */
const MOST_IDLE = 2;
/** Policies that one thread takes before it ends: what was compiled for each shape stays in it, some 10 MB a version. */
const MOST_POLICIES = 8;

/** Threads of policies that sample. */
export interface PolicyThreads {
  /** Opens a policy in a thread, with what the sampler needs. */
  open: OpenPolicy;
  /** Ends those that have no policy. */
  close(): void;
}

/**
 * Makes threads as they are wanted. One whose policy was closed takes the next: Deno (2.9) never gives back two
 * descriptors of a thread that had loaded native code, so that a gateway whose versions change for months would have none left.
 *
 * @returns opens policies, each in a thread
 */
export function createPolicyThreads(): PolicyThreads {
  const idle: Worker[] = [];
  const taken = new WeakMap<Worker, number>();
  let isOver = false;
  const keep = (worker: Worker) => {
    if (isOver || idle.length >= MOST_IDLE || taken.get(worker)! >= MOST_POLICIES) return worker.terminate();
    // One that ends by itself while it waits is not taken.
    worker.onerror = (event) => {
      event.preventDefault();
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
      worker.terminate();
    };
    idle.push(worker);
  };
  return {
    async open(parts, warn) {
      const worker = idle.pop() ?? startWorker();
      taken.set(worker, (taken.get(worker) ?? 0) + 1);
      const thread = new PolicyThread(parts.learner, worker, keep);
      const warning = await thread.open({ ...parts, input: samplerInput(parts.input) });
      if (warning) warn(warning);
      return thread;
    },
    close() {
      isOver = true;
      for (const worker of idle.splice(0)) worker.terminate();
    },
  };
}

/** It computes. */
function startWorker(): Worker {
  return new Worker(new URL("./policy_worker.ts", import.meta.url), {
    type: "module",
    deno: {
      permissions: {
        ffi: "inherit",
        read: "inherit",
        write: "inherit",
        env: "inherit",
        net: false,
        run: false,
      },
    },
  });
}

class PolicyThread implements RunningPolicy {
  /** What it is told comes from here, and what it says goes here. */
  readonly #worker: Worker;
  #opening: Pending<string | undefined> | undefined;
  #calls = new Map<number, Pending<Float32Array>>();
  #lastCall = 0;
  #isOpen = true;
  #onClosed = () => {};

  constructor(
    private readonly learner: string,
    worker: Worker,
    private readonly keep: (worker: Worker) => void,
  ) {
    this.#worker = worker;
    this.#worker.onmessage = ({ data }: MessageEvent<FromThread>) => this.#onMessage(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(event.message);
    };
  }

  /** A warning, if there is something to warn of. */
  async open(parts: PolicyParts): Promise<string | undefined> {
    try {
      return await new Promise<string | undefined>((resolve, reject) => {
        this.#opening = { resolve, reject };
        this.#send({ open: parts });
      });
    } catch (error) {
      this.#end("it could not be opened");
      throw error;
    } finally {
      this.#opening = undefined;
    }
  }

  act(task: number, states: Float32Array, noise: readonly NoiseOf[]): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) return reject(this.#gone("closed"));
      this.#calls.set(++this.#lastCall, { resolve, reject });
      this.#send({ act: this.#lastCall, task, states, noise });
    });
  }

  forget(asker: number): void {
    if (this.#isOpen) this.#send({ forget: asker });
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#onClosed = resolve;
    this.#send({ close: true });
    const inTime = await waitAtMost(CLOSE_WITHIN_MS, closed);
    this.#end("closed", inTime ? this.keep : undefined);
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromThread): void {
    if ("opened" in message) return this.#opening?.resolve(message.warning);
    if ("closed" in message) return this.#onClosed();
    if ("acted" in message) return this.#take(message.acted)?.resolve(message.actions);
    const failed = message.failed === "open" ? this.#opening : this.#take(message.failed);
    failed?.reject(new Error(message.message));
  }

  #take(call: number): Pending<Float32Array> | undefined {
    const pending = this.#calls.get(call);
    this.#calls.delete(call);
    return pending;
  }

  #gone(why: string): ActError {
    return new ActError(503, `The policy of "${this.learner}" has stopped (${why}): try again`, {
      retryAfterSeconds: 1,
    });
  }

  /** @param keep takes the thread for another policy. @default it ends */
  #end(why: string, keep: (worker: Worker) => void = (worker) => worker.terminate()): void {
    this.#isOpen = false;
    for (const { reject } of this.#calls.values()) reject(this.#gone(why));
    this.#calls.clear();
    this.#opening?.reject(this.#gone(why));
    keep(this.#worker);
    this.#onClosed();
  }
}
