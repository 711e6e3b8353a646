/**
 * Reads the stream EVENTS from any place on: for consumers that must miss nothing of the last seven days. One request
 * an event and nothing kept on the server, so that restarts and a stream made again need no repair.
 * @module
 */
import type { CloudEvent } from "@cugro/protocol";
import type { Log } from "@cugro/telemetry";
import { createWakeup } from "@cugro/async";
import { JetStreamFault } from "./nats_faults.ts";
import type { Link } from "./link.ts";
import { decodeEvent } from "./decode_messages.ts";
import { NEWS_SUBJECTS, STREAMS } from "./subjects.ts";

/** The range of events to read. */
export interface ReadEventsOptions {
  /** Begin after this place. @default only what comes from now on */
  afterSequence?: number;
  /** The stream that place is of; all of the stream is read if it is another one by now. @default the present one */
  stream?: string;
  /** Leaves out others. @default all */
  filter?: (event: CloudEvent) => boolean;
  /** Ends the reading. */
  signal: AbortSignal;
}

/** An event and its place in the stream. */
export interface StoredEvent {
  /** From 1, ascending. Begins again when the stream was made again. */
  sequence: number;
  /** Which stream it is of: changes when the stream is made again. */
  stream: string;
  event: CloudEvent;
}

interface StreamInfo {
  created: string;
  state: { last_seq: number };
}

const NO_MESSAGE = 10037;
/** Without a sign of a new event the stream is looked at this often. */
const LOOK_MS = 5_000;
/** After a fault it is read again this much later, if nothing wakes it before. */
const FAULT_MS = 500;

/**
 * Events in order, each once, until `signal`; waits through outages.
 *
 * @param log where an outage is mentioned, at level debug
 * @yields events with their sequence and the time at which their stream was made; where the stream is another one,
 *   from its start
 */
export async function* readEvents(
  link: Link,
  log: Log,
  { afterSequence, stream, filter = () => true, signal }: ReadEventsOptions,
): AsyncGenerator<StoredEvent> {
  const wakeup = createWakeup();
  const forget = wakeByNews(link, wakeup.wake);
  let place: Place | undefined;
  try {
    while (!signal.aborted) {
      try {
        place = await findPlace(link, place, { afterSequence, stream });
        const found = await next(link, log, place.after);
        if (found) {
          place = { ...place, after: found.sequence, checked: true };
          if (found.event && filter(found.event)) {
            yield { sequence: found.sequence, stream: place.created, event: found.event };
          }
          continue;
        }
        // Nothing there: next time look whether it is still the same stream.
        place = { ...place, checked: false };
        await wakeup.wait({ milliseconds: LOOK_MS, signal });
      } catch (error) {
        if (signal.aborted) return;
        if (place) place = { ...place, checked: false };
        log.debug("events cannot be read now", { error });
        await wakeup.wait({ milliseconds: FAULT_MS, signal });
      }
    }
  } finally {
    forget();
  }
}

/** How far has been read, of which stream. */
interface Place {
  created: string;
  after: number;
  /** Whether the stream has been looked at since the last time nothing was there. */
  checked: boolean;
}

/**
 * Where the stream ends now.
 *
 * @param link asked once
 * @returns when the stream was made (ISO 8601), and the sequence of its last event, 0 if there was none
 * @throws {Error} as the link's requests do; not patient.
 * @throws {Error} as the link's requests do; it is not repeated
 */
export async function endOfEvents(link: Link): Promise<{ stream: string; sequence: number }> {
  const { created, state } = await link.askJetStream<StreamInfo>(`$JS.API.STREAM.INFO.${STREAMS.events}`, "");
  return { stream: created, sequence: state.last_seq };
}

async function findPlace(
  link: Link,
  place: Place | undefined,
  asked: { afterSequence: number | undefined; stream: string | undefined },
): Promise<Place> {
  if (place?.checked) return place;
  const { stream: created, sequence: last } = await endOfEvents(link);
  const sameStream = (place?.created ?? asked.stream ?? created) === created;
  const after = place?.after ?? asked.afterSequence ?? last;
  return { created, after: sameStream && after <= last ? after : 0, checked: true };
}

interface Stored {
  message: { seq: number; subject: string; data: string };
}

async function next(
  link: Link,
  log: Log,
  after: number,
): Promise<{ sequence: number; event?: CloudEvent } | undefined> {
  try {
    const { message } = await link.askJetStream<Stored>(
      `$JS.API.STREAM.MSG.GET.${STREAMS.events}`,
      JSON.stringify({ seq: after + 1, next_by_subj: NEWS_SUBJECTS.events }),
    );
    const bytes = Uint8Array.from(atob(message.data), (character) => character.charCodeAt(0));
    try {
      return { sequence: message.seq, event: decodeEvent(bytes, message.subject) };
    } catch (error) {
      log.warn("an event cannot be read and is left out", { sequence: message.seq, error });
      return { sequence: message.seq };
    }
  } catch (error) {
    if (error instanceof JetStreamFault && error.code === NO_MESSAGE) return undefined;
    throw error;
  }
}

/** Calls `wake` when an event is published and when the connection is back; a function that ends it. */
function wakeByNews(link: Link, wake: () => void): () => void {
  const subscription = link.connection.subscribe(NEWS_SUBJECTS.events, { callback: wake });
  const forget = link.onReconnect(wake);
  return () => {
    if (!subscription.isClosed()) subscription.unsubscribe();
    forget();
  };
}
