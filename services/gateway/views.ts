/**
 * A learner's status as the API shows it.
 * @module
 */
import {
  dataOfArrival,
  describeRevision,
  estimateNote,
  explainDecision,
  type JobStatus,
  type LearnerFacts,
  type LearnerOverview,
  pickMeasures,
  shownBy,
  type ShownCell,
  shownCell,
  taskOfRejected,
} from "@cugro/learners";
import type { ArrivalFact } from "@cugro/protocol";
import type { KeptProgress } from "./live/mod.ts";
import type {
  Arrival,
  JobDetail,
  JobProgress,
  JobSummary,
  Learner,
  Results,
  Task,
  Version,
  VersionSummary,
} from "@cugro/client/schemas";

/**
 * Where a learner stands.
 *
 * @param status of the learner
 * @returns as `GET /v1/learners/NAME` answers
 */
export function learnerView(status: LearnerOverview, problems: Learner["problems"]): Learner {
  const { learner, head, bytes, secondsPerKind } = status;
  return {
    name: learner.name,
    seed: learner.seed,
    created: learner.created,
    config: configView(status.config),
    head,
    ...pickMeasures(status),
    tasks: status.tasks.map(taskView),
    rejections: status.rejections.map(({ seq, key, reason }) => ({ seq, key, reason })),
    jobs: status.jobCounts,
    bytes,
    secondsPerKind,
    work: status.work.map(({ task, kind, jobs, seconds, coreSeconds }) => ({
      ...{ task, kind, jobs, seconds, coreSeconds },
    })),
    problems,
  };
}

/**
 * A configuration without its fact's own members.
 *
 * @param config the fact
 * @returns its revision, preset and knobs
 */
export function configView(
  { revision, fromTask, preset, knobs }: LearnerOverview["config"],
): Learner["config"] {
  return { revision, fromTask, preset, knobs };
}

/**
 * A task without what only jobs need.
 *
 * @param fact the task with its state
 * @returns as `GET .../tasks/K` answers
 */
export function taskView(fact: LearnerOverview["tasks"][number]): Task {
  const { task, name, state, revision, attempt, current, arrival, datasetHash, size, episodes, bytes } = fact;
  const { trainingRows, stateDim, actionDim, horizon, environment, anchors } = fact;
  const labels = fact.labels.map(({ schema: _, task: __, ...label }) => label);
  const judged = { discreteActions: fact.discreteActions, notices: fact.notices, labels };
  const shape = { size, trainingRows, episodes, bytes, stateDim, actionDim };
  const about = { ...shape, horizon, environment, anchors, ...judged };
  return { task, name, state, revision, attempt, current, arrival, datasetHash, ...about };
}

/**
 * A file that came in, and what became of it.
 *
 * @param facts of the learner
 * @param arrival its fact
 * @returns what has become of it
 */
export function arrivalView(
  facts: Pick<LearnerFacts, "tasks" | "revisions" | "rejections">,
  arrival: ArrivalFact,
): Arrival {
  const { seq, key, size, contentHash } = arrival;
  const data = dataOfArrival(facts, seq);
  const found = facts.rejections.find((fact) => fact.seq === seq);
  // A task with its rows is labelled by now as the file says.
  const same = found && taskOfRejected(facts, found);
  const { task, revision } = data ?? { task: same ?? null, revision: same === undefined ? null : 0 };
  const rejection = same === undefined ? found : undefined;
  const state = task !== null ? "accepted" : rejection ? "rejected" : "waiting";
  const note = data && "known" in data.fact ? describeRevision(data.fact) : null;
  return { seq, key, size, contentHash, state, task, revision, reason: rejection?.reason ?? null, note };
}

/**
 * A version in short.
 *
 * @param fact the version
 * @param head number of the version that serves
 * @returns a row of `GET .../versions`
 */
export function versionSummary(
  fact: LearnerOverview["versions"][number],
  head: number | null,
): VersionSummary {
  const { version, task, revision, attempt, state, promotable, parent, tasks, row, measures, seconds } = fact;
  const scores = row.map(({ task, meanScore, low, high, episodes, valueEstimate, estimate }) => ({
    ...{ task, meanScore, low, high, episodes, valueEstimate },
    ...(estimate ? { estimate } : {}),
  }));
  const decided = { decision: fact.decision, decisionText: explainDecision(fact), reasons: fact.reasons };
  const stands = { version, task, revision, attempt, state, promotable, serving: version === head };
  return { ...stands, parent, tasks, ...decided, seconds, measures, scores };
}

