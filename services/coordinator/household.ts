/**
 * All keepers of a coordinator: started for the learners there are, told what concerns them.
 * @module
 */
import { createCache, type FactCache, learnerExists, listLearners } from "@cugro/learners";
import { type CloudEvent, isUploadKey, LEARNER_NAME, PREFIXES, recipientOfKey } from "@cugro/protocol";
import { type Keeper, keepLearner } from "./keeper.ts";
import type { CoordinatorOptions } from "./run.ts";

/** See {@link openHousehold}. */
export interface Household {
  /** Starts keepers for learners that have none, and reports files that are nobody's. */
  list(): Promise<void>;
  /** News of the bus. */
  hear(event: CloudEvent): void;
  /** A key under `incoming/`, or a learner's prefix there: have a look. */
  hint(key: string): void;
  /** Everybody looks at everything. */
  tellAll(): void;
  /** Resolves when all keepers have stopped. @throws the first error that ended it all */
  settled(): Promise<void>;
}

interface Rooms {
  options: CoordinatorOptions;
  intervalMs: number;
  stop: AbortController;
  cache: FactCache;
  keepers: Map<string, Keeper>;
  /** Names that files were dropped for, though no learner has them. */
  strays: Set<string>;
  /** Names that were heard of and looked up since learners were last listed. */
  asked: Set<string>;
  errors: unknown[];
  listed: boolean;
}

/** A household without keepers. `stop` is aborted when there is nothing left to do, if that is wanted, or at an error. */
export function openHousehold(
  options: CoordinatorOptions,
  intervalMs: number,
  stop: AbortController,
): Household {
  const rooms: Rooms = {
    ...{ options, intervalMs, stop, cache: createCache(), keepers: new Map(), errors: [], listed: false },
    strays: new Set(),
    asked: new Set(),
  };
  const { keepers, errors } = rooms;
  return {
    list: () => list(rooms),
    hear(event) {
      for (const keeper of keepers.values()) keeper.hear(event);
      if (!keepers.has(event.subject)) void ask(rooms, event.subject);
    },
    hint(key) {
      const name = recipientOfKey(key);
      if (name === undefined) return;
      const keeper = keepers.get(name);
      // Whoever took an upload in has written its arrival; a dropped file gets its own here.
      const change = key.endsWith("/") ? { whole: true } : { incoming: true, facts: isUploadKey(key) };
      if (keeper) keeper.tell(change);
      else void ask(rooms, name);
    },
    tellAll() {
      for (const keeper of keepers.values()) keeper.tell({ whole: true });
    },
    async settled() {
      await Promise.allSettled([...keepers.values()].map(({ done }) => done));
      if (errors.length > 0) throw errors[0];
    },
  };
}

function keep(rooms: Rooms, name: string): void {
  const { options, intervalMs, keepers, stop, cache } = rooms;
  if (keepers.has(name) || stop.signal.aborted) return;
  const keeper = keepLearner({
    ...options,
    ...{ name, cache, intervalMs, signal: stop.signal },
    onChange: options.onChange ?? (() => {}),
    onError: (learner, error) => {
      if (!options.onError) throw error;
      options.onError(learner, error);
    },
    onRest: () => queueMicrotask(() => rest(rooms)),
  });
  keepers.set(name, keeper);
  keeper.done.then(() => void keepers.delete(name), (error) => {
    rooms.errors.push(error);
    stop.abort();
  });
}

function rest({ options, listed, keepers, stop }: Rooms): void {
  if (options.until !== "idle" || !listed) return;
  if ([...keepers.values()].every((keeper) => keeper.isIdle())) stop.abort();
}

async function list(rooms: Rooms): Promise<void> {
  const { options, asked } = rooms;
  asked.clear();
  for (const name of options.learners ?? await listLearners(options.store)) keep(rooms, name);
  if (options.learners === undefined && options.until === undefined) await reportStrays(rooms);
  rooms.listed = true;
  rest(rooms);
}

/** A name nobody knows here may be a new learner's: looked up once between two lists. */
async function ask(rooms: Rooms, name: string): Promise<void> {
  const { options, asked } = rooms;
  if (asked.has(name) || options.learners || !LEARNER_NAME.test(name)) return;
  asked.add(name);
  if (await learnerExists(options.store, name).catch(() => false)) keep(rooms, name);
}

/** Files for learners that do not exist are left alone: making a learner needs settings that nobody has given. */
async function reportStrays({ options: { store, onStray }, keepers, strays }: Rooms): Promise<void> {
  if (!onStray) return;
  for (const { key } of await store.list(PREFIXES.incoming)) {
    const name = recipientOfKey(key);
    if (name === undefined) continue;
    if (keepers.has(name)) strays.delete(name);
    if (keepers.has(name) || strays.has(name)) continue;
    strays.add(name);
    onStray(name, key);
  }
}
