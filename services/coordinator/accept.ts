/**
 * From arrivals to tasks: which are imported, accepted or rejected. Pure.
 * @module
 */
import { describeJob, hasFailed, importJob, type LearnerFacts, openArrivals } from "@cugro/learners";
import {
  type ArrivalFact,
  type ImportSummary,
  importSummarySchema,
  jobId,
  type RejectionFact,
  rejectionKey,
  type ResultFact,
  type TaskFact,
  taskKey,
} from "@cugro/protocol";
import type { Decision, Submission } from "./plan_parts.ts";

/** What a person can do about an import that failed, whoever brought the file. */
const TRY_AGAIN = "see to it, then drop or add the same file again";

/** Imports to run, and what follows from those that are done. Imports run in parallel; k is given in order. */
export function planArrivals(facts: LearnerFacts): { submit: Submission[]; decide: Decision[] } {
  const submit: Submission[] = [];
  const decide: Decision[] = [];
  const tasks = [...facts.tasks];
  let earlierOpen = false;
  for (const arrival of openArrivals(facts)) {
    if (arrival.refused !== undefined) {
      const outcome = reject(arrival, arrival.refused);
      if (!earlierOpen) decide.push({ key: keyOf(facts.learner.name, outcome), value: outcome });
      continue;
    }
    const job = importJob(facts, arrival);
    const id = jobId(job);
    const state = facts.jobs.get(id);
    if (!state?.result && !hasFailed(state)) {
      const trace = arrival.traceparent === undefined ? {} : { traceparent: arrival.traceparent };
      submit.push({ id, job, task: null, label: describeJob(job), ...trace });
      earlierOpen = true;
    }
    if (earlierOpen) continue;
    const outcome = state?.result ? judge(arrival, id, state.result, tasks) : reject(
      arrival,
      `it could not be imported: ${state?.failures.at(-1)?.message ?? "unknown reason"} (${TRY_AGAIN})`,
      id,
    );
    if ("task" in outcome) tasks.push(outcome);
    decide.push({ key: keyOf(facts.learner.name, outcome), value: outcome });
  }
  return { submit, decide };
}

function keyOf(learner: string, outcome: TaskFact | RejectionFact): string {
  return "task" in outcome ? taskKey(learner, outcome.task) : rejectionKey(learner, outcome.seq);
}

function judge(
  arrival: ArrivalFact,
  id: string,
  result: ResultFact,
  tasks: TaskFact[],
): TaskFact | RejectionFact {
  const { rejected, unread } = result.metrics;
  if (typeof rejected === "string") {
    return { ...reject(arrival, rejected), ...(unread === true ? { unread } : {}) };
  }
  const summary = importSummarySchema.safeParse(result.metrics);
  const { normaliser, sketch } = result.outputs;
  if (!summary.success || !normaliser || !sketch) {
    return reject(arrival, `its import gave an incomplete result (job ${id})`);
  }
  const reason = refusal(summary.data, tasks);
  if (reason !== undefined) return reject(arrival, reason);
  return {
    ...summary.data,
    schema: 1,
    task: tasks.length + 1,
    arrival: arrival.seq,
    importJob: id,
    normaliser: normaliser.artifact,
    sketch: sketch.artifact,
  };
}

/** Why a well-formed dataset cannot be the next task of this learner; undefined if it can. */
export function refusal(summary: ImportSummary, tasks: readonly TaskFact[]): string | undefined {
  const same = tasks.find(({ datasetHash }) => datasetHash === summary.datasetHash);
  if (same) return `this dataset is already task ${same.task}`;
  const first = tasks[0];
  if (!first) return undefined;
  if (first.discreteActions !== summary.discreteActions) {
    const kind = ({ discreteActions: n }: ImportSummary) =>
      n === undefined ? "continuous" : `one of ${n} discrete ones`;
    return `actions must be ${kind(first)} as in task 1: in this dataset they are ${kind(summary)}`;
  }
  if (first.stateDim === summary.stateDim && first.actionDim === summary.actionDim) return undefined;
  return `states and actions must have ${first.stateDim} and ${first.actionDim} dimensions as task 1 has: ` +
    `this dataset has ${summary.stateDim} and ${summary.actionDim}`;
}

function reject(arrival: ArrivalFact, reason: string, failedJob: string | null = null): RejectionFact {
  return { schema: 1, seq: arrival.seq, key: arrival.key, reason, failedJob };
}
