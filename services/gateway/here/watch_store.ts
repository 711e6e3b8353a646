/**
 * News of a store that another process writes: the facts themselves are looked at, and what is new is announced on this process's
 * bus as the writer announces it on its own. Progress inside jobs is in no store, and is not told.
 * @module
 */
import { pause } from "@cugro/async";
import type { Bus } from "@cugro/bus";
import { learnerEvents, type LearnerFacts, type LearnerReader, listLearners } from "@cugro/learners";
import { type CloudEvent, createEvent, resultKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";

/** Between two looks (ms); what a reader tells of jobs is no younger either. */
const LOOK_MS = 2_000;

interface WatchOptions {
  store: Store;
  bus: Pick<Bus, "announce">;
  learners: Pick<LearnerReader, "facts">;
  /** Whether anybody looks. */
  isWanted: () => boolean;
  /** @default 2 s */
  lookMs?: number;
}

/**
 * Looks at a store again and again, and reports what has changed.
 *
 * @param options `lookMs` between looks; `isWanted`: whether anyone looks at the page
 * @returns must be closed
 */
export function watchStore(
  { store, bus, learners, isWanted, lookMs = LOOK_MS }: WatchOptions,
): { close(): Promise<void> } {
  const stop = new AbortController();
  const announced = new Map<string, Set<string>>();
  const look = async () => {
    for (const name of await listLearners(store)) {
      const events = eventsOf(await learners.facts(name));
      const known = announced.get(name);
      announced.set(name, new Set(events.map(({ id }) => id)));
      // What was there at the first look is no news.
      for (const event of known ? events.filter(({ id }) => !known.has(id)) : []) await bus.announce(event);
    }
  };
  const run = async () => {
    while (!stop.signal.aborted) {
      // A store that is away, a learner that goes meanwhile: the next look tells.
      if (isWanted()) await look().catch(() => {});
      await pause(lookMs, stop.signal);
    }
  };
  const running = run();
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

function eventsOf(facts: LearnerFacts): CloudEvent[] {
  const { name } = facts.learner;
  const finished = [...facts.jobs].flatMap(([jobId, { kind, result }]) =>
    kind && result ? [createEvent("cugro.job.finished", resultKey(kind, jobId), name, { jobId, kind })] : []
  );
  return [...finished, ...learnerEvents(facts)];
}
