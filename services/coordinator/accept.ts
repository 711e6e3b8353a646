/**
 * From arrivals to tasks and revisions: which are imported, accepted or rejected. Pure.
 * @module
 */
import { MIN_EPISODES } from "@cugro/algorithm/arrays";
import {
  blindGate,
  comparedData,
  describeStoredJob,
  firstStandingTask,
  hasFailed,
  type Imported,
  importedOf,
  importJob,
  type JobState,
  knobsOfTask,
  type LearnerFacts,
  mayHold,
  measuresFor,
  openArrivals,
} from "@cugro/learners";
import {
  type ArrivalFact,
  describeEnvironment,
  type ImportSummary,
  type Job,
  jobId,
  type NoticeFact,
  type RejectionFact,
  rejectionKey,
  type RevisionFact,
  revisionKey,
  type TaskFact,
  taskKey,
} from "@cugro/protocol";
import { compared, reject, rejectSame } from "./compare_arrival.ts";
import type { Decision, Submission } from "./plan_parts.ts";

/** What an operator can do about a failed import, however the file arrived. */
const TRY_AGAIN = "fix the cause, then drop or add the same file again";

/** The outcome of an arrival. */
type Outcome = TaskFact | RevisionFact | RejectionFact;

/**
 * Jobs to run for arrivals, and what follows from those that are done. They run in parallel; k is given in order.
 *
 * @param facts of the learner
 * @returns jobs to submit, and the facts that decide
 */
export function planArrivals(facts: LearnerFacts): { submit: Submission[]; decide: Decision[] } {
  const submit: Submission[] = [];
  const decide: Decision[] = [];
  const accepted: TaskFact[] = [];
  let earlierOpen = false;
  for (const arrival of openArrivals(facts)) {
    if (arrival.refused !== undefined) {
      const outcome = reject(arrival, arrival.refused);
      if (!earlierOpen) decide.push(decisionOf(facts, outcome));
      continue;
    }
    const jobs = unfinishedJobs(facts, arrival);
    submit.push(...jobs.map((job) => submissionOf(job, arrival)));
    if (jobs.length > 0) earlierOpen = true;
    if (earlierOpen) continue;
    const outcome = outcomeOf(facts, arrival, accepted);
    // Tasks that this plan accepts must be facts before other files are compared with them.
    if (outcome !== "later") decide.push(decisionOf(facts, outcome));
    if (outcome === "later" || "known" in outcome) earlierOpen = true;
    else if ("anchors" in outcome) accepted.push(outcome);
  }
  return { submit, decide };
}

function submissionOf(job: Job, { traceparent }: ArrivalFact): Submission {
  const trace = traceparent === undefined ? {} : { traceparent };
  return { id: jobId(job), job, task: null, label: describeStoredJob(job), ...trace };
}

/** The import, then what the comparison with other datasets needs; none once all is done or has failed. */
function unfinishedJobs(facts: LearnerFacts, arrival: ArrivalFact): Job[] {
  const isOpen = (job: Job) => {
    const state = facts.jobs.get(jobId(job));
    return !state?.result && !hasFailed(state);
  };
  const read = importJob(facts, arrival);
  return isOpen(read) ? [read] : measuresFor(facts, arrival).filter(isOpen);
}

function decisionOf({ learner: { name } }: LearnerFacts, outcome: Outcome): Decision {
  if ("seq" in outcome) return { key: rejectionKey(name, outcome.seq), value: outcome };
  const key = "known" in outcome
    ? revisionKey(name, outcome.task, outcome.revision)
    : taskKey(name, outcome.task);
  return { key, value: outcome };
}

/** The outcome of an arrival whose jobs are done. `accepted`: the tasks that this plan makes. */
function outcomeOf(facts: LearnerFacts, arrival: ArrivalFact, accepted: TaskFact[]): Outcome | "later" {
  const id = jobId(importJob(facts, arrival));
  const state = facts.jobs.get(id);
  if (!state?.result) return notMade(arrival, "imported", id, state);
  const { rejected, unread } = state.result.metrics;
  if (typeof rejected === "string") {
    return { ...reject(arrival, rejected), ...(unread === true ? { unread } : {}) };
  }
  const file = importedOf(state.result);
  if (!file) return reject(arrival, `its import gave an incomplete result (job ${id})`);
  const current = facts.tasks.map(({ task }) => comparedData(facts, task));
  const isSame = ({ datasetHash }: TaskFact) => datasetHash === file.datasetHash;
  const same = current.find(isSame) ?? [...facts.tasks, ...accepted].find(isSame);
  if (same) return rejectSame(facts, arrival, file, same);
  const first = firstStandingTask(facts) ?? accepted[0];
  const reason = first && refusal(file, first);
  if (reason !== undefined) return reject(arrival, reason);
  const blind = file.environment && blindGate(knobsOfTask(facts, facts.tasks.length + accepted.length + 1));
  if (blind) return { ...reject(arrival, adviseOn(facts, file, blind)), knobs: true };
  const accept = (notices: readonly NoticeFact[] = []) =>
    taskOf(facts.tasks.length + accepted.length + 1, { ...file, importJob: id }, arrival, notices);
  if (arrival.asNewTask) return accept();
  if (accepted.some((task) => mayHold(task, file))) return "later";
  return compared(facts, arrival, { ...file, importJob: id }, accept);
}

/** Advice for a simulated file where the gate could not judge the result. */
function adviseOn({ learner: { name } }: LearnerFacts, { environment }: Imported, blind: string): string {
  const command = `cugro run --learner ${name} --from-next-task --set evaluationEpisodes=${MIN_EPISODES}`;
  return `its episodes are simulated (${describeEnvironment(environment!)}), and ${blind}. ` +
    `Set it with: ${command} (or --set gate=observe); then add the file again`;
}

/** A job for the arrival has failed for good. */
function notMade(arrival: ArrivalFact, what: string, id: string, state: JobState | undefined): RejectionFact {
  const message = state?.failures.at(-1)?.message ?? "unknown reason";
  return reject(arrival, `it could not be ${what}: ${message} (${TRY_AGAIN})`, id);
}

function taskOf(
  task: number,
  { notices = [], ...file }: Imported & { importJob: string },
  { seq }: ArrivalFact,
  further: readonly NoticeFact[],
): TaskFact {
  const all = [...notices, ...further];
  return { ...file, ...(all.length > 0 ? { notices: all } : {}), schema: 1, task, arrival: seq };
}

/** Why the shapes of a dataset do not match those of earlier tasks; undefined if they do. */
function refusal(summary: ImportSummary, first: TaskFact): string | undefined {
  if (first.discreteActions !== summary.discreteActions) {
    const kind = ({ discreteActions: n }: ImportSummary) =>
      n === undefined ? "continuous" : `one of ${n} discrete ones`;
    return `actions must be ${kind(first)} as in task ${first.task}: in this dataset they are ${
      kind(summary)
    }`;
  }
  if (first.stateDim === summary.stateDim && first.actionDim === summary.actionDim) return undefined;
  return `states and actions must have ${first.stateDim} and ${first.actionDim} dimensions as task ${first.task} has: ` +
    `this dataset has ${summary.stateDim} and ${summary.actionDim}`;
}
