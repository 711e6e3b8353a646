/**
 * Keeps open policies at their learner's head. News of a version wakes it; it also looks by itself, as news may be lost.
 * @module
 */
import type { Slot } from "./slot.ts";
import { backoffMs } from "@cugro/async";
import { deletionOf, type FactCache } from "@cugro/learners";
import type { Bus } from "@cugro/bus";
import type { Log } from "@cugro/telemetry";
import { type EventType, headKey } from "@cugro/protocol";
import { learnerFacts, policyParts, servingVersion } from "./read_policy.ts";
import type { PolicyPool } from "./policy_pool.ts";
import { StoreAway, type StoreGuard } from "./store_guard.ts";

/** After a fault a head is looked at again this much later, then after twice the time, up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** The longest while the store is away: that is cheap, and what has been published meanwhile is noticed soon after it. */
const LONGEST_AWAY_MS = 5_000;
/** Heads that are looked at in one turn of the timer: with more policies each is looked at less often, and events do the rest. */
const LOOKS_A_TURN = 50;
const MOVES: readonly EventType[] = [
  "cugro.version.published",
  "cugro.version.promoted",
  "cugro.version.withdrawn",
];

/** The policies that follow, the store and bus they read, and the longest time between two looks. */
export interface FollowOptions {
  pool: PolicyPool;
  guard: StoreGuard;
  cache: FactCache;
  log: Log;
  bus: Pick<Bus, "subscribe"> | undefined;
  pollMs: number;
}

/** The watched head of a slot. */
interface Watch {
  /** Etag of the head when its version was last compared. */
  mark: string | undefined;
  /** A look is under way ... */
  looking: boolean;
  /** ... and news has come since it began. */
  again: boolean;
  failures: number;
  notBefore: number;
}

/**
 * Begins to follow the heads of all opened learners, by news and by asking the store in turn every `pollMs`.
 *
 * @param options the pool whose policies are replaced
 * @returns a function that stops, and waits for what is under way
 */
export async function followHeads(options: FollowOptions): Promise<() => Promise<void>> {
  const { pool, bus, pollMs } = options;
  const watches = new WeakMap<Slot, Watch>();
  const looks = new Set<Promise<void>>();
  let stopped = false;
  const look = (slot: Slot, news: boolean) => {
    const watch = watches.get(slot) ??
      { mark: undefined, looking: false, again: false, failures: 0, notBefore: 0 };
    watches.set(slot, watch);
    if (news) [watch.mark, watch.again] = [undefined, watch.looking];
    if (stopped || watch.looking || !slot.current || (!news && performance.now() < watch.notBefore)) return;
    const done = lookAt(options, slot, watch).then(() => void looks.delete(done));
    looks.add(done);
  };
  let turn = 0;
  const timer = setInterval(() => {
    const slots = pool.slots(), count = Math.min(slots.length, LOOKS_A_TURN);
    for (let i = 0; i < count; i++) look(slots[(turn + i) % slots.length]!, false);
    turn += count;
  }, pollMs);
  const unsubscribe = await bus?.subscribe("events", ({ type, subject }) => {
    if (!MOVES.includes(type)) return;
    for (const slot of pool.slots()) if (slot.learner === subject) look(slot, true);
  });
  return async () => {
    stopped = true;
    clearInterval(timer);
    await unsubscribe?.();
    await Promise.all(looks);
  };
}

/** Looks until no news has come meanwhile. Whatever goes wrong, the version that serves goes on serving. */
async function lookAt(options: FollowOptions, slot: Slot, watch: Watch): Promise<void> {
  watch.looking = true;
  try {
    do {
      watch.again = false;
      await compare(options, slot, watch);
    } while (watch.again);
    watch.failures = 0;
  } catch (error) {
    reportFailure(options, slot, watch, error);
  } finally {
    watch.looking = false;
  }
}

/** An outage is one line and not one a look: the policy goes on answering, and answers say how old its head is. */
function reportFailure({ log }: FollowOptions, slot: Slot, watch: Watch, error: unknown): void {
  const isAway = error instanceof StoreAway;
  const pauseMs = backoffMs(++watch.failures, {
    firstMs: FIRST_PAUSE_MS,
    longestMs: isAway ? LONGEST_AWAY_MS : LONGEST_PAUSE_MS,
  });
  watch.notBefore = performance.now() + pauseMs;
  const fields = { learner: slot.learner, error: isAway ? error.cause : error, pauseMs };
  if (!isAway) log.error("cannot follow the head", fields);
  else if (slot.lookFailed) log.debug("cannot follow the head", fields);
  else log.warn("the store is away: the policy acts on as it is", fields);
  slot.lookFailed = true;
}

async function compare({ pool, guard, cache, log }: FollowOptions, slot: Slot, watch: Watch): Promise<void> {
  const { learner } = slot;
  const began = performance.now();
  const confirm = () => void (slot.confirmedAt = began);
  const [head, deleted] = await guard.look((store, signal) =>
    Promise.all([
      store.head(headKey(learner), { signal }),
      deletionOf(store, learner, { cache, signal }),
    ])
  );
  if (slot.lookFailed) log.info("the store is back: the head is followed again", { learner });
  slot.lookFailed = false;
  if (deleted) return pool.drop(slot);
  const mark = head?.etag ?? "none";
  if (slot.pinned !== undefined || !slot.current || mark === watch.mark) return confirm();
  const facts = await guard.read((store) => learnerFacts(store, learner, cache));
  const version = servingVersion(facts);
  if (!version) {
    log.warn("no version serves any more", { learner });
    return pool.drop(slot);
  }
  if (version.version !== slot.current?.facts.version) {
    await pool.swap(slot, await guard.read((store) => policyParts(store, facts, version)), confirm);
  }
  confirm();
  // News during the comparison has cleared the mark, and asks for another one.
  if (!watch.again) watch.mark = mark;
}
