/**
 * Reads where learners stand, again and again, for processes that answer questions about them. Of each learner that was asked about
 * lately it keeps a view, so that a learner with thousands of unfinished jobs is read once and not for every question.
 *
 * Each reading lists the learner's own facts again: whatever was written there before the question shows in the answer,
 * no matter which process wrote it. What has become of the jobs is asked at most every {@link ASK_MS}; whether inputs of jobs were lost
 * only every {@link WHOLE_MS}, or like the jobs as long as some are.
 * @module
 */
import type { FactCache, FactSource } from "./fact_cache.ts";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import { type LearnerOverview, type LearnerStatus, overviewOf, statusOf } from "./learner_status.ts";
import { type Change, openView } from "./view.ts";
import type { Store } from "@cugro/store";

/** Maximum age of what is known of jobs (ms). */
const ASK_MS = 2_000;
/** Maximum age of the knowledge that inputs exist (ms). */
const WHOLE_MS = 30_000;
/** Learners whose views are kept; the one not asked about for longest goes. */
const KEPT = 256;

/** Reads where learners stand, with a view of each kept between readings. */
export interface LearnerReader {
  /**
   * What is known of a learner.
   *
   * @throws {RangeError} when there is no such learner; {SyntaxError} when a fact is damaged, naming it.
   */
  facts(name: string): Promise<LearnerFacts>;
  /**
   * Where it stands.
   *
   * @throws as {@link facts} does.
   */
  status(name: string): Promise<LearnerStatus>;
  /**
   * The same without its decided jobs, of which thousands would be read.
   *
   * @throws as {@link facts} does.
   */
  overview(name: string): Promise<LearnerOverview>;
  /** An act may have changed what is known of its jobs: the next reading asks about them. */
  invalidate(name: string): void;
}

/** The store to read, a cache of facts that others may share, and a clock. */
export interface ReaderOptions {
  store: Store;
  cache: FactCache;
  /** Milliseconds. */
  now?: () => number;
}

/**
 * A reader that has read nothing yet.
 *
 * @param options store, cache, and a clock in milliseconds
 * @returns reads of a learner only what may have changed since it was read last
 */
export function createReader({ store, cache, now = () => performance.now() }: ReaderOptions): LearnerReader {
  const kept = new Map<string, KeptLearner>();
  const find = (name: string): KeptLearner => {
    const learner = kept.get(name) ?? keepLearner({ store, cache, now }, name);
    kept.delete(name);
    kept.set(name, learner);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    return learner;
  };
  return {
    facts: async (name) => (await find(name).read("facts")).facts,
    overview: async (name) => (await find(name).read("overview")).overview!,
    status: async (name) => (await find(name).read("status")).status!,
    invalidate: (name) => kept.get(name)?.invalidate(),
  };
}

/** What a caller wants; each has what comes before it. */
const DEPTHS = ["facts", "overview", "status"] as const;
type Depth = typeof DEPTHS[number];

interface Reading {
  facts: LearnerFacts;
  overview?: LearnerOverview;
  status?: LearnerStatus;
}

interface KeptLearner {
  read(depth: Depth): Promise<Reading>;
  invalidate(): void;
}

function keepLearner({ store, cache, now }: Required<ReaderOptions>, name: string): KeptLearner {
  const view = openView(store, name, cache, { readOnly: true });
  let askedAt = -Infinity;
  let wholeAt = -Infinity;
  let hasLosses = false;
  let last: Promise<unknown> = Promise.resolve();
  /** A reading that has not begun: callers that arrive now share it. */
  let next: { depth: Depth; reading: Promise<Reading> } | undefined;
  const due = (): Change => {
    const at = now();
    const ready = at - askedAt >= ASK_MS;
    const whole = at - wholeAt >= WHOLE_MS || (ready && hasLosses);
    if (ready) askedAt = at;
    if (whole) wholeAt = at;
    return whole ? { whole } : { facts: true, ready };
  };
  const begin = async (): Promise<Reading> => {
    const { depth } = next!;
    next = undefined;
    const facts = await view.look(due());
    hasLosses = facts.missing.size > 0;
    // The facts are the view's until its next look, so the status belongs to the same turn.
    return await readDepth({ store, cache }, facts, depth);
  };
  return {
    read(depth) {
      if (!next) {
        // One reading at a time, whatever became of the one before.
        const reading = last.then(begin, begin);
        last = reading;
        next = { depth, reading };
      }
      if (DEPTHS.indexOf(depth) > DEPTHS.indexOf(next.depth)) next.depth = depth;
      return next.reading;
    },
    invalidate: () => void (askedAt = -Infinity),
  };
}

async function readDepth(source: FactSource, facts: LearnerFacts, depth: Depth): Promise<Reading> {
  if (depth === "facts") return { facts };
  if (depth === "overview") return { facts, overview: await overviewOf(source, facts) };
  const status = await statusOf(source, facts);
  return { facts, overview: status, status };
}
