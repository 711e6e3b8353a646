/**
 * What this process itself sees of bus, store and workers: what no fact tells, or what nobody can read while the store
 * is away. It is kept here and nowhere else; every gateway has its own.
 * @module
 */
import { deadline } from "@cugro/async";
import {
  createProblem,
  JOB_KINDS,
  JOB_SPECS,
  type JobKind,
  type JsonObject,
  PROBE_KEY,
  type Problem,
  type ProblemCode,
  ROOM_KEY,
} from "@cugro/protocol";
import { type Store, StoreFull } from "@cugro/store";
import type { Bus } from "@cugro/bus";

/** When something counts as wrong (ms). */
export interface ObserverTimes {
  /** The bus is without a connection for this long. */
  busMs: number;
  /** The store gives no answer to a question for this long. */
  storeMs: number;
  /** It answers, and takes this long. */
  slowMs: number;
  /** Jobs of a kind wait and no worker asks for them for this long: workers may be starting. */
  unservedMs: number;
  /** Whether the store has room is tried this often. */
  roomMs: number;
}

/** The times of a gateway in service. */
export const OBSERVER_TIMES: ObserverTimes = {
  busMs: 3_000,
  storeMs: 3_000,
  slowMs: 1_000,
  unservedMs: 45_000,
  roomMs: 30_000,
};

/** A bus that may have a connection to lose, and queues to look at; the embedded one has neither. */
export type ObservedBus = Bus & {
  connected?(): boolean;
  lookAtQueue?(kind: JobKind): Promise<{ waiting: number; running: number; asking: number }>;
};

/** Looks, and remembers since when something is wrong. */
export interface Observer {
  /** Looks at everything once; never throws. */
  look(): Promise<void>;
  /** What is wrong now, as far as it has lasted long enough. */
  problems(): Problem[];
  /** Whether the store answered when last asked. */
  storeAnswers(): boolean;
  /** Whether it has given no answer for so long that it is a problem; for every request, so no problem is made of it. */
  storeIsAway(): boolean;
}

type Found = Pick<Problem, "message" | "advice"> & { subject?: Problem["subject"]; holdMs: number };

/** Notes what is wrong, or that it is not. */
type Note = (code: ProblemCode, cause: JsonObject, found: Found | undefined) => void;

/**
 * What seems wrong, and since when.
 *
 * @param now ms since 1970
 */
function createSuspicions(now: () => number) {
  const noted = new Map<string, Found & { code: ProblemCode; cause: JsonObject; since: number }>();
  const markOf = (code: ProblemCode, cause: JsonObject) => JSON.stringify([code, cause]);
  const note: Note = (code, cause, found) => {
    const mark = markOf(code, cause);
    if (!found) return void noted.delete(mark);
    noted.set(mark, { ...found, code, cause, since: noted.get(mark)?.since ?? now() });
  };
  const hasLasted = ({ since, holdMs }: { since: number; holdMs: number }) => now() - since >= holdMs;
  return {
    note,
    has: (code: ProblemCode) => noted.has(markOf(code, {})),
    stands(code: ProblemCode): boolean {
      const found = noted.get(markOf(code, {}));
      return found !== undefined && hasLasted(found);
    },
    standing(): Problem[] {
      return [...noted.values()].filter(hasLasted).map(({ code, cause, since, holdMs: _, ...about }) =>
        createProblem(code, cause, { ...about, since: new Date(since).toISOString() })
      );
    },
  };
}

/**
 * Nothing observed yet.
 *
 * @param options.now ms since 1970
 * @returns the problems that this process itself sees: of bus, store and queues
 */
export function createObserver(
  { store, bus, times = {}, now = Date.now }: {
    store: Store;
    bus: ObservedBus;
    times?: Partial<ObserverTimes>;
    now?: () => number;
  },
): Observer {
  const limits = { ...OBSERVER_TIMES, ...times };
  const { note, has, stands, standing } = createSuspicions(now);
  let triedRoomAt = -Infinity;
  const lookAtRoom = async () => {
    if (now() - triedRoomAt < (has("store.full") ? limits.roomMs / 6 : limits.roomMs)) return;
    triedRoomAt = now();
    const found = await tryRoom(store, limits);
    if (found !== "unknown") note("store.full", {}, found);
  };
  return {
    async look() {
      note("bus.away", {}, lookAtBus(bus, limits));
      const answer = await askStore(store, limits, now);
      note("store.away", {}, answer.away);
      note("store.slow", {}, answer.slow);
      if (!answer.away) await lookAtRoom();
      if (bus.lookAtQueue && (bus.connected?.() ?? true)) await lookAtQueues(bus, limits, note);
    },
    problems: standing,
    storeAnswers: () => !has("store.away"),
    storeIsAway: () => stands("store.away"),
  };
}

function lookAtBus(bus: ObservedBus, { busMs }: ObserverTimes): Found | undefined {
  if (bus.connected?.() ?? true) return undefined;
  return {
    holdMs: busMs,
    message: "The bus (NATS) cannot be reached: no job is handed out, and no news comes.",
    advice: "Start it again, or mend the way to it; everything goes on by itself then.",
  };
}

async function askStore(store: Store, { storeMs, slowMs }: ObserverTimes, now: () => number) {
  const began = now();
  const late = () => new Error(`it gives no answer within ${storeMs} ms`);
  try {
    await deadline(storeMs, () => store.head(PROBE_KEY), late);
  } catch (error) {
    const away: Found = {
      holdMs: 0,
      message: `The store cannot be reached or used: ${(error as Error).message}.`,
      advice: "Start it again, or mend the way to it; everything goes on by itself then.",
    };
    return { away };
  }
  const took = now() - began;
  if (took < slowMs) return {};
  const slow: Found = {
    // Once is chance.
    holdMs: 3 * slowMs,
    message: `The store is slow: it needs ${(took / 1000).toFixed(1)} s to answer a small question.`,
    advice: "Look at its load and at the network.",
  };
  return { slow };
}

async function tryRoom(store: Store, { storeMs }: ObserverTimes): Promise<Found | undefined | "unknown"> {
  try {
    await deadline(storeMs, () => store.put(ROOM_KEY, new TextEncoder().encode("room\n")));
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreFull)) return "unknown";
    return {
      holdMs: 0,
      message: "The store is full: nothing more can be written, and jobs wait.",
      advice: "Free some space there (cugro gc removes what is no longer needed), or give it more; " +
        "everything goes on by itself then.",
    };
  }
}

/**
 * A worker does one job at a time, of any kind of its service, and asks for no other meanwhile: so nobody does a kind only
 * where nobody works for its service at all.
 */
async function lookAtQueues(
  bus: ObservedBus,
  { unservedMs }: ObserverTimes,
  note: Note,
): Promise<void> {
  const look = async (kind: JobKind) => [kind, await bus.lookAtQueue!(kind)] as const;
  const queues = await Promise.all(JOB_KINDS.map(look)).catch(() => undefined);
  // A bus that does not answer is a problem of its own, not a sign of this one.
  if (!queues) return;
  for (const [kind, { waiting }] of queues) {
    const { service } = JOB_SPECS[kind];
    const isServed = queues.some(([other, { asking, running }]) =>
      JOB_SPECS[other].service === service && asking + running > 0
    );
    const jobs = waiting === 1 ? "1 job waits" : `${waiting} jobs wait`;
    note(
      "kind.unserved",
      { kind },
      waiting === 0 || isServed ? undefined : {
        holdMs: unservedMs,
        subject: { learner: null, kind },
        message: `Nobody does ${kind}: ${jobs}.`,
        advice: `Start the service ${service}.`,
      },
    );
  }
}
