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
  versionKey,
} from "@cugro/protocol";
import {
  attemptAt,
  currentGraph,
  describeRejection,
  isObserved,
  isPromotable,
  type LearnerFacts,
  planWork,
  stoppingFailure,
  taskState,
  validVersions,
} from "@cugro/learners";

/** What a person must see to now: nothing is acknowledged yet. A rejection is history once a later file was accepted. */
export function learnerProblems(facts: LearnerFacts): Problem[] {
  if (facts.deleted) return [];
  return [
    ...failedTasks(facts),
    ...rejectedFiles(facts),
    ...lostInputs(facts),
    ...parkedVersions(facts),
    ...observedVersion(facts),
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
      advice: `See to it, then retry task ${task}.`,
    });
  });
}

function rejectedFiles(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  const accepted = Math.max(0, ...facts.tasks.map(({ arrival }) => arrival));
  return facts.rejections.filter(({ seq }) => seq > accepted).map((rejection) =>
    rejectionProblem(name, rejection, writtenAt(facts, rejectionKey(name, rejection.seq)))
  );
}

/** A file that was refused. */
export function rejectionProblem(
  learner: string,
  { seq, key, reason }: Pick<RejectionFact, "seq" | "key" | "reason">,
  since: string | null = null,
): Problem {
  return createProblem("file.rejected", { learner, arrival: seq }, {
    since,
    subject: { learner, key },
    message: describeRejection({ key, reason }),
    advice: "",
  });
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
  return parked.map(({ version, task, reasons }) =>
    createProblem("version.parked", { learner: name, version }, {
      since: writtenAt(facts, versionKey(name, version)),
      subject: { learner: name, task, version },
      message: `Version ${version} (task ${task}) was parked: ${reasons.join("; ")}.`,
      advice: isPromotable(facts, version)
        ? `Let it through with: cugro promote ${version} --learner ${name}`
        : `Learn the task anew with: cugro retry ${task} --learner ${name}`,
    })
  );
}

/** The serving version, if there are reasons against it and its gate only observes. */
function observedVersion(facts: LearnerFacts): Problem[] {
  const { name } = facts.learner;
  const newest = validVersions(facts).at(-1);
  if (!newest || !isObserved({ state: newest.decision, reasons: newest.reasons })) return [];
  const { version, task, reasons, parent } = newest;
  return [createProblem("version.observed", { learner: name, version }, {
    since: writtenAt(facts, versionKey(name, version)),
    subject: { learner: name, task, version },
    message:
      `Version ${version} (task ${task}) serves in spite of reasons against it, for its gate only observes ` +
      `(gate: observe): ${reasons.join("; ")}. With gate: enforce it would have been parked.`,
    advice: parent === null ? "" : `Take it back with: cugro rollback ${parent} --learner ${name}`,
  })];
}

function writtenAt({ written }: LearnerFacts, key: string): string | null {
  return written.get(key) ?? null;
}
