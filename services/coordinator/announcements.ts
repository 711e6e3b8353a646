/**
 * Facts that the world should hear of, as events. The outbox: an event is published until it is marked. Pure.
 * @module
 */
import type { LearnerFacts } from "@cugro/learners";
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

/** Events of facts that have not been announced, in the order of their kinds and numbers. */
export function announcements(facts: LearnerFacts): CloudEvent[] {
  const name = facts.learner.name;
  const events = [
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
  ];
  return events.filter(({ id }) => !facts.announced.has(id));
}
