/**
 * The bus: carries news, decides nothing. A queue of job ids, events, progress. It may forget everything at any time:
 * the store remembers, and what is missing is submitted again. Two implementations (embedded, NATS) pass one contract
 * suite (`tests/contracts/bus_contract.ts`).
 * @module
 */
import type { CloudEvent, JobKind, ProgressMessage } from "@cugro/protocol";

/** A delivery without a sign of life for this long is given to another worker. */
export const ACK_WAIT_MS = 30_000;

/** A job that waits to be done. Everything else about it is in the store. */
export interface JobMessage {
  jobId: string;
  kind: JobKind;
  /** Whose job it is, for fairness and logs. */
  learner: string;
  /** W3C trace context of what led to the job; carried to the worker as it is. */
  traceparent?: string;
}

/** An object may have landed under `incoming/`. A hint: it may be lost, doubled, out of order or wrong. */
export interface IncomingHint {
  /** Key of the object in the store, `incoming/<learner>/<file>`. */
  key: string;
  etag?: string;
  /** In bytes. */
  size?: number;
}

/** A job message in the hands of one worker, until it acks, naks, or lets the ack wait pass. */
export interface Delivery {
  message: JobMessage;
  /** How often this message has been given to a worker, this time included. */
  deliveries: number;
  /** Still at it: the ack wait starts again. */
  working(): void;
  /** Done; the message is gone. */
  ack(): Promise<void>;
  /** Give it to somebody else, not before `delayMs`. */
  nak(delayMs?: number): Promise<void>;
  /** Give it to nobody any more. */
  term(): Promise<void>;
}

/** Subjects of news: new facts, progress of jobs, objects that may have come in. */
export type Subject = "events" | "progress" | "incoming";
/** The messages of each subject. */
export interface News {
  events: CloudEvent;
  progress: ProgressMessage;
  incoming: IncomingHint;
}

/**
 * The bus cannot be reached, or has not answered for a while. What was asked for may have happened all the same; doing
 * it again is safe, and nothing is lost by leaving it: the store remembers.
 */
export class BusUnavailable extends Error {
  override name = "BusUnavailable";
}

/** The bus. Over a network `submit` and `announce` may reject with {@link BusUnavailable}. */
export interface Bus {
  /** Puts a job in the queue; `present` if it waits or runs already. */
  submit(message: JobMessage): Promise<"queued" | "present">;
  /** The next job of these kinds, earlier kinds first; waits for one. Undefined once aborted or closed. */
  fetch(kinds: readonly JobKind[], signal: AbortSignal): Promise<Delivery | undefined>;
  /** Publishes an event, at least once. */
  announce(event: CloudEvent): Promise<void>;
  /** Publishes how far a job is, at most once, not stored. */
  progress(progress: ProgressMessage): void;
  /** Tells that an object may have landed under `incoming/`, at most once. Never throws. */
  hint(incoming: IncomingHint): void;
  /** Calls `handler` for all news of a subject from now on; a function that stops it. */
  subscribe<S extends Subject>(subject: S, handler: (news: News[S]) => void): Promise<() => void>;
  /** Lets go of everything; pending fetches resolve to undefined. */
  close(): Promise<void>;
}
