/**
 * Carries a plan out. Any part may already have been done by somebody else, and a crash between two parts leaves
 * facts from which the next plan goes on.
 * @module
 */
import type { Plan, Submission } from "./plan_parts.ts";
import { mapConcurrently } from "@cugro/async";
import type { Bus } from "@cugro/bus";
import { PreconditionFailed, type Store } from "@cugro/store";
import {
  announcedKey,
  encodeFact,
  headKey,
  type JobFact,
  jobFactSchema,
  jobKey,
  jobOfKey,
} from "@cugro/protocol";
import {
  type Change,
  createCache,
  type FactCache,
  noteRemoved,
  noteWritten,
  putOnce,
  readVersions,
  REQUESTS_AT_ONCE,
} from "@cugro/learners";
import { planHead } from "./plan.ts";

/** Objects that one plan removes at most; the next one goes on, so that news is seen in between. */
const RELEASED_AT_ONCE = 256;

/** Store, bus, log and metrics for carrying out a plan. */
export interface Applying {
  store: Store;
  bus: Bus;
  learner: string;
  plan: Plan;
  cache?: FactCache;
  /** Ids of jobs that are known to be in the queue: they are not submitted again. Those submitted are added. */
  queued?: Set<string>;
}

/**
 * Carries a plan out for a learner.
 *
 * @param options the plan, the store and the bus
 * @returns what has changed by it, so that a new plan may find more to do at once; undefined if nothing has.
 */
export async function applyPlan(options: Applying): Promise<Change | undefined> {
  const { store, bus, learner, plan, cache = createCache(), queued = new Set() } = options;
  for (const { key, value } of plan.decide) await putOnce(store, key, value);
  // Stale results and stop notes go before the job is submitted: a worker would take it for done, or as no longer needed.
  const aboutJobs = plan.release.filter((key) => jobOfKey(key) !== undefined);
  const rest = plan.release.filter((key) => jobOfKey(key) === undefined);
  await release(store, aboutJobs, cache);
  const jobs = aboutJobs.map((key) => jobOfKey(key)!);
  for (const id of jobs) queued.delete(id);
  await submit(store, bus, learner, plan.submit.filter(({ id }) => !queued.has(id)), cache);
  for (const { id } of plan.submit) queued.add(id);
  if (plan.moveHead) await moveHead(store, learner, cache);
  for (const event of plan.announce) {
    await bus.announce(event);
    await putOnce(store, announcedKey(event.id), { schema: 1, id: event.id });
  }
  await release(store, rest.slice(0, RELEASED_AT_ONCE), cache);
  const facts = plan.decide.length + rest.length + plan.announce.length > 0 || plan.moveHead !== null;
  if (!facts && aboutJobs.length === 0) return undefined;

  return { facts, incoming: rest.length > 0, jobs };
}

async function release(store: Store, keys: readonly string[], cache: FactCache): Promise<void> {
  await mapConcurrently(keys, REQUESTS_AT_ONCE, async (key) => {
    await store.delete(key);
    noteRemoved(cache, key);
  });
}

/** The jobs' facts come first: a worker that gets a message can then always read its job. */
async function submit(
  store: Store,
  bus: Bus,
  learner: string,
  submissions: readonly Submission[],
  cache: FactCache,
): Promise<void> {
  const unwritten = submissions.filter(({ id }) => !cache.written.has(id));
  await mapConcurrently(unwritten, REQUESTS_AT_ONCE, async ({ id, job, task }) => {
    const fact: JobFact = { schema: 1, job, learner, task };
    jobFactSchema.parse(fact);
    await putOnce(store, jobKey(job.kind, id), fact);
    noteWritten(cache, id);
  });
  const messages = submissions.map(({ id, job, traceparent }) => ({
    jobId: id,
    kind: job.kind,
    learner,
    ...(traceparent === undefined ? {} : { traceparent }),
  }));
  // Begun in order, so that the queue has them in order; answered together.
  await Promise.all(messages.map((message) => bus.submit(message)));
}

/**
 * Where the head belongs by the facts as they are now: those of the plan may be minutes old if the bus was away. A head
 * that somebody moves after it was read here keeps its place.
 */
async function moveHead(store: Store, learner: string, cache: FactCache): Promise<void> {
  const move = planHead(await readVersions({ store, cache }, learner));
  if (!move) return;
  const { head, ifMatch } = move;
  try {
    await store.put(
      headKey(learner),
      encodeFact(head),
      ifMatch === null ? { ifNoneMatch: true } : { ifMatch },
    );
  } catch (error) {
    // Somebody else moved it: the next plan looks again.
    if (!(error instanceof PreconditionFailed)) throw error;
  }
}
