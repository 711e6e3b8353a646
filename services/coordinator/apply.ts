/**
 * Carries a plan out. Any part may already have been done by somebody else, and a crash between two parts leaves
 * facts from which the next plan goes on.
 * @module
 */
import { type Bus, PreconditionFailed, type Store } from "@cugro/platform";
import { announcedKey, encodeFact, headKey, type JobFact, jobFactSchema, jobKey } from "@cugro/protocol";
import { createCache, type FactCache, putOnce } from "@cugro/learners";
import type { Plan, Submission } from "./plan.ts";

/**
 * Carries a plan out for a learner.
 *
 * @returns whether facts have changed, so that a new plan may find more to do at once.
 */
export async function applyPlan(
  { store, bus, learner, plan, cache = createCache() }: {
    store: Store;
    bus: Bus;
    learner: string;
    plan: Plan;
    cache?: FactCache;
  },
): Promise<boolean> {
  for (const { key, value } of plan.decide) await putOnce(store, key, value);
  for (const key of plan.release) {
    await store.delete(key);
    cache.facts.delete(key);
  }
  for (const submission of plan.submit) await submit(store, bus, learner, submission, cache);
  if (plan.moveHead) await moveHead(store, learner, plan.moveHead);
  for (const event of plan.announce) {
    await bus.announce(event);
    await putOnce(store, announcedKey(event.id), { schema: 1, id: event.id });
  }
  return plan.decide.length > 0 || plan.release.length > 0 || plan.moveHead !== null;
}

/** The job's fact comes first: a worker that gets the message can then always read it. */
async function submit(
  store: Store,
  bus: Bus,
  learner: string,
  { id, job, task }: Submission,
  cache: FactCache,
) {
  if (!cache.written.has(id)) {
    const fact: JobFact = { schema: 1, job, learner, task };
    jobFactSchema.parse(fact);
    await putOnce(store, jobKey(id), fact);
    cache.written.add(id);
  }
  await bus.submit({ jobId: id, kind: job.kind, learner });
}

async function moveHead(store: Store, learner: string, { version, ifMatch }: NonNullable<Plan["moveHead"]>) {
  const condition = ifMatch === null ? { ifNoneMatch: true as const } : { ifMatch };
  try {
    await store.put(headKey(learner), encodeFact({ schema: 1, version }), condition);
  } catch (error) {
    // Somebody else moved it: the next plan looks again.
    if (!(error instanceof PreconditionFailed)) throw error;
  }
}
