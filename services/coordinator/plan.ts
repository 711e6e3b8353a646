/**
 * The plan: what to do next for one learner, as a pure function of what is known. No state machine, no lock, no
 * leader: two coordinators at once do the same harmless thing twice, and a plan made from old facts does no harm.
 *
 * It looks at the first task, or revision of one, that is neither decided, cancelled nor failed, works backwards from what its decision
 * needs, and never behind a decided version.
 * @module
 */
import {
  acceptedArrivals,
  announcements,
  currentGraph,
  currentTask,
  type Graph,
  type LearnerFacts,
  planRemeasuring,
  planWork,
  sidecarOf,
  traceOfArrival,
  validVersions,
  type VersionFacts,
} from "@cugro/learners";
import {
  artifactKey,
  type HeadFact,
  stoppedKey,
  type TaskFailureFact,
  taskFailureKey,
  versionKey,
} from "@cugro/protocol";
import { planArrivals } from "./accept.ts";
import { planAwaited } from "./await_scores.ts";
import { decideVersion } from "./decide.ts";
import type { Decision, HeadMove, Plan, Submission } from "./plan_parts.ts";

/**
 * At most this many ready jobs of one kind and learner are handed to the bus, so that no learner starves another. By
 * kind, since each kind has workers of its own: a kind without workers must not hold up the others.
 */
export const MAX_QUEUED_PER_KIND = 64;

/**
 * What to do next for this learner.
 *
 * @param facts of the learner
 * @param now ms since 1970, for what waits until then
 * @returns jobs to submit, facts to write, the head, events to announce, and objects that may go
 */
export function plan(facts: LearnerFacts, now = Date.now()): Plan {
  if (facts.deleted) {
    return { submit: [], decide: [], moveHead: null, announce: [], release: [], problems: [] };
  }
  const arrivals = planArrivals(facts);
  const again = planRemeasuring(facts).submit;
  const awaited = planAwaited(facts, now);
  const learning = awaited.waits
    // Shards that the next task may replay stay.
    ? { ...NOTHING, needed: new Set(facts.leftoverShards) }
    : planLearning(facts, again.length > 0);
  const submit = firstOfEachKind([...arrivals.submit, ...learning.submit, ...again]);
  return {
    submit,
    decide: [...arrivals.decide, ...awaited.decide, ...learning.decide],
    moveHead: planHead(facts),
    announce: announcements(facts),
    release: [
      // Needed again: the stop note must be gone when the job is submitted.
      ...submit.filter(({ id }) => facts.jobs.get(id)?.stopped).map(({ id, job }) =>
        stoppedKey(job.kind, id)
      ),
      ...acceptedFiles(facts),
      ...facts.leftoverShards.filter(notIn(learning.needed)),
      ...learning.release,
    ],
    problems: learning.problems,
  };
}

function firstOfEachKind(submissions: readonly Submission[]): Submission[] {
  const counts = new Map<string, number>();
  return submissions.filter(({ job: { kind } }) => {
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return count < MAX_QUEUED_PER_KIND;
  });
}

/**
 * Whether a plan has nothing to do and nothing to wait for.
 *
 * @param plan of a learner
 * @returns false while jobs run
 */
export function isIdle({ submit, decide, moveHead, announce, release }: Plan): boolean {
  return moveHead === null && [submit, decide, announce, release].every((part) => part.length === 0);
}

interface Learning {
  submit: Submission[];
  decide: Decision[];
  release: string[];
  problems: string[];
  needed: Set<string>;
}

const NOTHING: Learning = { submit: [], decide: [], release: [], problems: [], needed: new Set() };

/** @param isMeasuring whether scores that the next version is compared with are still measured, as labels have changed */
function planLearning(facts: LearnerFacts, isMeasuring: boolean): Learning {
  const graph = currentGraph(facts);
  if (!graph) return NOTHING;
  const work = planWork(facts, graph);
  if (work.failed.length > 0) {
    return { ...NOTHING, decide: [recordFailure(facts, graph, work.failed[0]!.id)] };
  }
  if (work.decidable && isMeasuring) return { ...NOTHING, needed: shardsInUse(facts, graph) };
  if (work.decidable) {
    const version = decideVersion(facts, graph);
    return { ...NOTHING, decide: [{ key: versionKey(facts.learner.name, version.version), value: version }] };
  }
  const traceparent = traceOfArrival(facts, currentTask(facts)!.arrival);
  const submit = traceparent === undefined
    ? work.submit
    : work.submit.map((job) => ({ ...job, traceparent }));
  return { ...work, submit, decide: [], needed: shardsInUse(facts, graph) };
}

/** The record that keeps a task stepped over, also under a later parent, until the job is retried. */
function recordFailure(facts: LearnerFacts, graph: Graph, job: string): Decision {
  const { task, attempt } = graph;
  const n = facts.taskFailures.filter((fact) => fact.task === task).length + 1;
  const { label, job: { kind } } = graph.jobs.find(({ id }) => id === job)!;
  const message = `${label}: ${facts.jobs.get(job)?.failures.at(-1)?.message ?? "it failed"}`;
  const value: TaskFailureFact = { schema: 1, task, attempt, n, job, kind, message };
  return { key: taskFailureKey(facts.learner.name, task, n), value };
}

/**
 * The head is derived, so every plan repairs it: it is the newest valid version. Null: it is right.
 *
 * @param facts versions and verdicts on them
 * @returns the new head, and the etag that it replaces
 */
export function planHead(facts: VersionFacts): HeadMove | null {
  const version = validVersions(facts).at(-1)?.version ?? null;
  if ((facts.head?.version ?? null) === version) return null;
  const withdrawn = facts.withdrawn.length;
  const head: HeadFact = { schema: 1, version, ...(withdrawn === 0 ? {} : { withdrawn }) };
  return { head, ifMatch: facts.head?.etag ?? null };
}

/** Incoming files that have become tasks or revisions, with their sidecars, unless other content has taken their place. */
function acceptedFiles(facts: LearnerFacts): string[] {
  const accepted = new Set(acceptedArrivals(facts));
  return facts.arrivals
    .filter(({ seq, key, etag }) => accepted.has(seq) && facts.incoming.get(key)?.etag === etag)
    .flatMap(({ key }) => [...[sidecarOf(key)].filter((sidecar) => facts.incoming.has(sidecar)), key]);
}

function shardsInUse(facts: LearnerFacts, graph: Graph): Set<string> {
  if (facts.leftoverShards.length === 0) return new Set();
  const artifacts = graph.shards.flatMap((id) => Object.values(facts.jobs.get(id)?.result?.outputs ?? {}));
  return new Set(artifacts.map(({ artifact }) => artifactKey(artifact)));
}

function notIn(keys: Set<string>): (key: string) => boolean {
  return (key) => !keys.has(key);
}
