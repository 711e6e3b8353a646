/**
 * Answers for many learners. A policy that samples has its own thread, others act in this one. Each follows the head: a new
 * version is opened while the old one still answers.
 * @module
 */
import { type ActAnswer, type ActRequest, headKey } from "@cugro/protocol";
import { createCache, type FactCache, learnerExists } from "@cugro/learners";
import type { Bus } from "@cugro/bus";
import { createLog, type Log } from "@cugro/telemetry";
import type { Store } from "@cugro/store";
import { ActError, answerOf, checkActing, type PolicyFacts, readObservations } from "./act_request.ts";
import { followHeads } from "./following.ts";
import { createPolicyOpener } from "./open_ways.ts";
import { readPolicy } from "./read_policy.ts";
import type { OpenPolicy } from "./running_policy.ts";
import type { PooledPolicy } from "./pooled_policy.ts";
import { createPolicyPool, type PolicyPool } from "./policy_pool.ts";
import type { Slot } from "./slot.ts";
import { type Knowledge, knowledgeOf, MAX_STALE_MS, refuseTooOld } from "./staleness.ts";
import { createStoreGuard, type StoreGuard } from "./store_guard.ts";

/** Policies that sample and are open at a time, unless said otherwise. */
export const MAX_POLICIES = 8;
/** Memory of all that are open, unless said otherwise. */
export const MAX_POLICY_BYTES = 1024 ** 3;
/** Rows of a learner that may wait, unless said otherwise. A request that comes alone is taken whatever its size. */
export const MAX_WAITING_ROWS = 2048;

/** Store, bus, limits and callbacks of acting. */
export interface ActingOptions {
  store: Store;
  /** Its events say at once that a head has moved; without it that is noticed within `pollMs`. */
  bus?: Pick<Bus, "subscribe">;
  /** Put-once facts that were read before. */
  cache?: FactCache;
  /** Of those that sample. @default {@link MAX_POLICIES} */
  maxPolicies?: number;
  /** @default {@link MAX_POLICY_BYTES} */
  maxBytes?: number;
  /** @default {@link MAX_WAITING_ROWS} */
  maxWaitingRows?: number;
  /** How often heads are looked at. @default 1000 */
  pollMs?: number;
  /**
   * While the store is away, open policies answer by what is known of their heads; not any more when that is older than
   * this (ms). 0: whatever its age. @default {@link MAX_STALE_MS}
   */
  maxStaleMs?: number;
  /** How long (ms) the first request after a pause waits for others to join it. @default 0: for those that have come already */
  windowMs?: number;
  log?: Log;
  /** Called after each call of a policy. */
  onBatch?: (batch: { requests: number; rows: number; milliseconds: number }) => void;
  /** Called after each answer: which of the observations are out of the distribution of their task. */
  onJudged?: (about: { learner: string; task: number; outOfDistribution: readonly boolean[] }) => void;
  /** How policies are opened. @default those that sample in a thread each, others in this one */
  openPolicy?: OpenPolicy;
}

/** An answer, and what is known of the head that it rests on. */
export interface Acted extends ActAnswer, Knowledge {}

/** Answers for all learners. */
export interface Acting {
  /**
   * Actions of the serving version, or of the one asked for. The store is not asked where the policy is open, and not
   * waited for where it is not.
   * @param signal aborted when the caller has gone: what is not decided yet is left out
   * @throws {ActError} saying why not, with an HTTP status.
   */
  act(learner: string, request: ActRequest, signal?: AbortSignal): Promise<Acted>;
  /** The policy that serves now, opened if need be. @throws {ActError} as {@link act} does. */
  about(learner: string): Promise<PolicyFacts>;
  /**
   * Whether there is such a learner: it has an open policy, or the store says so.
   * @throws {ActError} 503 when the store would have to be asked and is away
   */
  knows(learner: string): Promise<boolean>;
  /** The known head of a learner's open policy; undefined if it has none. */
  known(learner: string): Knowledge | undefined;
  /** Policies that are open. */
  opened(): PolicyFacts[];
  /** Ends when what is under way has been answered. */
  close(): Promise<void>;
}

/**
 * Opens acting for all learners of a store; a policy is opened at the first request for it.
 * @param options with bounds of memory, waiting rows and staleness
 * @returns acting, which must be closed
 */
export async function openActing(options: ActingOptions): Promise<Acting> {
  const { store, cache = createCache(), log = createLog(), bus, pollMs = 1000 } = options;
  const admission = createAdmission(options.maxWaitingRows ?? MAX_WAITING_ROWS);
  const opener = createPolicyOpener();
  const pool = createPolicyPool({
    ...{ openPolicy: options.openPolicy ?? opener.open, log, ...boundsOf(options) },
    windowMs: options.windowMs ?? 0,
    onBatch: (batch) => {
      admission.measure(batch);
      options.onBatch?.(batch);
    },
  });
  const guard = createStoreGuard(store);
  const unfollow = await followHeads({ pool, guard, cache, log, bus, pollMs });
  const use = createUse({ pool, guard, cache, maxStaleMs: options.maxStaleMs ?? MAX_STALE_MS });
  return {
    async act(learner, request, signal) {
      const leave = admission.enter(learner, request.observations.length);
      try {
        return await use(learner, request, async (policy, slot) => {
          const answered = await answer(policy, request, signal);
          const { task, outOfDistribution } = answered;
          options.onJudged?.({ learner, task, outOfDistribution });
          return { ...answered, ...knowledgeOf(slot) };
        });
      } finally {
        leave();
      }
    },
    about: (learner) => use(learner, {}, ({ facts }) => Promise.resolve(facts)),
    ...createKnowing(pool, guard),
    opened: () => pool.slots().flatMap(({ current }) => current?.facts ?? []),
    async close() {
      await admission.close();
      await unfollow();
      await pool.clear();
      opener.close();
    },
  };
}

