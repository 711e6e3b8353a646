/**
 * A policy that samples, in a thread of its own. Decisions are native calls of 5 to 50 ms, and opening a policy compiles for
 * a second or more: neither may hold up the thread that answers requests.
 * @module
 */
import { waitAtMost } from "@cugro/async";
import { ActError } from "./act_request.ts";
import { type PolicyParts, samplerInput } from "./policy_parts.ts";
import type { NoiseOf, OpenPolicy, RunningPolicy } from "./running_policy.ts";

/** What is said to the thread. */
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

/** Starts the thread, with what the sampler needs. See {@link OpenPolicy}. */
export const openPolicyThread: OpenPolicy = async (parts, say) => {
  const thread = new PolicyThread(parts.learner);
  const warning = await thread.open({ ...parts, input: samplerInput(parts.input) });
  if (warning) say(warning);
  return thread;
};

class PolicyThread implements RunningPolicy {
  /** It computes: what it is told comes from here, and what it says goes here. */
  #worker = new Worker(new URL("./policy_worker.ts", import.meta.url), {
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
  #opening: Pending<string | undefined> | undefined;
  #calls = new Map<number, Pending<Float32Array>>();
  #lastCall = 0;
  #isOpen = true;
  #onClosed = () => {};

  constructor(private readonly learner: string) {
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
        this.#say({ open: parts });
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
      this.#say({ act: this.#lastCall, task, states, noise });
    });
  }

  forget(asker: number): void {
    if (this.#isOpen) this.#say({ forget: asker });
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#onClosed = resolve;
    this.#say({ close: true });
    await waitAtMost(CLOSE_WITHIN_MS, closed);
    this.#end("closed");
  }

  #say(message: ToThread): void {
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

  #end(why: string): void {
    this.#isOpen = false;
    for (const { reject } of this.#calls.values()) reject(this.#gone(why));
    this.#calls.clear();
    this.#opening?.reject(this.#gone(why));
    this.#worker.terminate();
    this.#onClosed();
  }
}
