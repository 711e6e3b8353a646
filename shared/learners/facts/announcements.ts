/**
 * Facts that the world should hear of, as events: the events follow from the facts alone, so who missed one on the bus
 * finds it here again, under the same id. Pure.
 * @module
 */
import {
  type CloudEvent,
  createEvent,
  promotedKey,
  rejectionKey,
  taskFailureKey,
  taskKey,
  versionKey,
  withdrawnKey,
} from "@cugro/protocol";
import type { LearnerFacts } from "./facts.ts";
import { traceOfArrival, traceOfTask } from "./traces.ts";

/** What {@link learnerEvents} looks at; with the arrivals, events carry the trace of the dataset they are about. */
export type AnnouncedFacts =
  & Pick<
    LearnerFacts,
    "learner" | "tasks" | "rejections" | "taskFailures" | "versions" | "promoted" | "withdrawn"
  >
  & Partial<Pick<LearnerFacts, "arrivals">>;

/** The outbox: events of facts that have not been announced, in the order of their kinds and numbers. */
export function announcements(facts: AnnouncedFacts & Pick<LearnerFacts, "announced">): CloudEvent[] {
  return learnerEvents(facts).filter(({ id }) => !facts.announced.has(id));
}

/** The events of all facts of a learner, announced or not, in the order of their kinds and numbers. */
export function learnerEvents(facts: AnnouncedFacts): CloudEvent[] {
  const name = facts.learner.name;
  return [
    ...facts.tasks.map(({ task, name: title, size }) =>
      createEvent("cugro.task.accepted", taskKey(name, task), name, { task, name: title, size })
    ),
    ...facts.rejections.map(({ seq, key, reason }) =>
      createEvent("cugro.arrival.rejected", rejectionKey(name, seq), name, { arrival: seq, key, reason })
    ),
    ...facts.taskFailures.map(({ task, attempt, n, job, message }) =>
      createEvent("cugro.task.failed", taskFailureKey(name, task, n), name, { task, attempt, job, message })
    ),
    ...facts.versions.map(({ version, task, decision, reasons }) =>
      createEvent(`cugro.version.${decision}`, versionKey(name, version), name, { version, task, reasons })
    ),
    ...facts.promoted.map(({ version, reason }) =>
      createEvent("cugro.version.promoted", promotedKey(name, version), name, { version, reason })
    ),
    ...facts.withdrawn.map(({ version, reason }) =>
      createEvent("cugro.version.withdrawn", withdrawnKey(name, version), name, { version, reason })
    ),
  ].map((event) => {
    const { task, arrival } = event.data;
    const traceparent = typeof arrival === "number"
      ? traceOfArrival(facts, arrival)
      : traceOfTask(facts, Number(task));
    return traceparent === undefined ? event : { ...event, traceparent };
  });
}
