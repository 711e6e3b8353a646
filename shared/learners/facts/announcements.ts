/**
 * Facts that are announced, as events: the events follow from the facts alone, so a subscriber that missed one on the bus
 * finds it here, under the same id. Pure.
 * @module
 */
import {
  type CloudEvent,
  createEvent,
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
import type { LearnerFacts } from "./facts.ts";
import { shownCell } from "../reading/measures.ts";
import { acceptedTask } from "./labels.ts";
import { describeRevision } from "./revisions.ts";
import { traceOfArrival, traceOfTask } from "./traces.ts";

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

/** The outbox: events of facts that have not been announced, in the order of their kinds and numbers. */
export function announcements(facts: AnnouncedFacts & Pick<LearnerFacts, "announced">): CloudEvent[] {
  return learnerEvents(facts).filter(({ id }) => !facts.announced.has(id));
}

/** The events of all facts of a learner, announced or not, in the order of their kinds and numbers. */
export function learnerEvents(facts: AnnouncedFacts): CloudEvent[] {
  return [...taskEvents(facts), ...arrivalEvents(facts), ...laterEvents(facts), ...versionEvents(facts)]
    .map((event) => tracedAndDated(facts, event));
}

function taskEvents({ learner: { name }, tasks }: AnnouncedFacts): CloudEvent[] {
  return tasks.map(acceptedTask).map((task) => {
    const data: EventData<"cugro.task.accepted"> = { task: task.task, name: task.name, size: task.size };
    return createEvent("cugro.task.accepted", taskKey(name, task.task), name, data);
  });
}

function arrivalEvents({ learner: { name }, revisions, rejections }: AnnouncedFacts): CloudEvent[] {
  return [
    ...revisions.map((fact) => {
      const data: EventData<"cugro.task.revised"> = {
        ...{ task: fact.task, revision: fact.revision, arrival: fact.arrival, name: fact.name },
        ...{ size: fact.size, known: fact.known, added: fact.added, gone: fact.gone },
        message: describeRevision(fact),
      };
      return createEvent("cugro.task.revised", revisionKey(name, fact.task, fact.revision), name, data);
    }),
    ...rejections.map(({ seq, key, reason }) => {
      const data: EventData<"cugro.arrival.rejected"> = { arrival: seq, key, reason };
      return createEvent("cugro.arrival.rejected", rejectionKey(name, seq), name, data);
    }),
  ];
}

/** Of tasks that were accepted before. */
function laterEvents({ learner: { name }, taskFailures, labels }: AnnouncedFacts): CloudEvent[] {
  return [
    ...taskFailures.map(({ task, attempt, n, job, message }) => {
      const data: EventData<"cugro.task.failed"> = { task, attempt, job, message };
      return createEvent("cugro.task.failed", taskFailureKey(name, task, n), name, data);
    }),
    ...labels.map(({ task, n: label, set, before, by, reason }) => {
      const data: EventData<"cugro.task.relabelled"> = { task, label, set, before, by, reason };
      return createEvent("cugro.task.relabelled", labelKey(name, task, label), name, data);
    }),
  ];
}

function versionEvents(facts: AnnouncedFacts): CloudEvent[] {
  const { learner: { name } } = facts;
  return [
    ...facts.versions.map((fact) =>
      createEvent(
        `cugro.version.${fact.decision}`,
        versionKey(name, fact.version),
        name,
        {
          ...{ version: fact.version, task: fact.task, reasons: fact.reasons },
          ...(fact.revision === undefined ? {} : { revision: fact.revision }),
          ...resultOf(facts, fact.version),
        } satisfies EventData<"cugro.version.published" | "cugro.version.parked">,
      )
    ),
    ...facts.promoted.map(({ version, reason }) =>
      createEvent(
        "cugro.version.promoted",
        promotedKey(name, version),
        name,
        {
          ...{ version, reason },
          ...resultOf(facts, version),
        } satisfies EventData<"cugro.version.promoted">,
      )
    ),
    ...facts.withdrawn.map(({ version, reason }) =>
      createEvent(
        "cugro.version.withdrawn",
        withdrawnKey(name, version),
        name,
        {
          ...{ version, reason },
          ...resultOf(facts, version),
        } satisfies EventData<"cugro.version.withdrawn">,
      )
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
