/**
 * Events and progress as a stream of server-sent events. What a client has not fetched is kept nowhere but in the log:
 * one that is slow falls behind there, and one that does not fetch at all is dropped.
 * @module
 */
import type { Bus } from "@cugro/bus";
import type { CloudEvent, EventType, ProgressMessage } from "@cugro/protocol";
import type { EventLog, EventReader, Page } from "./event_log.ts";

/** How streams behave. */
export interface StreamTimes {
  /** A comment after this long without news (ms). @default 15 s */
  heartbeatMs: number;
  /** A client that fetches nothing for this long is dropped. @default 60 s */
  stalledMs: number;
  /** A stream ends after so long; the client comes again and shows its token again. @default 1 h */
  maxMs: number;
}

/** The times of a gateway in service. */
export const STREAM_TIMES: StreamTimes = { heartbeatMs: 15_000, stalledMs: 60_000, maxMs: 3_600_000 };

/** A client's filters and rights. */
export interface Audience {
  /** Who it is, to count its streams. */
  token?: string;
  sees: (learner: string) => boolean;
  types: ReadonlySet<EventType> | undefined;
  progress: boolean;
  /** Events after this place; from now on if left out. */
  after: string | undefined;
}

/** All open streams. */
export interface EventFeed {
  /**
   * A stream for one client.
   *
   * @param gone aborted when the client has left
   * @throws {RangeError} when `after` is no place in the log.
   */
  open(audience: Audience, gone: AbortSignal): ReadableStream<Uint8Array>;
  /** Sends an event that is no fact's to those who are there: it has no place to go on from. */
  publish(event: CloudEvent): void;
  /** Tells those who follow progress that policies of a learner were asked: it has no place to go on from either. */
  asked(learner: string): void;
  /** Streams that are open: all, or those of a token. */
  clients(token?: string): number;
  /** Ends all streams. */
  close(): Promise<void>;
}

/** Events without a place that wait for one client; one that fetches nothing for this long must read the state again. */
const MOST_TOLD = 1_000;
/** Clients wait this long (ms) before they come again. */
const RETRY_MS = 2_000;

/**
 * Opens a feed over a log.
 * @param options times: heartbeat, and how long a client may be behind, in milliseconds
 * @returns opens a stream of server-sent events for each client
 */
export async function openEventFeed(
  { bus, log, times = {} }: { bus: Bus; log: EventLog; times?: Partial<StreamTimes> },
): Promise<EventFeed> {
  const settings = { ...STREAM_TIMES, ...times };
  const clients = new Set<Client>();
  let closed = false;
  const unsubscribe = await bus.subscribe("progress", (progress) => {
    for (const client of clients) client.progress(progress);
  });
  return {
    open(audience, gone) {
      const reader = log.open(audience.after);
      const client = new Client(
        audience,
        reader,
        audience.after ?? log.end(),
        settings,
        () => clients.delete(client),
      );
      clients.add(client);
      // Who comes while a gateway stops is sent on, with the place to go on from.
      if (closed || gone.aborted) client.leave();
      else gone.addEventListener("abort", () => client.leave(), { once: true });
      return client.stream;
    },
    publish: (event) => clients.forEach((client) => client.publish(event)),
    asked: (learner) => clients.forEach((client) => client.asked(learner)),
    clients: (token) =>
      token === undefined
        ? clients.size
        : [...clients].filter(({ audience }) => audience.token === token).length,
    async close() {
      closed = true;
      await unsubscribe();
      for (const client of clients) client.leave();
      await log.close();
    },
  };
}

/** One open stream. */
class Client {
  readonly stream: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isOpen = true;
  /** The newest progress of each job that has not been sent. */
  #progress = new Map<string, ProgressMessage>();
  /** Learners whose policies were asked, which has not been sent. */
  #asked = new Set<string>();
  /** Events without a place that have not been sent. */
  #unplaced: CloudEvent[] = [];
  #woken = new AbortController();
  #stalled: ReturnType<typeof setTimeout> | undefined;
  #end: ReturnType<typeof setTimeout>;

  constructor(
    readonly audience: Audience,
    private readonly reader: EventReader,
    place: string,
    private readonly times: StreamTimes,
    private readonly onLeave: () => void,
  ) {
    this.#end = setTimeout(() => this.leave(), times.maxMs);
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        // A place without data: a client that loses the connection before the first event misses nothing either.
        this.#send(`retry: ${RETRY_MS}\nid: ${place}\n\n`);
      },
      pull: () => this.#fill(),
      cancel: () => this.leave(),
    });
  }

  /** Ends the stream and frees what it holds. */
  leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#stalled);
    clearTimeout(this.#end);
    this.reader.close();
    this.#woken.abort();
    this.onLeave();
    try {
      this.#controller.close();
    } catch {
      // The client has cancelled it.
    }
  }

  progress(progress: ProgressMessage): void {
    const { audience } = this;
    if (!audience.progress || !audience.sees(progress.learner)) return;
    this.#progress.delete(progress.jobId);
    this.#progress.set(progress.jobId, progress);
    this.#woken.abort();
  }

  asked(learner: string): void {
    const { audience } = this;
    if (!audience.progress || !audience.sees(learner)) return;
    this.#asked.add(learner);
    this.#woken.abort();
  }

  publish(event: CloudEvent): void {
    const { sees, types } = this.audience;
    if (!sees(event.subject) || (types && !types.has(event.type)) || this.#unplaced.length >= MOST_TOLD) {
      return;
    }
    this.#unplaced.push(event);
    this.#woken.abort();
  }

  /** Called when the client has fetched what there was: sends what comes next, or a sign of life. */
  async #fill(): Promise<void> {
    clearTimeout(this.#stalled);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.times.heartbeatMs);
    try {
      while (this.#isOpen) {
        const until = AbortSignal.any([late.signal, this.#woken.signal]);
        const frames = framesOf(await this.reader.next(until), this.audience) + this.#takeNews();
        if (frames === "" && !late.signal.aborted) continue;
        return this.#send(frames === "" ? ": nothing new\n\n" : frames);
      }
    } catch {
      this.leave();
    } finally {
      clearTimeout(timer);
    }
  }

  #takeNews(): string {
    const unplaced = this.#unplaced.splice(0).map((event) => frame(event.type, event));
    const frames = [...unplaced, ...[...this.#progress.values()].map((one) => frame("progress", one))];
    for (const learner of this.#asked) frames.push(frame("traffic", { learner }));
    this.#progress.clear();
    this.#asked.clear();
    if (this.#isOpen) this.#woken = new AbortController();
    return frames.join("");
  }

  #send(text: string): void {
    if (!this.#isOpen) return;
    this.#stalled = setTimeout(() => this.leave(), this.times.stalledMs);
    this.#controller.enqueue(encoder.encode(text));
  }
}

const encoder = new TextEncoder();

function framesOf({ events, gap, place }: Page, { sees, types }: Audience): string {
  const wanted = events.filter(({ event }) => sees(event.subject) && (!types || types.has(event.type)));
  const frames = wanted.map((logged) => frame(logged.event.type, logged.event, logged.place));
  const warning = { detail: "Events have been missed and are gone: read the state again" };
  return (gap ? frame("gap", warning, events.length === 0 ? place : undefined) : "") + frames.join("");
}

function frame(
  name: string,
  data: CloudEvent | ProgressMessage | { detail: string } | { learner: string },
  place?: string,
): string {
  const id = place === undefined ? "" : `id: ${place}\n`;
  return `${id}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
