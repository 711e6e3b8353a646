/**
 * The bus over NATS JetStream, for services that are processes of their own, on one machine or many. It may forget
 * everything at any time: streams and consumers that vanished are made again, and the store remembers what was in them.
 * @module
 */
import { pause } from "@cugro/async";
import { headers } from "@nats-io/transport-node";
import type { CloudEvent, JobKind, JobName, ProgressMessage } from "@cugro/protocol";
import {
  ACK_WAIT_MS,
  type Bus,
  type Delivery,
  type IncomingHint,
  type JobMessage,
  type News,
  type Subject,
} from "../bus.ts";
import { createLog, type Log } from "@cugro/telemetry";
import { type AnsweringOptions, answerRequests } from "./answering.ts";
import { createDelivery } from "./delivery.ts";
import { endOfEvents, readEvents, type ReadEventsOptions, type StoredEvent } from "./event_reader.ts";
import { JetStreamFault } from "./nats_faults.ts";
import { openLink } from "./connect_nats.ts";
import type { Link } from "./link.ts";
import { decodeJob, DECODERS } from "./decode_messages.ts";
import { type Pull, startPull } from "./pull.ts";
import type { NatsBusOptions } from "./nats_options.ts";
import { queuedJobs } from "./queued_jobs.ts";
import { Topology } from "./streams.ts";
import {
  consumerName,
  eventSubject,
  HINT_SUBJECT,
  jobSubject,
  NEWS_SUBJECTS,
  progressSubject,
  STREAMS,
} from "./subjects.ts";

/** A service whose consumers cannot be looked at asks again this much later. */
const INCLUDE_AGAIN_MS = 2_000;

/** The bus, and what only a network has. */
export interface NatsBus extends Bus {
  /** Whether there is a connection at this moment. */
  connected(): boolean;
  /** Resolves when the connection has ended for good: with what ended it (a refused login), or with nothing. */
  readonly closed: Promise<Error | undefined>;
  /** How many jobs of a kind wait for a worker, and how many are with one (or wait for their delay to pass). */
  queueDepth(kind: JobKind): Promise<{ waiting: number; running: number }>;
  /** The same, and how many workers ask for a job of this kind at this moment; not patient. */
  lookAtQueue(kind: JobKind): Promise<{ waiting: number; running: number; asking: number }>;
  /** All jobs that wait for a worker or are with one. */
  queuedJobs(): Promise<JobName[]>;
  /** Events of the last seven days and those to come, in order, each with its place; waits through outages. */
  readEvents(options: ReadEventsOptions): AsyncGenerator<StoredEvent>;
  /** Answers requests under a subject, with others of its queue, until the function is called; an error if not allowed. */
  answer(options: AnsweringOptions): Promise<() => Promise<void>>;
  /** Where the stream of events ends now: reading after it gives only what comes. */
  endOfEvents(): Promise<{ stream: string; sequence: number }>;
}

/**
 * Opens the bus of `open_nats_bus.ts`.
 * @param options servers and credentials; whether missing streams are made (the default) or only looked for
 * @returns a bus with its streams
 * @throws {Error} where the server refuses, or streams are not as they should be
 */
export async function openNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const { streams = "create", ackWaitMs = ACK_WAIT_MS, log = createLog() } = options;
  const link = await openLink({ ...options, log });
  const topology = new Topology(link, streams, ackWaitMs);
  try {
    await link.persist("find the streams of the bus", () => topology.ensure());
  } catch (error) {
    await link.close();
    throw error;
  }
  return new JetStreamBus(link, topology, ackWaitMs, log);
}

interface ConsumerInfo {
  num_pending: number;
  num_ack_pending: number;
  num_waiting: number;
}

class JetStreamBus implements NatsBus {
  readonly closed: Promise<Error | undefined>;
  #closing = new AbortController();
  #pulls = new Set<Pull>();

