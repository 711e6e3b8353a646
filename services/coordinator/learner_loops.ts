/**
 * The loops of all learners: started for the learners there are, woken by the news that concerns them.
 * @module
 */
import { pause } from "@cugro/async";
import { createCache, type FactCache, learnerExists, listLearners } from "@cugro/learners";
import { type CloudEvent, isUploadKey, LEARNER_NAME, PREFIXES, recipientOfKey } from "@cugro/protocol";
import { type LearnerLoop, startLearnerLoop } from "./learner_loop.ts";
import { type Needs, stopLeftovers } from "./needs.ts";
import type { CoordinatorOptions } from "./coordinator_options.ts";

/** An upload's arrival is there this long after its bytes. */
const ARRIVAL_MS = 1_000;

/** The loops of all learners. */
export interface LearnerLoops {
  /** Starts loops for learners that have none, and reports files for learners that do not exist. */
  startMissing(): Promise<void>;
  /** An event was published. */
  onEvent(event: CloudEvent): void;
  /** A key under `incoming/`, or a learner's prefix there, may have changed. */
  onHint(key: string): void;
  /** Every loop reads everything again. */
  lookAtAll(): void;
  /**
   * Resolves when all loops have ended.
   *
   * @throws the first error that ended one
   */
  ended(): Promise<void>;
}

interface State {
  options: CoordinatorOptions;
  intervalMs: number;
  stop: AbortController;
  cache: FactCache;
  loops: Map<string, LearnerLoop>;
  needs: Needs;
  /** Whether the jobs queued before this coordinator started have been examined. */
  sorted: boolean;
  /** Names of learners that do not exist, though files were dropped for them; each is reported once. */
  unknown: Set<string>;
  /** Names from news that were looked up since learners were last listed. */
  lookedUp: Set<string>;
  errors: unknown[];
  listed: boolean;
}

/**
 * The loops of all learners; none to begin with.
 *
 * @param options store, bus, log, and which learners
 * @param intervalMs from one whole look to the next
 * @param stop aborted at an error, and when there is nothing left to do if that is wanted
 * @returns takes events and hints, and starts loops of learners that appear
 */
export function createLearnerLoops(
  options: CoordinatorOptions,
  intervalMs: number,
  stop: AbortController,
): LearnerLoops {
  const state: State = {
    options,
    intervalMs,
    stop,
    cache: createCache(),
    loops: new Map(),
    needs: new Map(),
    sorted: false,
    unknown: new Set(),
    lookedUp: new Set(),
    errors: [],
    listed: false,
  };
  const { loops, errors } = state;
  return {
    startMissing: () => startMissing(state),
    onEvent(event) {
      for (const loop of loops.values()) loop.onEvent(event);
      if (!loops.has(event.subject)) void startIfLearner(state, event.subject);
    },
    onHint: (key) => onHint(state, key),
    lookAtAll() {
      for (const loop of loops.values()) loop.look({ whole: true });
    },
    async ended() {
      await Promise.allSettled([...loops.values()].map(({ done }) => done));
      if (errors.length > 0) throw errors[0];
    },
  };
}

function onHint(state: State, key: string): void {
  const name = recipientOfKey(key);
  if (name === undefined) return;
  const loop = state.loops.get(name);
  // An upload has its arrival fact already; a dropped file gets one here.
  const change = key.endsWith("/") ? { whole: true } : { incoming: true, facts: isUploadKey(key) };
  if (isUploadKey(key)) void lookLater(state, name);
  if (!loop) return void startIfLearner(state, name);
  loop.look(change);
}

/** The store speaks of an upload before its arrival can be written, and `cugro add` has no bus to say that it is. */
async function lookLater({ stop, loops }: State, name: string): Promise<void> {
  await pause(ARRIVAL_MS, stop.signal);
  // The first news of a learner may only have started its loop.
  loops.get(name)?.look({ facts: true });
}

function startLoop(state: State, name: string): void {
  const { options, intervalMs, loops, needs, stop, cache } = state;
  if (loops.has(name) || stop.signal.aborted) return;
  const loop = startLearnerLoop({
    ...options,
    ...{ name, cache, intervalMs, needs, signal: stop.signal },
    onChange: options.onChange ?? (() => {}),
    onError: (learner, error) => {
      if (!options.onError) throw error;
      options.onError(learner, error);
    },
    onWait: () => queueMicrotask(() => stopIfIdle(state)),
  });
  loops.set(name, loop);
  const forget = () => {
    loops.delete(name);
    needs.delete(name);
    state.lookedUp.delete(name);
  };
  loop.done.then(forget, (error) => {
    state.errors.push(error);
    stop.abort();
  });
}

function stopIfIdle({ options, listed, loops, stop }: State): void {
  if (options.until !== "idle" || !listed) return;
  if ([...loops.values()].every((loop) => loop.isIdle())) stop.abort();
}

async function startMissing(state: State): Promise<void> {
  const { options, lookedUp } = state;
  lookedUp.clear();
  for (const name of options.learners ?? await listLearners(options.store)) startLoop(state, name);
  if (options.learners === undefined && options.until === undefined) await reportUnknown(state);
  void stopOldWork(state);
  state.listed = true;
  stopIfIdle(state);
}

/** Once after the start, when every learner has been planned: earlier jobs that are in no plan are stopped. */
async function stopOldWork(state: State): Promise<void> {
  const { options: { store, bus, onError }, loops, needs } = state;
  if (state.sorted || !bus.queuedJobs || ![...loops.values()].every((loop) => loop.hasLooked())) return;
  state.sorted = true;
  try {
    const isGone = async (learner: string) => !await learnerExists(store, learner);
    await stopLeftovers({ store, needs, queued: await bus.queuedJobs(), isGone });
  } catch (error) {
    // Retried later: a job that is not needed costs time and does no harm.
    state.sorted = false;
    if (!state.stop.signal.aborted) onError?.(null, error);
  }
}

/** A name without a loop may be a new learner's: looked up once between two lists. */
async function startIfLearner(state: State, name: string): Promise<void> {
  const { options, lookedUp } = state;
  if (lookedUp.has(name) || options.learners || !LEARNER_NAME.test(name)) return;
  lookedUp.add(name);
  if (await learnerExists(options.store, name).catch(() => false)) startLoop(state, name);
}

/** Files for learners that do not exist are left alone: making a learner needs settings that nobody has given. */
async function reportUnknown({ options: { store, onUnknownLearner }, loops, unknown }: State): Promise<void> {
  if (!onUnknownLearner) return;
  for (const { key } of await store.list(PREFIXES.incoming)) {
    const name = recipientOfKey(key);
    if (name === undefined) continue;
    if (loops.has(name)) unknown.delete(name);
    if (loops.has(name) || unknown.has(name)) continue;
    unknown.add(name);
    onUnknownLearner(name, key);
  }
}
