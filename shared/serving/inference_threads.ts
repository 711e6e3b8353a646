/**
 * Threads that compute for the sessions of this one, whose weights are in a memory that all share: a session is opened once,
 * and any thread can be asked. They are started when first needed.
 * @module
 */
import { type JoinedInput, type NoiseSource, sharedMemory, type WorkPlace } from "@cugro/inference";
import { ActError } from "./act_request.ts";

/** More do not help requests that come one by one. */
const MOST_THREADS = 4;

/** One that is computed and one that waits, so that a thread need not wait until this one has its answer. */
export const CALLS_A_THREAD = 2;

/** A session, by a number that is its own. */
export interface ThreadSession {
  id: number;
  joined: JoinedInput;
}

/** One question to a session. */
export interface ThreadQuestion {
  task: number;
  states: Float32Array;
  noise: NoiseSource;
}

/**
 * Messages to a thread. `memory` comes whenever it has grown, `joined` with the first question to a session and with
 * the first after that.
 */
export type ToInference =
  | { memory: WebAssembly.Memory }
  | ThreadQuestion & { act: number; session: number; joined?: JoinedInput; place: WorkPlace }
  | { forget: number };
/** Messages from a thread. */
export type FromInference = { acted: number; actions: Float32Array } | { failed: number; message: string };

/** Threads to compute in. */
export interface InferenceThreads {
  /** How many there may be; none where WebAssembly is missing. */
  readonly count: number;
  /** Whether all have as much to do as they should, or there is none. */
  isBusy(): boolean;
  /**
   * Actions `[n * A]`, of the thread with least to do.
   *
   * @throws {ActError} 503 when the thread ends meanwhile
   */
  act(session: ThreadSession, question: ThreadQuestion): Promise<Float32Array>;
  /** The session is about to be disposed; nothing may be under way for it. */
  forget(session: ThreadSession): void;
  /** Ends all; what is under way is refused. */
  close(): void;
}

/**
 * As many threads as there are processors beside this thread's, one at least.
 *
 * @param count another number
 * @returns threads, each started when it is first needed; `count` is 0 where memory cannot be shared
 */
export function createInferenceThreads(
  count = Math.min(MOST_THREADS, Math.max(1, navigator.hardwareConcurrency - 1)),
): InferenceThreads {
  const threads: InferenceThread[] = [];
  const memory = sharedMemory();
  const openThreads = () => threads.filter((thread) => thread.isOpen);
  const idlest = () => {
    const open = openThreads();
    const least = open.sort((a, b) => a.calls.size - b.calls.size)[0];
    if (least && (least.calls.size === 0 || open.length >= count)) return least;
    const started = new InferenceThread(memory!);
    threads.splice(0, threads.length, ...open, started);
    return started;
  };
  return {
    count: memory ? count : 0,
    isBusy: () =>
      !memory ||
      (openThreads().length >= count && threads.every(({ calls }) => calls.size >= CALLS_A_THREAD)),
    act: (session, question) => idlest().act(session, question),
    forget: ({ id }) => threads.forEach((thread) => thread.forget(id)),
    close: () => threads.splice(0).forEach((thread) => thread.end("closed")),
  };
}

class InferenceThread {
  isOpen = true;
  readonly calls = new Map<number, PromiseWithResolvers<Float32Array>>();
  /** Only modules are read, which its parent has read before. */
  #worker = new Worker(new URL("./inference_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  });
  #joined = new Set<number>();
  /** Of the memory when it was last sent. */
  #sizeBytes = 0;
  #places: WorkPlace[] = [];
  #lastCall = 0;

  constructor(private readonly memory: NonNullable<ReturnType<typeof sharedMemory>>) {
    this.#worker.onmessage = ({ data }: MessageEvent<FromInference>) => this.#onMessage(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(event.message);
    };
  }

  act({ id, joined }: ThreadSession, question: ThreadQuestion): Promise<Float32Array> {
    const call = Promise.withResolvers<Float32Array>();
    const place = this.#placeOf(joined.workBytes);
    this.calls.set(++this.#lastCall, call);
    this.#sendMemory();
    const isNew = !this.#joined.has(id);
    this.#joined.add(id);
    this.#send({ act: this.#lastCall, session: id, place, ...question, ...isNew ? { joined } : {} });
    return call.promise;
  }

  forget(session: number): void {
    if (this.#joined.delete(session)) this.#send({ forget: session });
  }

  end(why: string): void {
    this.isOpen = false;
    this.#worker.terminate();
    for (const place of this.#places) this.memory.release(place);
    for (const { reject } of this.calls.values()) {
      reject(
        new ActError(503, `A thread that computes has stopped (${why}): try again`, { retryAfterSeconds: 1 }),
      );
    }
    this.calls.clear();
  }

  #sendMemory(): void {
    const sizeBytes = this.memory.sizeBytes();
    if (sizeBytes === this.#sizeBytes) return;
    this.#sizeBytes = sizeBytes;
    this.#joined.clear();
    this.#send({ memory: this.memory.memory });
  }

  /** The newest place, or a larger one: calls under way go on in the one they were given. */
  #placeOf(bytes: number): WorkPlace {
    const newest = this.#places.at(-1);
    if (newest && newest.bytes >= bytes) return newest;
    const place = this.memory.take(bytes);
    this.#places.push(place);
    return place;
  }

  #onMessage(message: FromInference): void {
    const id = "acted" in message ? message.acted : message.failed;
    const call = this.calls.get(id);
    this.calls.delete(id);
    if ("acted" in message) call?.resolve(message.actions);
    else call?.reject(new Error(message.message));
  }

  #send(message: ToInference): void {
    this.#worker.postMessage(message);
  }
}
