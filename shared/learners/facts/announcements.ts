/**
 * Facts that are announced, as events: the events follow from the facts alone, so a subscriber that missed one on the bus
 * finds it here, under the same id. Pure.
 * @module
 */
import {
  type CloudEvent,
  createFactEvent,
  type EventData,
  labelKey,
  promotedKey,
  rejectionKey,
  revisionKey,
  taskFailureKey,
  taskKey,
  versionKey,
  withdrawnKey,
} from "@cugro/protocol";
import type { LearnerFacts } from "./learner_facts.ts";
import { shownCell } from "../reading/measures_of_facts.ts";
import { acceptedTask } from "./labelled_tasks.ts";
import { describeRevision } from "./task_revisions.ts";
import { traceOfArrival, traceOfTask } from "./traces_of_work.ts";

/**
 * What {@link learnerEvents} looks at; with the arrivals, events carry the trace of the dataset they are about, and with
 * the times of facts their own.
 */
export type AnnouncedFacts =
  & Pick<
    LearnerFacts,
    | "learner"
    | "tasks"
    | "labels"
    | "revisions"
    | "rejections"
    | "taskFailures"
    | "versions"
    | "promoted"
    | "withdrawn"
  >
  & Partial<Pick<LearnerFacts, "arrivals" | "written">>;

/**
 * The outbox: events of facts that have not been announced, in the order of their kinds and numbers.
 *
 * @param facts of the learner, and which events are announced
 * @returns CloudEvents whose ids are the facts' keys
 */
export function announcements(facts: AnnouncedFacts & Pick<LearnerFacts, "announced">): CloudEvent[] {
  return learnerEvents(facts).filter(({ id }) => !facts.announced.has(id));
}

/**
 * The events of all facts of a learner, announced or not, in the order of their kinds and numbers.
 *
 * @param facts of the learner
 * @returns CloudEvents whose ids are the facts' keys
 */
export function learnerEvents(facts: AnnouncedFacts): CloudEvent[] {
  const name = facts.learner.name;
  return [
    ...facts.tasks.map(acceptedTask).map(({ task, name: title, size }) =>
      createFactEvent("cugro.task.accepted", taskKey(name, task), name, { task, name: title, size })
    ),
    ...facts.revisions.map((fact) =>
      createFactEvent("cugro.task.revised", revisionKey(name, fact.task, fact.revision), name, {
        ...{ task: fact.task, revision: fact.revision, arrival: fact.arrival, name: fact.name },
        ...{ size: fact.size, known: fact.known, added: fact.added, gone: fact.gone },
        message: describeRevision(fact),
      })
    ),
    ...facts.rejections.map(({ seq, key, reason }) =>
      createFactEvent("cugro.arrival.rejected", rejectionKey(name, seq), name, { arrival: seq, key, reason })
    ),
    ...facts.taskFailures.map(({ task, attempt, n, job, message }) =>
      createFactEvent("cugro.task.failed", taskFailureKey(name, task, n), name, {
        task,
        attempt,
        job,
        message,
      })
    ),
    ...facts.labels.map(({ task, n: label, set, before, by, reason }) =>
      createFactEvent("cugro.task.relabelled", labelKey(name, task, label), name, {
        ...{ task, label, set, before, by, reason },
      })
    ),
    ...versionEvents(facts),
  ].map((event) => tracedAndDated(facts, event));
}

function versionEvents(facts: AnnouncedFacts): CloudEvent[] {
  const { learner: { name } } = facts;
  return [
    ...facts.versions.map((fact) =>
      createFactEvent(`cugro.version.${fact.decision}`, versionKey(name, fact.version), name, {
        ...{ version: fact.version, task: fact.task, reasons: fact.reasons },
        ...(fact.revision === undefined ? {} : { revision: fact.revision }),
        ...resultOf(facts, fact.version),
      })
    ),
    ...facts.promoted.map(({ version, reason }) =>
      createFactEvent("cugro.version.promoted", promotedKey(name, version), name, {
        ...{ version, reason },
        ...resultOf(facts, version),
      })
    ),
    ...facts.withdrawn.map(({ version, reason }) =>
      createFactEvent("cugro.version.withdrawn", withdrawnKey(name, version), name, {
        ...{ version, reason },
        ...resultOf(facts, version),
      })
    ),
  ];
}

function tracedAndDated(facts: AnnouncedFacts, event: CloudEvent): CloudEvent {
  const { task, arrival } = event.data;
  const traceparent = typeof arrival === "number"
    ? traceOfArrival(facts, arrival)
    : traceOfTask(facts, Number(task));
  const time = facts.written?.get(event.id);
  return {
    ...event,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(time === undefined ? {} : { time }),
  };
}

/** `previous`: the version it continues, which served before it and serves again without it. */
function resultOf(
  { versions }: Pick<LearnerFacts, "versions">,
  version: number,
): Pick<EventData<"cugro.version.published">, "previous" | "scores"> {
  const fact = versions.find((candidate) => candidate.version === version);
  if (!fact) return {};
  const scores = fact.row.map(shownCell).map(({ task, meanScore, low, high, episodes }) => ({
    ...{ task, meanScore, low, high, episodes },
  }));
  return { previous: fact.parent, scores };
}
