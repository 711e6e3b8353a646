/**
 * The worker process's side of the embedded bus: JSON lines over its stdin and stdout. The end of stdin means that
 * the parent is dead; then there is nobody to work for, and the process exits at once.
 * @module
 */
import { sleep } from "@cugro/async";
import { Console } from "node:console";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import type { CloudEvent, JobKind, ProgressMessage } from "@cugro/protocol";
import type { Bus, Delivery, IncomingHint, JobMessage, News, Subject } from "../bus.ts";
import type { Handout } from "./job_queue.ts";
import { createLineReader, decodeFrame, encodeFrame, type Reply, type Request } from "./pipe_protocol.ts";
import { Subscribers } from "./subscribers.ts";

/** How a worker process talks to its parent. */
export interface PipeBusOptions {
  /** Called when the parent is gone. @default exit at once with status 1 */
  onParentGone?: () => void;
  /** Where the parent's lines come from. @default stdin */
  input?: Readable;
  /** Where lines to the parent go. @default stdout */
  output?: Writable;
}

type Answer = Extract<Reply, { reply: number }>["value"];
/** A request that is answered, before it has its number. */
type Question = Request extends infer R ? R extends { id: number } ? Omit<R, "id"> : never : never;

/** Everything that is printed goes to stderr from now on: stdout belongs to the bus. */
function redirectConsole(): void {
  globalThis.console = new Console(process.stderr, process.stderr) as typeof globalThis.console;
}

/**
 * The bus of a worker process that an embedded parent has started. Call it before anything else prints.
 *
 * @param options streams of the pipe, if not stdin and stdout
 * @returns a bus that speaks to the parent
 */
export function openPipeBus(options: PipeBusOptions = {}): Bus {
  const { input = process.stdin, output = process.stdout, onParentGone = () => process.exit(1) } = options;
  if (output === process.stdout) redirectConsole();
  return new PipeBus(input, output, onParentGone);
}

class PipeBus implements Bus {
  #pending = new Map<number, (value: Answer) => void>();
  #subscribers = new Subscribers();
  #subscribed = new Set<Subject>();
  #ids = 0;
  #closing = new AbortController();

  constructor(
    private readonly input: Readable,
    private readonly output: Writable,
    onParentGone: () => void,
  ) {
    const read = createLineReader((line) => this.#receive(line));
    const end = () => {
      if (!this.#closing.signal.aborted) onParentGone();
    };
    input.on("data", (chunk: Uint8Array) => read(chunk));
    input.on("end", end);
    input.on("error", end);
    // Writing to a dead parent; the end of the input says the same.
    output.on("error", () => {});
  }

  async submit(message: JobMessage): Promise<"queued" | "present"> {
    return await this.#ask({ call: "submit", message }) as "queued" | "present";
  }

  async fetch(kinds: readonly JobKind[], signal: AbortSignal): Promise<Delivery | undefined> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    if (either.aborted) return undefined;
    const id = this.#ids + 1;
    const cancel = () => this.#send({ call: "cancelFetch", fetch: id });
    either.addEventListener("abort", cancel);
    const handout = await this.#ask({ call: "fetch", kinds }) as Handout | null;
    either.removeEventListener("abort", cancel);
    if (handout === null) return undefined;
    const delivery = this.#deliver(handout);
    if (!either.aborted) return delivery;
    // It was on its way when the fetch was given up.
    await delivery.nak();
    return undefined;
  }

  async announce(event: CloudEvent): Promise<void> {
    await this.#ask({ call: "announce", event });
  }

  progress(progress: ProgressMessage): void {
    this.#send({ call: "progress", progress });
  }

  hint(incoming: IncomingHint): void {
    this.#send({ call: "hint", incoming });
  }

  async subscribe<S extends Subject>(subject: S, handler: (news: News[S]) => void): Promise<() => void> {
    const stop = this.#subscribers.add(subject, handler);
    if (!this.#subscribed.has(subject)) {
      this.#subscribed.add(subject);
      await this.#ask({ call: "subscribe", subject });
    }
    return stop;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // Cancelled fetches are answered; then no request is pending.
    while (this.#pending.size > 0) await sleep(5);
    this.input.destroy();
  }

  #deliver({ token, message, deliveries }: Handout): Delivery {
    const ack = async () => void await this.#ask({ call: "ack", token });
    return {
      message,
      deliveries,
      working: () => this.#send({ call: "working", token }),
      ack,
      nak: async (delayMs = 0) => void await this.#ask({ call: "nak", token, delayMs }),
      term: ack,
    };
  }

  #ask(question: Question): Promise<Answer> {
    const id = ++this.#ids;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      this.#send({ ...question, id } as Request);
    });
  }

  #send(request: Request): void {
    this.output.write(encodeFrame(request));
  }

  #receive(line: string): void {
    const frame = decodeFrame<Reply>(line);
    if (frame === undefined) return;
    if ("reply" in frame) {
      this.#pending.get(frame.reply)?.(frame.value);
      this.#pending.delete(frame.reply);
      return;
    }
    this.#subscribers.publish(frame.subject, frame.news);
  }
}