/**
 * A version in full.
 *
 * @param fact the version
 * @param head number of the version that serves
 * @returns as `GET .../versions/V` answers
 */
export function versionView(fact: LearnerOverview["versions"][number], head: number | null): Version {
  const { stateGenerator, behaviorGenerator, critic, proposer, actor, jobs, row } = fact;
  return {
    ...versionSummary(fact, head),
    ...{ stateGenerator, behaviorGenerator, critic },
    ...proposer === undefined ? {} : { proposer },
    ...actor === undefined ? {} : { actor },
    ...{ jobs, row },
  };
}

/**
 * A job in short.
 *
 * @param kept its latest progress
 * @returns a row of `GET .../jobs`; progress only while it runs
 */
export function jobSummary(job: JobStatus, kept: KeptProgress | undefined): JobSummary {
  const { id, kind, task, label, state, needs, seconds, coreSeconds, message, steps } = job;
  const isOver = state === "done" || state === "failed";
  const progress = kept && !isOver ? progressView(kept) : null;
  return { id, kind, task, label, state, needs, seconds, coreSeconds, progress, message, steps };
}

function progressView({ step, steps, loss, ratePerSecond, worker, at }: KeptProgress): JobProgress {
  const etaSeconds = ratePerSecond ? Math.max(0, steps - step) / ratePerSecond : null;
  return {
    ...{ step, steps, loss: loss ?? null, ratePerSecond: ratePerSecond ?? null, etaSeconds },
    ...{ worker: worker ?? null, at: new Date(at).toISOString() },
  };
}

/**
 * A job with what it reported.
 *
 * @param job with its state
 * @param kept its latest progress
 * @returns as `GET .../jobs/ID` answers
 */
export function jobView(job: JobStatus, kept: KeptProgress | undefined): JobDetail {
  const { startedAtStep, metrics, outputs } = job;
  return { ...jobSummary(job, kept), startedAtStep, metrics, outputs };
}

/**
 * The results matrix and its metrics.
 *
 * @param status of the learner
 * @returns as `GET .../results` answers; scores in points, null where there is none
 */
export function resultsView(status: LearnerOverview): Results {
  const { tasks, versions, validVersions } = status;
  const valid = versions.filter(({ version }) => validVersions.includes(version));
  const cells = valid.map(({ row }) => tasks.map(({ task }) => row.find((cell) => cell.task === task)));
  return {
    learner: status.learner.name,
    tasks: tasks.map(({ task, name }) => ({ task, name })),
    versions: validVersions,
    resultsMatrix: status.resultsMatrix,
    valueEstimates: status.valueEstimates,
    estimates: status.estimates,
    estimateNote: estimateNote(versions.map((one) => shownBy(one, tasks).estimates), status),
    remarks: status.remarks,
    intervals: cells.map((row) => row.map((cell) => intervalOf(cell))),
    episodes: cells.map((row) => row.map((cell) => cell?.episodes ?? null)),
    jobs: cells.map((row) => row.map((cell) => cell?.job ?? null)),
    bounds: status.bounds,
    pending: pendingView(status.pending),
    ...pickMeasures(status),
  };
}

function intervalOf(cell: ShownCell | undefined): [number, number] | null {
  return cell && cell.low !== null && cell.high !== null ? [cell.low, cell.high] : null;
}

/**
 * The row of the version that is being made.
 *
 * @param pending as far as its evaluations are done
 * @returns as `GET /v1/learners/NAME/results` answers; null while no version is being made
 */
export function pendingView(pending: LearnerOverview["pending"]): Results["pending"] {
  if (!pending) return null;
  const cells = pending.cells.map(({ task, job, cell }) => {
    const { meanScore = null, low = null, high = null, episodes = 0, valueEstimate = null } = cell
      ? shownCell(cell)
      : {};
    return { ...{ task, job, done: cell !== null }, meanScore, low, high, episodes, valueEstimate };
  });
  return { ...pending, cells };
}
