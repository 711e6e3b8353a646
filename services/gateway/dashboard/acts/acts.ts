/**
 * The acts on tasks, versions and problems that are one question and one request.
 * @module
 */
import type { StandingProblem, Task, VersionSummary } from "@cugro/client";
import { type Doing, pathOf } from "../state/command_lines.ts";
import { client } from "../state/page_session.ts";
import type { Act } from "./open_act.ts";

/** A request whose body is the reason, and its command. */
function doing(path: string, words: readonly (string | number)[], reason: string | undefined): Doing {
  const reasonWords = reason === undefined ? [] : ["--reason", reason];
  return {
    method: "POST",
    path,
    body: reason === undefined ? {} : { reason },
    command: [...words, ...reasonWords],
  };
}

const because = (reason: string | undefined) => reason === undefined ? {} : { reason };

/** Skips a task that is not decided. */
export function cancelTask(learner: string, { task, name }: Task): Act {
  return {
    title: `Cancel task ${task} of ${learner}?`,
    before: [
      `Work on “${name}” stops within seconds, and the learner goes on with the next task.`,
      "Its work so far is kept for a while, but a retry is a new attempt and begins at step 0.",
    ],
    ...{ verb: "Cancel the task", scope: "submit", isDestructive: true },
    doing: (reason) =>
      doing(pathOf(learner, `/tasks/${task}/cancel`), ["cancel", task, "--learner", learner], reason),
    async run(reason) {
      await client.value.tasks.cancel(learner, task, because(reason));
      return `Task ${task} of ${learner} is skipped; its running jobs stop within seconds.`;
    },
  };
}

/** Learns a task again. */
export function retryTask(learner: string, { task, name, state }: Task): Act {
  return {
    title: `Learn task ${task} of ${learner} again?`,
    before: [
      state === "failed"
        ? `“${name}” resumes where it stopped.`
        : `“${name}” is trained again, as a new attempt on the newest valid version.`,
    ],
    ...{ verb: "Learn it again", scope: "submit" },
    doing: (reason) =>
      doing(pathOf(learner, `/tasks/${task}/retry`), ["retry", task, "--learner", learner], reason),
    async run(reason) {
      const how = await client.value.tasks.retry(learner, task, because(reason));
      return `Task ${task} of ${learner} is learnt again: ${how}.`;
    },
  };
}

/** Lets a parked version through. */
export function promoteVersion(learner: string, { version, reasons }: VersionSummary): Act {
  return {
    title: `Promote version ${version} of ${learner}?`,
    before: [
      `Version ${version} becomes valid and serves, in spite of what speaks against it:`,
      ...reasons,
    ],
    ...{ verb: `Promote version ${version}`, scope: "admin", isDestructive: true },
    doing: (reason) =>
      doing(
        pathOf(learner, `/versions/${version}/promote`),
        ["promote", version, "--learner", learner],
        reason,
      ),
    async run(reason) {
      await client.value.versions.promote(learner, version, because(reason));
      return `Version ${version} of ${learner} is valid; it serves as soon as the head has moved.`;
    },
  };
}

/** Versions that are named one by one in a question. */
const NAMED = 20;

/** Goes back to a version. @param later the valid ones after it */
export function rollBack(
  learner: string,
  version: number,
  later: readonly { version: number; task: number }[],
): Act {
  const named = later.slice(0, NAMED).map((one) => `version ${one.version} (task ${one.task})`).join(", ");
  const lost = later.length > NAMED ? `${named} and ${later.length - NAMED} more` : named;
  const serves = version === 0 ? "No version serves then" : `Version ${version} serves then`;
  return {
    title: version === 0
      ? `Take back all versions of ${learner}?`
      : `Roll ${learner} back to version ${version}?`,
    before: [
      `Withdrawn, and not valid any more: ${lost}. ${serves}.`,
      "Their tasks are not learnt again by themselves; a retry does that.",
    ],
    ...{ verb: `Withdraw ${later.length} ${later.length === 1 ? "version" : "versions"}` },
    ...{ scope: "admin", isDestructive: true },
    doing: (reason) =>
      doing(
        pathOf(learner, `/versions/${version}/rollback`),
        ["rollback", version, "--learner", learner],
        reason,
      ),
    async run(reason) {
      const withdrawn = await client.value.versions.rollback(learner, version, because(reason));
      return `Withdrawn: ${withdrawn.map((one) => `version ${one}`).join(", ") || "nothing"}. ${serves}.`;
    },
  };
}

/** Says that somebody has seen a problem. */
export function acknowledge({ id, message }: StandingProblem): Act {
  return {
    title: "Acknowledge this problem?",
    before: [message, "It stays hidden until it occurs again. Nothing else happens."],
    ...{ verb: "Acknowledge", scope: "submit" },
    doing: (reason) => doing(`/v1/problems/${id}/acknowledge`, ["problems", "acknowledge", id], reason),
    async run(reason) {
      await client.value.problems.acknowledge(id, because(reason));
      return "The problem is acknowledged.";
    },
  };
}