function boundsOf({ maxPolicies = MAX_POLICIES, maxBytes = MAX_POLICY_BYTES }: ActingOptions) {
  return { maxPolicies, maxBytes };
}

/** Knowledge about learners; the store is asked only for those without an open policy. */
function createKnowing(pool: PolicyPool, guard: StoreGuard): Pick<Acting, "knows" | "known"> {
  const isOpen = (slot: Slot | undefined) => slot?.current !== undefined;
  return {
    async knows(learner) {
      if (isOpen(pool.serving(learner))) return true;
      if (pool.slots().some((slot) => slot.learner === learner && isOpen(slot))) return true;
      guard.insist();
      return await guard.look((store, signal) => learnerExists(store, learner, { signal }));
    },
    known(learner) {
      const slot = pool.serving(learner);
      return slot?.current && knowledgeOf(slot);
    },
  };
}

/** A function that does something with a learner's policy, opening it from the store only if that has to be. */
function createUse({ pool, guard, cache, maxStaleMs }: UseDependencies) {
  /** The policy in the slot for this version, as it serves, or by another way of acting. */
  const useSlot = async <T>(
    learner: string,
    { version, acting }: Pick<ActRequest, "version" | "acting">,
    work: (policy: PooledPolicy, slot: Slot) => Promise<T>,
  ): Promise<T> => {
    if (!pool.has(learner, version, acting)) guard.insist();
    const slot = pool.find(learner, version, acting);
    if (slot.current) refuseTooOld(slot, maxStaleMs);
    const read = async () => {
      // In the line of openings, so that all in it are refused once the first of them has found no store.
      guard.insist();
      const began = performance.now();
      await guard.look((store, signal) => store.head(headKey(learner), { signal }));
      const parts = await guard.read((store) => readPolicy(store, learner, { version, acting, cache }));
      [slot.confirmedAt, slot.lookFailed] = [began, false];
      return parts;
    };
    return await pool.use(slot, read, (policy) => work(policy, slot));
  };
  return async <T>(
    learner: string,
    { version, acting }: Pick<ActRequest, "version" | "acting">,
    work: (policy: PooledPolicy, slot: Slot) => Promise<T>,
  ): Promise<T> => {
    if (acting === undefined) return await useSlot(learner, { version }, work);
    const done = await useSlot(learner, { version }, async (policy, slot) => {
      const { version, ways, opened } = policy.facts;
      // What the version cannot do is refused as one that is open refuses it.
      const isHere = opened.includes(acting) || !ways.includes(acting);
      return isHere ? { answer: await work(policy, slot) } : { version };
    });
    if ("answer" in done) return done.answer;
    return await useSlot(learner, { version: done.version, acting }, work);
  };
}

interface UseDependencies {
  pool: PolicyPool;
  guard: StoreGuard;
  cache: FactCache;
  maxStaleMs: number;
}

async function answer(
  { facts, batcher }: PooledPolicy,
  request: ActRequest,
  signal: AbortSignal | undefined,
): Promise<ActAnswer> {
  const { task, seed, acting } = request;
  checkActing(facts, request);
  const states = readObservations(facts, request);
  return answerOf(facts, request, states, await batcher.act({ task, seed, states, acting, signal }));
}

/** Who may wait. */
function createAdmission(maxRows: number) {
  const waiting = new Map<string, number>();
  let millisecondsPerRow = 5;
  let closed = false;
  let onEmpty = () => {};
  return {
    /**
     * A function to call when the request has been answered.
     *
     * @throws {ActError} 503 if there are too many.
     */
    enter(learner: string, rows: number): () => void {
      if (closed) throw new ActError(503, "This server is stopping: try again", { retryAfterSeconds: 1 });
      const before = waiting.get(learner) ?? 0;
      if (before > 0 && before + rows > maxRows) {
        const retryAfterSeconds = Math.min(60, Math.max(1, Math.ceil(before * millisecondsPerRow / 1000)));
        throw new ActError(503, `${before} observations wait for "${learner}": try again later`, {
          retryAfterSeconds,
        });
      }
      waiting.set(learner, before + rows);
      return () => {
        const left = waiting.get(learner)! - rows;
        if (left > 0) waiting.set(learner, left);
        else waiting.delete(learner);
        if (waiting.size === 0) onEmpty();
      };
    },
    measure({ rows, milliseconds }: { rows: number; milliseconds: number }) {
      millisecondsPerRow += 0.1 * (milliseconds / rows - millisecondsPerRow);
    },
    /** Admits nobody more; waits for those who are in. */
    async close() {
      closed = true;
      if (waiting.size > 0) await new Promise<void>((resolve) => onEmpty = resolve);
    },
  };
}
