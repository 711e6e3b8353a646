/**
 * The coordinator's metrics: the state of each learner, and the depth of the queues.
 * @module
 */
import { pause } from "@cugro/async";
import {
  type LearnerFacts,
  measureLearner,
  measureVersions,
  planRemeasuring,
  taskState,
  validVersions,
  versionsAsLabelled,
} from "@cugro/learners";
import type { Metrics } from "@cugro/telemetry";
import { JOB_KINDS, type JobKind, TASK_STATES } from "@cugro/protocol";

const QUEUE_INTERVAL_MS = 5_000;

/**
 * Records a learner's tasks, performance and replay distance; cheap when nothing has changed since.
 *
 * @param metrics of the process
 * @returns called with a learner's facts after each look
 */
export function createObserver(metrics: Metrics): (facts: LearnerFacts) => void {
  const seen = new Map<string, string>();
  return (facts) => {
    const learner = facts.learner.name;
    const { tasks, labels, versions, withdrawn, promoted, cancelled, taskFailures, deleted } = facts;
    const again = planRemeasuring(facts).submit;
    const lists = [tasks, labels, again, versions, withdrawn, promoted, taskFailures];
    const counts = lists.map(({ length }) => length);
    const mark = [...counts, cancelled.size, deleted].join(" ");
    if (seen.get(learner) === mark) return;
    seen.set(learner, mark);
    recordTasks(metrics, facts);
    recordVersions(metrics, facts);
  };
}

function recordTasks({ learnerTasks }: Metrics, facts: LearnerFacts): void {
  const states = facts.tasks.map(({ task }) => taskState(facts, task));
  for (const state of TASK_STATES) {
    learnerTasks.set({ learner: facts.learner.name, state }, states.filter((one) => one === state).length);
  }
}

function recordVersions(metrics: Metrics, facts: LearnerFacts): void {
  const learner = facts.learner.name;
  const versions = versionsAsLabelled(facts);
  const chain = facts.deleted ? [] : validVersions({ ...facts, versions });
  const measured = measureVersions(versions);
  const valid = chain.map(({ version }) => ({ version, measures: measured.get(version)! }));
  const { averagePerformance, backwardTransfer, forgetting, worstDrop } = measureLearner(valid);
  const averages = valid.flatMap(({ measures }) => measures.averagePerformance ?? []);
  const record = (gauge: Metrics["averagePerformance"], value: number | null | undefined) =>
    // A gauge without a value, after a rollback or a deletion, must not keep the old one.
    value === null || value === undefined ? gauge.remove({ learner }) : gauge.set({ learner }, value);
  record(metrics.averagePerformance, averagePerformance);
  record(metrics.bestAveragePerformance, averages.length > 0 ? Math.max(...averages) : null);
  record(metrics.justLearned, valid.at(-1)?.measures.justLearned);
  record(metrics.backwardTransfer, backwardTransfer);
  record(metrics.forgetting, forgetting);
  record(metrics.worstDrop, worstDrop?.drop);
  recordFidelity(metrics, facts);
  recordEstimates(metrics, facts);
}

function recordFidelity(metrics: Metrics, facts: LearnerFacts): void {
  const learner = facts.learner.name;
  for (const { task, fidelity } of validVersions(facts).at(-1)?.row ?? []) {
    const { slicedWasserstein: distance, slicedWassersteinFloor: floor } = fidelity ?? {};
    if (typeof distance !== "number" || typeof floor !== "number" || floor <= 0) continue;
    metrics.replayDistance.set({ learner, task: String(task) }, distance / floor);
  }
}

/** Of the newest valid version; a task without an estimate, after a rollback for instance, must not keep the old value. */
function recordEstimates(metrics: Metrics, facts: LearnerFacts): void {
  const row = facts.deleted ? [] : validVersions(facts).at(-1)?.row ?? [];
  for (const { task: place } of facts.tasks) {
    const of = { learner: facts.learner.name, task: String(place) };
    const estimate = row.find(({ task }) => task === place)?.estimate;
    const record = (gauge: Metrics["estimatedScore"], value: number | undefined) =>
      value === undefined ? gauge.remove(of) : gauge.set(of, value);
    record(metrics.estimatedScore, estimate?.score.mean);
    record(metrics.estimatedDrop, estimate?.drop?.mean);
  }
}

/** A bus that knows the depth of its queues. */
export interface Queues {
  queueDepth(kind: JobKind): Promise<{ waiting: number; running: number }>;
}

/**
 * Records the depth of every queue now and every five seconds, until `signal`. A bus that is away is asked again.
 *
 * @param bus asked for each kind of job
 */
export async function watchQueues(bus: Queues, metrics: Metrics, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await Promise.all(JOB_KINDS.map(async (kind) => {
      const depth = await bus.queueDepth(kind).catch(() => undefined);
      if (!depth) return;
      metrics.queueDepth.set({ kind, state: "waiting" }, depth.waiting);
      metrics.queueDepth.set({ kind, state: "running" }, depth.running);
    }));
    await pause(QUEUE_INTERVAL_MS, signal);
  }
}
