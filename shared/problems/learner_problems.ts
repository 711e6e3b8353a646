/**
 * What is wrong with a learner, as its facts say. Pure.
 * @module
 */
import {
  createProblem,
  type Problem,
  type RejectionFact,
  rejectionKey,
  taskFailureKey,
  type VersionFact,
  versionKey,
} from "@cugro/protocol";
import { besideLimit, MIN_EPISODES } from "@cugro/algorithm/knobs";
import { simulatorProblems } from "./simulator_problems.ts";
import {
  acceptedArrivals,
  attemptAt,
  averageOf,
  blindGate,
  currentGraph,
  currentTask,
  describeRejection,
  explainDecision,
  isObserved,
  isPromotable,
  knobsOfTask,
  type LearnerFacts,
  nameOfData,
  planRemeasuring,
  planWork,
  standingRejections,
  standingVersions,
  stoppingFailure,
  taskState,
  validVersions,
} from "@cugro/learners";

/**
 * A person is told when the average is further below the best that any version had, counted up to the data's good policy:
 * what is above that is no loss. `LearnerFalls` in `infra/prometheus/alerts.yaml` is the same rule.
 */
export const AVERAGE_ALERT = { fall: 10, good: 100 };

/**
 * What needs a person now: nothing is acknowledged yet. A rejection is history once a later file was accepted.
 * @param facts of one learner
 * @returns none of a deleted learner
 */
export function learnerProblems(facts: LearnerFacts): Problem[] {
  if (facts.deleted) return [];
  return [
    ...failedTasks(facts),
    ...failedEpisodes(facts),
    ...rejectedFiles(facts),
    ...lostInputs(facts),
    ...parkedVersions(facts),
    ...observedVersion(facts),
    ...lowPerformance(facts),
    ...unseeingGate(facts),
    ...simulatorProblems(facts),
  ];
}

function failedTasks(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  return facts.tasks.flatMap(({ task }) => {
    const failure = stoppingFailure(facts, task);
    if (!failure) return [];
    const state = facts.jobs.get(failure.job);
    const since = state?.failures.at(-1)?.failed ?? writtenAt(facts, taskFailureKey(name, task, failure.n));
    return createProblem("task.failed", { learner: name, task, job: failure.job }, {
      since,
      subject: { learner: name, task },
      message: `Task ${task} has failed: ${failure.message}.`,
      advice: `See to it, then: cugro retry ${task} --learner ${name}`,
    });
  });
}

/** Failed episodes that a label has run again. */
function failedEpisodes(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  return planRemeasuring(facts).failed.map(({ id, task, version, label }) => {
    const failure = facts.jobs.get(id)?.failures.at(-1);
    return createProblem("label.failed", { learner: name, task, job: id }, {
      since: failure?.failed ?? null,
      subject: { learner: name, task, version },
      message:
        `After its label, the episodes of task ${task} could not be run again in version ${version} (${label}): ${
          failure?.message ?? "it failed"
        }.`,
      advice: `See to it, then: cugro retry ${task} --learner ${name}`,
    });
  });
}

function rejectedFiles(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  const accepted = Math.max(0, ...acceptedArrivals(facts));
  return standingRejections(facts).filter(({ seq }) => seq > accepted).map((rejection) =>
    rejectionProblem(name, rejection, writtenAt(facts, rejectionKey(name, rejection.seq)))
  );
}

/** A refused file, as far as it is known where problems are told. */
export type Refused = Pick<RejectionFact, "seq" | "key" | "reason"> & Partial<RejectionFact>;

/**
 * A file that was refused.
 *
 * @param learner its name
 * @param refused the rejection fact
 * @param since ISO 8601, or null
 * @returns the problem
 */
export function rejectionProblem(learner: string, refused: Refused, since: string | null = null): Problem {
  const { seq, key } = refused;
  const sentence = describeRejection(refused);
  const advice = hasAdvice(refused)
    ? ""
    : `Put it right (datasets validate FILE tells whether it is), then: cugro run FILE --learner ${learner}`;
  return createProblem("file.rejected", { learner, arrival: seq }, {
    since,
    subject: { learner, key },
    message: advice === "" || /[.?!]$/.test(sentence) ? sentence : `${sentence}.`,
    advice,
  });
}

/** Reasons that are not the file's fault alone end with advice. */
function hasAdvice({ reason, failedJob = null, sameRows, besideTask, knobs }: Refused): boolean {
  return failedJob !== null || sameRows !== undefined || besideTask !== undefined || knobs === true ||
    reason.startsWith("this dataset is already ");
}

