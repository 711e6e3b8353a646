/**
 * The latest events, numbered, so that a client that was away goes on where it was. The newest are kept in memory; those
 * before are read from the bus where it stores them (NATS, seven days). A reader is a place in the log and nothing
 * more, so a slow one costs nobody anything.
 * @module
 */
import { abortable, createWakeup } from "@cugro/async";
import type { Bus, NatsBus } from "@cugro/bus";
import type { Log } from "@cugro/telemetry";
import type { CloudEvent } from "@cugro/protocol";
import { randomUUID } from "node:crypto";

/** Events in memory. */
const KEPT = 1_000;
/** Events that a reader is given at a time. */
const PAGE = 100;

/** An event, and its place: a reader that goes on after it misses nothing. */
export interface LoggedEvent {
  place: string;
  event: CloudEvent;
}

/** A page of events. */
export interface Page {
  events: LoggedEvent[];
  /** Events between the reader's place and the first of these are gone; facts in the store are not. */
  gap: boolean;
  /** Where the reader is now. */
  place: string;
}

/** Reads on from a place. */
export interface EventReader {
  /** Events after those it was given last: at once those that are there, else none once `until` aborts or more come. */
  next(until: AbortSignal): Promise<Page>;
  close(): void;
}

/** The latest events; each reader holds its own place in it. */
export interface EventLog {
  /** The place after the newest event. */
  end(): string;
  /**
   * A reader from a place on, or from the end.
   *
   * @throws {RangeError} when it is no place
   */
  open(place: string | undefined): EventReader;
  close(): Promise<void>;
}

/** Where events are stored, and since when this process follows them. */
interface Source {
  epoch: string;
  sequence: number;
  /** Those after a place, oldest first, without end. Missing where the bus keeps nothing. */
  read?: (place: Place, signal: AbortSignal) => AsyncGenerator<Numbered>;
}

interface Place {
  /** Which numbering. */
  epoch: string;
  sequence: number;
}
type Numbered = Place & { event: CloudEvent };

/**
 * Starts to follow the bus.
 *
 * @param options a bus that keeps events, or one that does not: then the log does
 * @returns events in order, each with a place to go on from
 */
export async function openEventLog({ bus, log }: { bus: Bus; log: Log }): Promise<EventLog> {
  const stop = new AbortController();
  const memory = createMemory();
  if (isStored(bus)) {
    const { stream, sequence } = await bus.endOfEvents();
    const read: Source["read"] = async function* ({ epoch, sequence }, signal) {
      for await (const found of bus.readEvents({ stream: epoch, afterSequence: sequence, signal })) {
        yield { epoch: found.stream, sequence: found.sequence, event: found.event };
      }
    };
    memory.begin({ epoch: stream, sequence, read });
    const following = follow(memory, read({ epoch: stream, sequence }, stop.signal), log);
    return logOf(memory, async () => {
      stop.abort();
      await following;
    });
  }
  const epoch = randomUUID();
  let sequence = 0;
  memory.begin({ epoch, sequence });
  const unsubscribe = await bus.subscribe("events", (event) => {
    memory.add({ epoch, sequence: ++sequence, event });
  });
  return logOf(memory, async () => await unsubscribe());
}

function isStored(bus: Bus): bus is NatsBus {
  return "readEvents" in bus && "endOfEvents" in bus;
}

async function follow(memory: Memory, events: AsyncGenerator<Numbered>, log: Log): Promise<void> {
  try {
    for await (const event of events) memory.add(event);
  } catch (error) {
    log.error("events are not followed any more", { error });
  }
}

type Memory = ReturnType<typeof createMemory>;

/** The newest events, without a hole. */
function createMemory() {
  let source: Source = { epoch: "", sequence: 0 };
  /** `events[0]` is the one after `first`. */
  let first = 0;
  let events: Numbered[] = [];
  const news = createWakeup();
  const last = () => events.at(-1)?.sequence ?? first;
  return {
    begin(from: Source) {
      source = from;
      first = from.sequence;
    },
    source: () => source,
    end: (): Place => ({ epoch: source.epoch, sequence: last() }),
    changed: (until: AbortSignal) => news.wait({ signal: until }),
    add(event: Numbered) {
      if (event.epoch !== source.epoch) {
        source = { ...source, epoch: event.epoch };
        events = [];
        first = event.sequence - 1;
      }
      events.push(event);
      if (events.length > KEPT) first = events.shift()!.sequence;
      news.wake();
    },
    /** Events after a place; undefined if some of them are not in memory. */
    after({ epoch, sequence }: Place): Numbered[] | undefined {
      if (epoch !== source.epoch || sequence < first || sequence > last()) return undefined;
      return events.slice(events.findLastIndex((event) => event.sequence <= sequence) + 1);
    },
  };
}

function logOf(memory: Memory, close: () => Promise<void>): EventLog {
  return {
    end: () => format(memory.end()),
    open: (place) => new PlacedReader(memory, place === undefined ? memory.end() : parse(place)),
    close,
  };
}

/** Reads from memory, or from the bus as long as its place is older than that. */
class PlacedReader implements EventReader {
  #stop = new AbortController();
  #older: AsyncGenerator<Numbered> | undefined;
  #pending: Promise<IteratorResult<Numbered>> | undefined;

  constructor(private readonly memory: Memory, private place: Place) {}

  async next(until: AbortSignal): Promise<Page> {
    const { memory } = this;
    const known = memory.after(this.place);
    if (known?.length) return this.#take(known.slice(0, PAGE));
    if (known) {
      await memory.changed(until);
      return this.#take(memory.after(this.place)?.slice(0, PAGE) ?? []);
    }
    if (memory.source().read) return await this.#fromBus(until);
    // Nobody has what came between: go on with what is there.
    this.place = memory.end();
    return this.#take([], true);
  }

  close(): void {
    this.#stop.abort();
    // A generator that waits ends by the signal; what it still says interests nobody.
    this.#pending?.catch(() => {});
    void this.#older?.return(undefined).catch(() => {});
  }

  async #fromBus(until: AbortSignal): Promise<Page> {
    const { place } = this;
    this.#older ??= this.memory.source().read!(place, this.#stop.signal);
    this.#pending ??= this.#older.next();
    const found = await abortable(this.#pending, until).catch((error) => {
      if (until.aborted) return undefined;
      throw error;
    });
    if (!found) return this.#take([]);
    this.#pending = undefined;
    if (found.done) return this.#take([]);
    const { value } = found;
    return this.#take([value], value.epoch !== place.epoch || value.sequence !== place.sequence + 1);
  }

  #take(events: readonly Numbered[], gap = false): Page {
    this.place = events.at(-1) ?? this.place;
    return {
      events: events.map((one) => ({ place: format(one), event: one.event })),
      gap,
      place: format(this.place),
    };
  }
}

function format({ epoch, sequence }: Place): string {
  return `${Buffer.from(epoch).toString("base64url")}.${sequence}`;
}

function parse(text: string): Place {
  const match = /^([A-Za-z0-9_-]{1,128})\.(\d{1,15})$/.exec(text);
  if (!match) throw new RangeError(`This is no place in the events: ${JSON.stringify(text.slice(0, 80))}`);
  return { epoch: Buffer.from(match[1]!, "base64url").toString(), sequence: Number(match[2]) };
}
