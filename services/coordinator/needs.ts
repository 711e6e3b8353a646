/**
 * Which jobs are still needed, and how workers learn of those that are not. The plan is the truth: a job that was handed
 * out and that no learner's plan has any more is stopped, by a note in the store (`jobs/<kind>/<id>/stopped.json`) that
 * workers ask for; whichever plan needs it again removes the note before it submits the job. If two coordinators undo each
 * other's notes, the next full pass of either corrects it.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import {
  arrivalJobs,
  currentGraph,
  type Graph,
  type LearnerFacts,
  remeasurements,
  REQUESTS_AT_ONCE,
} from "@cugro/learners";
import {
  encodeFact,
  jobFactSchema,
  jobId,
  type JobKind,
  type JobName,
  parseFact,
  stoppedKey,
} from "@cugro/protocol";
import { getJob, listJob, type Store } from "@cugro/store";

/** Jobs needed by each learner's newest plan, by name. One for a coordinator, as learners may share a job. */
export type Needs = Map<string, (jobId: string) => boolean>;

const jobsOf = new WeakMap<Graph, ReadonlySet<string>>();

/**
 * Whether a learner needs a job: of the task being learnt, for a file that waits, or one that a label asks for.
 *
 * @param facts of the learner
 * @returns asked with a job's id
 */
export function needsOf(facts: LearnerFacts): (jobId: string) => boolean {
  if (facts.deleted) return () => false;
  const arrived = new Set(arrivalJobs(facts).map(jobId));
  const graph = currentGraph(facts);
  const jobs = graph && (jobsOf.get(graph) ?? new Set(graph.jobs.map(({ id }) => id)));
  if (graph && jobs) jobsOf.set(graph, jobs);
  const again = new Set(remeasurements(facts).map(({ id }) => id));
  return (id) => arrived.has(id) || again.has(id) || (jobs?.has(id) ?? false);
}

/**
 * Notes that these jobs are no longer needed, which stops workers; finished ones stay as they are.
 *
 * @param learner that no longer needs them
 * @param jobs ids and kinds
 * @returns ids of those that were not done
 */
export async function stopJobs(
  store: Store,
  learner: string,
  jobs: readonly { id: string; kind: JobKind }[],
): Promise<string[]> {
  const stopped = await mapConcurrently(jobs, REQUESTS_AT_ONCE, async ({ id, kind }) => {
    if ((await listJob(store, { id, kind }, true)).result !== undefined) return [];
    await store.put(stoppedKey(kind, id), encodeFact({ schema: 1, jobId: id, learner }));
    return [id];
  });
  return stopped.flat();
}

/**
 * Stops jobs queued before this coordinator started that are no longer needed. To be called once every learner
 * has been planned. A job of a learner that is not known here is left alone.
 *
 * @param options the jobs in the queue, and what learners need
 * @returns ids of the jobs that were stopped
 */
export async function stopLeftovers(
  { store, needs, queued, isGone }: {
    store: Store;
    needs: Needs;
    /** The jobs that wait or run. */
    queued: readonly JobName[];
    /** Whether a learner was deleted. */
    isGone: (learner: string) => Promise<boolean>;
  },
): Promise<string[]> {
  const stopped: string[] = [];
  for (const { id, kind } of queued) {
    if (kind === undefined || [...needs.values()].some((isNeeded) => isNeeded(id))) continue;
    const object = await getJob(store, kind, id);
    if (!object) continue;
    const { learner } = parseFact(jobFactSchema, object.bytes, object.key);
    if (needs.has(learner) || await isGone(learner)) {
      stopped.push(...await stopJobs(store, learner, [{ id, kind }]));
    }
  }
  return stopped;
}