function lostInputs(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  const graph = currentGraph(facts);
  if (!graph) return [];
  return planWork(facts, graph).problems.map((message) =>
    createProblem("input.lost", { learner: name, message }, {
      // When it was lost, nobody knows.
      since: null,
      subject: { learner: name, task: graph.task },
      message,
      advice: "",
    })
  );
}

/** The parked versions whose tasks have not been learnt, cancelled or retried since, and what can be done. */
function parkedVersions(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  const settled = new Set([...facts.promoted, ...facts.withdrawn].map(({ version }) => version));
  const parked = facts.versions.filter(({ version, decision, task, attempt }) =>
    decision === "parked" && !settled.has(version) && attempt === attemptAt(facts, task) &&
    taskState(facts, task) === "parked"
  );
  return parked.map(({ version, task, revision = 0, reasons }) =>
    createProblem("version.parked", { learner: name, version }, {
      since: writtenAt(facts, versionKey(name, version)),
      subject: { learner: name, task, version },
      message: `Version ${version} (${nameOfData({ task, revision })}) was parked: ${reasons.join("; ")}.`,
      advice: isPromotable(facts, version)
        ? `Let it through with: cugro promote ${version} --learner ${name}`
        : `Learn the task again with: cugro retry ${task} --learner ${name}`,
    })
  );
}

/** The serving version, if there are reasons against it and its gate only observes. */
function observedVersion(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  const newest = validVersions(facts).at(-1);
  if (!newest || !isObserved(newest)) return [];
  const { version, task, revision = 0, decision } = newest;
  return [createProblem("version.observed", { learner: name, version }, {
    since: writtenAt(facts, versionKey(name, version)),
    subject: { learner: name, task, version },
    message:
      `Version ${version} (${nameOfData({ task, revision })}) serves and was ${
        explainDecision({ ...newest, state: decision })
      }: ` +
      "with gate: enforce it would have been parked.",
    advice: takenBack(name, newest),
  })];
}

/** The serving version, if it is worse than random on average, or far below what the learner has been on average; scores as labels have them. */
function lowPerformance(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  const valid = standingVersions(facts);
  const newest = valid.at(-1);
  if (!newest) return [];
  const average = averageOf(newest);
  const before = valid.slice(0, -1).map((one) => ({
    version: one.version,
    average: averageOf(one) ?? -Infinity,
  }));
  const best = before.reduce((a, b) => b.average > a.average ? b : a, { version: 0, average: -Infinity });
  const fell = average !== null && average < Math.min(best.average, AVERAGE_ALERT.good) - AVERAGE_ALERT.fall;
  if (average === null || (average >= 0 && !fell)) return [];
  const { version, task, row, parent } = newest;
  const episodes = Math.min(...row.flatMap(({ scores }) => scores.length > 0 ? scores.length : []));
  const fallen = fell ? `, ${points(best.average - average)} points below version ${best.version}'s` : "";
  return [createProblem("performance.low", { learner: name, version }, {
    since: writtenAt(facts, versionKey(name, version)),
    subject: { learner: name, task, version },
    message:
      `Version ${version}, which serves, has an average performance of ${
        besideLimit(average, 0).value
      } (0 is random, ` +
      `n = ${episodes} episodes a task)${fallen}.`,
    advice: parent === null
      ? `Task by task: cugro versions --learner ${name}`
      : `${takenBack(name, newest)}; task by task: cugro versions --learner ${name}`,
  })];
}

/** `enforce` on a learner with simulated tasks, whose evaluations are too short to judge anything by: of an earlier version, or after a label. */
function unseeingGate(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  const task = currentTask(facts)?.task ?? Math.max(0, ...facts.tasks.map((fact) => fact.task)) + 1;
  const blind = blindGate(knobsOfTask(facts, task));
  if (blind === undefined || facts.tasks.every(({ environment }) => environment === null)) return [];
  return [createProblem("gate.blind", { learner: name }, {
    since: null,
    subject: { learner: name },
    message: `${blind}: whatever the next version scores, it is published.`,
    advice:
      `Set it with: cugro run --learner ${name} --from-next-task --set evaluationEpisodes=${MIN_EPISODES}`,
  })];
}

/** The advice to go back to what a version continued; empty for a first one. */
function takenBack(name: string, { parent }: VersionFact): string {
  return parent === null ? "" : `Take it back with: cugro rollback ${parent} --learner ${name}`;
}

function points(score: number): string {
  return score.toFixed(1);
}

function writtenAt({ written }: LearnerFacts, key: string): string | null {
  return written.get(key) ?? null;
}