  constructor(
    private readonly link: Link,
    private readonly topology: Topology,
    private readonly ackWaitMs: number,
    private readonly log: Log,
  ) {
    this.closed = link.closed;
    link.onReconnect(() => {
      link.persist("find the streams of the bus", () => topology.ensure()).catch((error) => {
        if (!this.#closing.signal.aborted) log.error("the streams of the bus are not right", { error });
      });
    });
  }

  connected(): boolean {
    return this.link.connected;
  }

  async submit(message: JobMessage): Promise<"queued" | "present"> {
    const subject = jobSubject(message.kind, message.jobId);
    const payload = JSON.stringify(message);
    return await this.#persist(`submit job ${message.jobId}`, async () => {
      try {
        await this.link.askJetStream(subject, payload);
        return "queued";
      } catch (error) {
        if (isPresent(error)) return "present";
        throw error;
      }
    });
  }

  async fetch(kinds: readonly JobKind[], signal: AbortSignal): Promise<Delivery | undefined> {
    const { link, topology, ackWaitMs, log } = this;
    const either = AbortSignal.any([signal, this.#closing.signal]);
    await this.#include(kinds, either);
    while (!either.aborted) {
      const pull = startPull({ link, topology, kinds, signal: either, log });
      this.#pulls.add(pull);
      void pull.ended.then(() => this.#pulls.delete(pull));
      const msg = await pull.message;
      if (!msg) return undefined;
      try {
        return createDelivery({ link, topology, ackWaitMs, log }, msg, decodeJob(msg.data));
      } catch (error) {
        log.error("a message in the queue is no job and is thrown away", { subject: msg.subject, error });
        if (msg.reply) link.publish(msg.reply, "+TERM");
      }
    }
    return undefined;
  }

  async announce(event: CloudEvent): Promise<void> {
    const [subject, payload, options] = [eventSubject(event), JSON.stringify(event), headers()];
    // Within two minutes the stream takes an id once.
    options.set("Nats-Msg-Id", event.id);
    await this.#persist(`announce ${event.id}`, () => this.link.askJetStream(subject, payload, options));
  }

  progress(progress: ProgressMessage): void {
    this.link.publish(progressSubject(progress), JSON.stringify(progress));
  }

  hint(incoming: IncomingHint): void {
    this.link.publish(HINT_SUBJECT, JSON.stringify(incoming));
  }

  async subscribe<S extends Subject>(subject: S, handler: (news: News[S]) => void): Promise<() => void> {
    const { link, log } = this;
    let refusal: Error | undefined;
    const subscription = link.connection.subscribe(NEWS_SUBJECTS[subject], {
      callback: (error, msg) => {
        if (error) refusal = error;
        else this.#deliver(subject, handler, msg.data, msg.subject);
      },
    });
    // From now on: also for what others publish once this has returned.
    await link.connection.flush().catch((error) =>
      log.debug("a subscription starts with the connection", { error })
    );
    if (refusal) throw new Error(`NATS does not let this service listen to ${subject}`, { cause: refusal });
    return () => {
      if (!subscription.isClosed()) subscription.unsubscribe();
    };
  }

  async queueDepth(kind: JobKind): Promise<{ waiting: number; running: number }> {
    const { waiting, running } = await this.#persist(`count the ${kind} jobs`, () => this.lookAtQueue(kind));
    return { waiting, running };
  }

  async lookAtQueue(kind: JobKind): Promise<{ waiting: number; running: number; asking: number }> {
    const subject = `$JS.API.CONSUMER.INFO.${STREAMS.jobs}.${consumerName(kind)}`;
    const info = await this.link.askJetStream<ConsumerInfo>(subject, "");
    return { waiting: info.num_pending, running: info.num_ack_pending, asking: info.num_waiting };
  }

  queuedJobs(): Promise<JobName[]> {
    return this.#persist("list the jobs in the queue", () => queuedJobs(this.link));
  }

  readEvents(options: ReadEventsOptions): AsyncGenerator<StoredEvent> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    return readEvents(this.link, this.log, { ...options, signal });
  }

  answer(options: AnsweringOptions): Promise<() => Promise<void>> {
    return answerRequests(this.link, options, this.log);
  }

  endOfEvents(): Promise<{ stream: string; sequence: number }> {
    return this.#persist("find the end of the events", () => endOfEvents(this.link));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.link.connected) await Promise.all([...this.#pulls].map(({ ended }) => ended));
    await this.link.close();
  }

  /** In mode `verify` the consumers of a service are looked at when it first asks for them. */
  async #include(kinds: readonly JobKind[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.topology.include(kinds);
      } catch (error) {
        this.log.error("jobs cannot be fetched yet", { kinds, error });
        await pause(INCLUDE_AGAIN_MS, signal);
      }
    }
  }

  async #persist<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    // After a restart of the server the streams come first.
    await this.topology.settled();
    return await this.link.persist(what, attempt, { repair: () => this.topology.ensure() });
  }

  #deliver<S extends Subject>(
    subject: S,
    handler: (news: News[S]) => void,
    data: Uint8Array,
    from: string,
  ): void {
    try {
      for (const news of DECODERS[subject](data, from)) handler(news);
    } catch (error) {
      this.log.error("news could not be taken in", { subject: from, error });
    }
  }
}

const STORE_FAILED = 10077;

/** The stream holds a message of this subject: the job waits or runs. The code alone also means a full disk. */
function isPresent(error: unknown): boolean {
  return error instanceof JetStreamFault && error.code === STORE_FAILED && /per subject/.test(error.message);
}
