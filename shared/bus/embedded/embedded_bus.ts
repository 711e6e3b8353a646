/**
 * The bus of one command: the parent process holds the queue and hands jobs to its worker processes over pipes. It
 * may forget everything; the store remembers.
 * @module
 */
import type { CloudEvent, JobKind, ProgressMessage } from "@cugro/protocol";
import type { Bus, Delivery, IncomingHint, JobMessage, News, Subject } from "../bus.ts";
import { type Handout, JobQueue } from "./job_queue.ts";
import type { Log } from "@cugro/telemetry";
import { encodeFrame, type Reply, type Request } from "./pipe_protocol.ts";
import { Subscribers } from "./subscribers.ts";

/** The parent's side of one worker process. */
export interface WorkerConnection {
  /** A frame has come from the worker. */
  receive(request: Request): void;
  /** The worker is gone: what it held is given to others. The ids of those jobs. */
  detach(): string[];
}

/** The bus in the parent: usable there as any bus, and by worker processes that are attached to it. */
export interface EmbeddedBus extends Bus {
  /** Connects a worker process; `send` writes to its stdin. */
  attach(send: (frame: string) => void): WorkerConnection;
}

/** How the embedded bus behaves. */
export interface EmbeddedBusOptions {
  /** @default 30 s */
  ackWaitMs?: number;
  log?: Log;
}

/**
 * A bus without news and jobs.
 *
 * @param options ack wait in ms, log
 * @returns the parent's bus; `attach` connects a worker process
 *
 * @example
 * ```ts
 * import { createEmbeddedBus } from "@cugro/bus";
 * import { assertEquals } from "@std/assert";
 *
 * const bus = createEmbeddedBus();
 * const message = { jobId: "0".repeat(64), kind: "states.train", learner: "mine" } as const;
 * assertEquals(await bus.submit(message), "queued");
 * assertEquals(await bus.submit(message), "present");
 * const delivery = await bus.fetch(["states.train"], AbortSignal.timeout(1_000));
 * assertEquals(delivery?.message.learner, "mine");
 * await delivery?.ack();
 * await bus.close();
 * ```
 */
export function createEmbeddedBus(options: EmbeddedBusOptions = {}): EmbeddedBus {
  return new ParentBus(new JobQueue(options.ackWaitMs), options.log);
}

class ParentBus implements EmbeddedBus {
  #subscribers: Subscribers;

  constructor(readonly queue: JobQueue, log?: Log) {
    this.#subscribers = new Subscribers(log);
  }

  submit(message: JobMessage): Promise<"queued" | "present"> {
    return Promise.resolve(this.queue.submit(message));
  }

  async fetch(kinds: readonly JobKind[], signal: AbortSignal): Promise<Delivery | undefined> {
    const handout = await this.queue.fetch(kinds, this, signal);
    return handout && deliver(this.queue, handout);
  }

  announce(event: CloudEvent): Promise<void> {
    this.#subscribers.publish("events", event);
    return Promise.resolve();
  }

  progress(progress: ProgressMessage): void {
    this.#subscribers.publish("progress", progress);
  }

  hint(incoming: IncomingHint): void {
    this.#subscribers.publish("incoming", incoming);
  }

  subscribe<S extends Subject>(subject: S, handler: (news: News[S]) => void): Promise<() => void> {
    return Promise.resolve(this.#subscribers.add(subject, handler));
  }

  close(): Promise<void> {
    this.queue.close();
    this.#subscribers.clear();
    return Promise.resolve();
  }

  attach(send: (frame: string) => void): WorkerConnection {
    return new Connection(this, send);
  }
}

function deliver(queue: JobQueue, { token, message, deliveries }: Handout): Delivery {
  const ack = () => Promise.resolve(queue.ack(token));
  return {
    message,
    deliveries,
    working: () => queue.working(token),
    ack,
    nak: (delayMs = 0) => Promise.resolve(queue.nak(token, delayMs)),
    term: ack,
  };
}

/** The owner of what a worker process holds. */
class Connection implements WorkerConnection {
  #fetches = new Map<number, AbortController>();
  #stops: (() => void)[] = [];
  #attached = true;

  constructor(private readonly bus: ParentBus, private readonly send: (frame: string) => void) {}

  receive(request: Request): void {
    void this.#answer(request);
  }

  detach(): string[] {
    this.#attached = false;
    for (const stop of this.#stops) stop();
    return this.bus.queue.release(this);
  }

  #send(reply: Reply): void {
    if (this.#attached) this.send(encodeFrame(reply));
  }

  async #answer(request: Request): Promise<void> {
    const { bus } = this;
    switch (request.call) {
      case "submit":
        return this.#send({ reply: request.id, value: await bus.submit(request.message) });
      case "fetch":
        return this.#send({ reply: request.id, value: await this.#fetch(request.id, request.kinds) });
      case "cancelFetch":
        return this.#fetches.get(request.fetch)?.abort();
      case "working":
        return bus.queue.working(request.token);
      case "ack":
        bus.queue.ack(request.token);
        break;
      case "nak":
        bus.queue.nak(request.token, request.delayMs);
        break;
      case "announce":
        await bus.announce(request.event);
        break;
      case "progress":
        return bus.progress(request.progress);
      case "hint":
        return bus.hint(request.incoming);
      case "subscribe":
        await this.#subscribe(request.subject);
        break;
    }
    this.#send({ reply: request.id, value: null });
  }

  async #fetch(id: number, kinds: readonly JobKind[]): Promise<Handout | null> {
    const cancel = new AbortController();
    this.#fetches.set(id, cancel);
    const handout = await this.bus.queue.fetch(kinds, this, cancel.signal);
    this.#fetches.delete(id);
    return handout ?? null;
  }

  async #subscribe(subject: Subject): Promise<void> {
    this.#stops.push(await this.bus.subscribe(subject, (news) => this.#send({ subject, news })));
  }
}
