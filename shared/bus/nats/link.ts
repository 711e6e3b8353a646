/**
 * The connection to NATS, kept through restarts of the server. Requests that an outage swallows are asked
 * again for a bounded time, then fail with {@link BusUnavailable}.
 * @module
 */
import {
  ClosedConnectionError,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type Status,
} from "@nats-io/transport-node";
import { backoffMs, deadline, sleep, waitAtMost } from "@cugro/async";
import type { Log } from "@cugro/telemetry";
import type { LinkOptions } from "./link_options.ts";
import { explainFault, isPassing, JetStreamFault, Passing, sortFault, unavailable } from "./nats_faults.ts";

const REQUEST_TIMEOUT_MS = 5_000;
const PATIENCE_MS = 15_000;
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

/** A connection to NATS that reconnects, and repeats requests that an outage swallowed. */
export class Link {
  /** Resolves when the connection is closed for good: with what ended it, or with nothing when we did. */
  readonly closed: Promise<Error | undefined>;
  #connected = true;
  #closing = false;
  /** Called when the connection is lost or found; each forgets itself. */
  #changes = new Set<() => void>();
  #reconnects = new Set<() => void>();
  readonly #log: Log;
  readonly #patienceMs: number;

  constructor(readonly connection: NatsConnection, private readonly options: LinkOptions) {
    this.#log = options.log;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.closed = connection.closed().then((error) => error ?? undefined);
    void this.#watch();
  }

  get inboxPrefix(): string {
    return `_INBOX_${this.options.name}`;
  }

  get connected(): boolean {
    return this.#connected && !this.connection.isClosed();
  }

  /** Calls `listener` each time the connection is back; a function that stops it. */
  onReconnect(listener: () => void): () => void {
    this.#reconnects.add(listener);
    return () => void this.#reconnects.delete(listener);
  }

  /** Publishes, at most once; while there is no connection, nothing. */
  publish(subject: string, payload: string, reply?: string): void {
    if (!this.connected || this.connection.isDraining()) return;
    this.connection.publish(subject, payload, reply === undefined ? {} : { reply });
  }

  /**
   * One question, one answer; not repeated.
   *
   * @throws {Error} `NobodyThere` if nobody listens; an error that {@link Link.persist} repeats if it was lost on the way.
   */
  async ask(subject: string, payload: string, headers?: MsgHdrs): Promise<Msg> {
    await this.#untilConnected(Math.min(REQUEST_TIMEOUT_MS, this.#patienceMs));
    return await new Promise((resolve, reject) => {
      const lose = () => reject(new Passing("the connection was lost"));
      this.#changes.add(lose);
      this.connection.request(subject, payload, { timeout: REQUEST_TIMEOUT_MS, ...(headers && { headers }) })
        .then(resolve, (error) => reject(sortFault(error)))
        .finally(() => this.#changes.delete(lose));
    });
  }

  /** A request to JetStream's API or a publication to a stream: JSON there and back. */
  async askJetStream<T>(subject: string, payload: string, headers?: MsgHdrs): Promise<T> {
    const { data } = await this.ask(subject, payload, headers);
    const answer = JSON.parse(new TextDecoder().decode(data)) as T & { error?: ApiError };
    if (!answer.error) return answer;
    const { err_code = 0, code = 0, description = "no reason given" } = answer.error;
    throw new JetStreamFault(err_code, code, description);
  }

  /**
   * Does `attempt` until it goes through. `repair` is called before it is repeated: something may not be there. (That
   * shows as silence where anybody else listens to the subject.)
   *
   * @throws {BusUnavailable} after the patience.
   */
  async persist<T>(
    what: string,
    attempt: () => Promise<T>,
    { patienceMs = this.#patienceMs, repair = () => Promise.resolve() } = {},
  ): Promise<T> {
    const end = performance.now() + patienceMs;
    for (let failures = 1;; failures++) {
      const pauseMs = backoffMs(failures, { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS });
      try {
        if (failures > 1) await repair();
        return await attempt();
      } catch (error) {
        if (!isPassing(error)) throw explainFault(what, this.options.name, error);
        if (this.#closing || performance.now() + pauseMs > end) throw unavailable(what, patienceMs, error);
      }
      await sleep(pauseMs);
    }
  }

  /** Sends what is waiting to be sent, then closes. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.connected) await waitAtMost(REQUEST_TIMEOUT_MS, this.connection.drain().catch(() => {}));
    await this.connection.close();
    await this.closed;
  }

  async #untilConnected(timeoutMs: number): Promise<void> {
    if (this.connection.isClosed()) throw new ClosedConnectionError();
    if (this.#connected) return;
    const { promise: changed, resolve } = Promise.withResolvers<void>();
    this.#changes.add(resolve);
    try {
      await deadline(timeoutMs, () => changed, () => new Passing("there is no connection"));
    } finally {
      this.#changes.delete(resolve);
    }
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) this.#notice(status);
    this.#change(false);
  }

  #change(connected: boolean): void {
    this.#connected = connected;
    for (const change of [...this.#changes]) change();
  }

  #notice(status: Status): void {
    if (status.type === "disconnect") {
      if (!this.#closing) this.#log.warn("NATS is away", { server: status.server });
      this.#change(false);
    } else if (status.type === "reconnect") {
      this.#log.info("NATS is back", { server: status.server });
      this.#change(true);
      for (const listener of [...this.#reconnects]) listener();
    } else if (status.type === "error") {
      this.#log.error("NATS refuses", { error: status.error });
    }
  }
}

interface ApiError {
  code?: number;
  err_code?: number;
  description?: string;
}
