/**
 * Fetching one job message.
 *
 * An idle worker leaves a request with the consumer of each of its kinds and is handed the first message within a
 * round trip; nothing is polled, and nothing is fetched in advance. With several kinds it first asks each in order
 * whether something waits, so that earlier kinds are preferred. Of two messages that arrive at once the second goes
 * back at once. Whatever disturbs the requests (a restart of the server, a consumer that vanished) makes the fetch
 * ask again; it never fails because of an outage.
 *
 * By hand, since `@nats-io/jetstream` fetches in advance, from one consumer at a time, and loses what comes as it stops.
 * @module
 */
import { createInbox, type Msg, type Subscription } from "@nats-io/transport-node";
import { backoffMs } from "@cugro/async";
import type { JobKind } from "@cugro/protocol";
import type { Log } from "@cugro/telemetry";
import { refuse } from "./delivery.ts";
import type { Link } from "./link.ts";
import type { Topology } from "./streams.ts";
import { consumerName, STREAMS } from "./subjects.ts";

/** How long the server keeps a request; it is renewed. */
const EXPIRES_MS = 10_000;
/** No word from the server for this long, though one is due: ask again. */
const SILENCE_MS = 5_000;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** Options of a fetch. */
export interface PullOptions {
  link: Link;
  topology: Topology;
  /** In order of preference. */
  kinds: readonly JobKind[];
  signal: AbortSignal;
  log: Log;
}

/** A fetch that runs. */
export interface Pull {
  /** The message, or undefined once aborted. */
  message: Promise<Msg | undefined>;
  /** Resolves when the server has forgotten the requests, and what still came has gone back. */
  ended: Promise<void>;
}

/**
 * Asks the consumers of some kinds for one job message; the first that has one answers.
 *
 * @param options the kinds of jobs, and how long to wait
 * @returns `message`: the first that came, or undefined; `ended`: once the server has forgotten the requests
 */
export function startPull(options: PullOptions): Pull {
  const { promise: message, resolve } = Promise.withResolvers<Msg | undefined>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  new Requests(options, resolve, end).start();
  return { message, ended };
}

class Requests {
  #inbox: string;
  #subscription: Subscription;
  #settled = false;
  /** Index of the kind that is asked whether something waits; `kinds.length`: all have left a request. */
  #asking = 0;
  /** Which of the requests that were left have expired. */
  #expired = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** In a row, without a message from a consumer in between. */
  #repairs = 0;
  #forget: () => void;
  #abort = () => this.#settle(undefined);

  constructor(
    private readonly options: PullOptions,
    private readonly resolve: (message: Msg | undefined) => void,
    private readonly end: () => void,
  ) {
    const { link, signal } = options;
    this.#inbox = createInbox(link.inboxPrefix);
    this.#subscription = link.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, msg) => error ? this.#refused(error) : this.#receive(msg),
    });
    this.#forget = link.onReconnect(() => this.start());
    signal.addEventListener("abort", this.#abort);
  }

  /** Asks from the beginning: one kind after the other whether something waits, then all to wait. */
  start(): void {
    if (this.#settled) return;
    const { kinds, link } = this.options;
    this.#asking = kinds.length > 1 ? 0 : kinds.length;
    // What is sent without a connection is lost; the reconnect starts again.
    if (link.connected) this.#ask();
    else this.#watchFor(SILENCE_MS);
  }

  #ask(): void {
    const { kinds } = this.options;
    const kind = kinds[this.#asking];
    if (kind !== undefined) {
      this.#request(this.#asking, { batch: 1, no_wait: true });
      return this.#watchFor(SILENCE_MS);
    }
    this.#expired.clear();
    for (const index of kinds.keys()) this.#request(index, { batch: 1, expires: EXPIRES_MS * 1e6 });
    this.#watchFor(EXPIRES_MS + SILENCE_MS);
  }

  #request(index: number, request: { batch: number; no_wait?: boolean; expires?: number }): void {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.jobs}.${consumerName(this.options.kinds[index]!)}`;
    this.options.link.publish(subject, JSON.stringify(request), `${this.#inbox}.${index}`);
  }

  #watchFor(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // Old servers say nothing where a consumer is gone.
      if (this.options.link.connected) this.#repair("the server is silent");
      else this.start();
    }, milliseconds);
  }

  #receive(msg: Msg): void {
    const status = msg.headers?.code ?? 0;
    if (status === 0) {
      if (this.#settled) refuse(this.options.link, msg);
      else this.#settle(msg);
    } else if (!this.#settled) this.#onStatus(status, msg);
  }

  /** The server's word on the request whose number ends the subject. */
  #onStatus(status: number, msg: Msg): void {
    const index = Number(msg.subject.split(".").at(-1));
    const waiting = this.#asking === this.options.kinds.length;
    if (status === 404 || status === 408) {
      this.#repairs = 0;
      if (waiting) {
        // Its time is up. An answer of the round before counts for nothing.
        if (status === 408) this.#expire(index);
      } else if (index === this.#asking) {
        this.#asking++;
        this.#ask();
      }
    } else if (status !== 100) this.#repair(`${status} ${msg.headers?.description ?? ""}`);
  }

  /** All requests expire together; one that does not is missed by the watch. */
  #expire(index: number): void {
    this.#expired.add(index);
    if (this.#expired.size === this.options.kinds.length) this.start();
  }

  /** Consumer or stream are gone, the server shuts down, too many requests wait: look after them, then start again. */
  #repair(reason: string): void {
    if (this.#settled) return;
    const { topology, log } = this.options;
    log.debug("a fetch is repeated", { reason });
    clearTimeout(this.#timer);
    const pauseMs = backoffMs(++this.#repairs, { firstMs: SHORTEST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS });
    this.#timer = setTimeout(() => {
      topology.ensure()
        .then(
          () => this.start(),
          (error) => this.#repair(error instanceof Error ? error.message : String(error)),
        );
    }, pauseMs);
  }

  #refused(error: Error): void {
    this.options.log.error("NATS does not let this service fetch jobs", { error });
  }

  #settle(message: Msg | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#forget();
    this.options.signal.removeEventListener("abort", this.#abort);
    this.resolve(message);
    // Messages that were on their way still arrive here, and go back.
    this.#subscription.drain().then(this.end, this.end);
  }
}
