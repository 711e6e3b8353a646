/**
 * The datasets of a task: the one that it was accepted with, and those that hold more of the same. Each is learnt by
 * itself, in the order in which they arrived; attempts at a task are numbered through all of them, so that an attempt's
 * number says which of them it is about. Pure.
 * @module
 */
import type { AttemptFact, RevisionFact, TaskFact, VersionFact } from "@cugro/protocol";
import { countOf } from "./counts.ts";
import type { LearnerFacts } from "./learner_facts.ts";
import type { LabelledTask } from "./labelled_tasks.ts";

/** A task with one of its datasets. */
export interface TaskData extends LabelledTask {
  /** Number of the revision; 0: as the task was accepted. */
  revision: number;
  firstAttempt: number;
  /** The fact that says so. */
  fact: TaskFact | RevisionFact;
}

/** The tasks of a learner and the revisions of their datasets. */
export type RevisedFacts = Pick<LearnerFacts, "tasks" | "revisions">;

/**
 * A task with each of its datasets, in order of arrival; none for a task that there is not.
 *
 * @param task its number
 * @param facts tasks and revisions
 * @returns the dataset that made the task, then its revisions
 */
export function dataOfTask({ tasks, revisions }: RevisedFacts, task: number): TaskData[] {
  const accepted = tasks.find((fact) => fact.task === task);
  if (!accepted) return [];
  const own = revisions.filter((fact) => fact.task === task);
  return [
    { ...accepted, revision: 0, firstAttempt: 1, fact: accepted },
    ...own.map((fact) => revisedData(accepted, fact)),
  ];
}

function revisedData(
  { notices: _, heldOutDistances: _before, ...task }: LabelledTask,
  fact: RevisionFact,
): TaskData {
  const { arrival, datasetHash, size, episodes, bytes, notices, attempt } = fact;
  const { importJob, normaliser, sketch, episodeHashes, heldOutDistances } = fact;
  return {
    ...task,
    ...{ arrival, datasetHash, size, episodes, bytes, importJob, normaliser, sketch, episodeHashes },
    ...(notices === undefined ? {} : { notices }),
    ...(heldOutDistances === undefined ? {} : { heldOutDistances }),
    ...{ revision: fact.revision, firstAttempt: attempt, fact },
  };
}

/**
 * Every task with each of its datasets, in the order in which they are learnt.
 *
 * @param facts tasks and revisions
 * @returns tasks in the order of their numbers, where nothing was revised
 */
export function dataInOrder(facts: RevisedFacts): TaskData[] {
  const all = facts.tasks.flatMap(({ task }) => dataOfTask(facts, task));
  if (facts.revisions.length === 0) return all;
  return all.sort((a, b) => a.revision + b.revision === 0 ? a.task - b.task : a.arrival - b.arrival);
}

/**
 * What became of an arrival that was accepted.
 *
 * @param facts tasks and revisions
 * @param seq number of the arrival
 * @returns undefined for one that was not accepted
 */
export function dataOfArrival(facts: RevisedFacts, seq: number): TaskData | undefined {
  return dataInOrder(facts).find(({ arrival }) => arrival === seq);
}

/**
 * The task as an attempt at it has it.
 *
 * @param facts tasks and revisions
 * @param task its number
 * @param attempt from 1
 * @returns the newest dataset that there was when the attempt began
 */
export function dataOfAttempt(facts: RevisedFacts, task: number, attempt: number): TaskData | undefined {
  return dataOfTask(facts, task).findLast(({ firstAttempt }) => firstAttempt <= attempt);
}

/**
 * The attempts that were asked for of a task with one of its datasets.
 *
 * @param facts tasks, revisions and attempts
 * @param data task and revision
 * @returns none for an attempt that was not requested
 */
export function attemptsAt(
  facts: RevisedFacts & Pick<LearnerFacts, "attempts">,
  { task, revision }: Pick<TaskData, "task" | "revision">,
): AttemptFact[] {
  return facts.attempts.filter((fact) =>
    fact.task === task && dataOfAttempt(facts, task, fact.attempt)?.revision === revision
  );
}

/**
 * The attempt at a task with one of its datasets that counts.
 *
 * @param facts tasks, revisions and attempts
 * @param data task, revision and its first attempt
 * @returns from 1
 */
export function attemptOf(
  facts: RevisedFacts & Pick<LearnerFacts, "attempts">,
  data: Pick<TaskData, "task" | "revision" | "firstAttempt">,
): number {
  return Math.max(data.firstAttempt, ...attemptsAt(facts, data).map(({ attempt }) => attempt));
}

/**
 * The tasks that a version knows, each as it or the newest version before it has learnt it.
 *
 * @param facts tasks, revisions and versions
 * @param version null: before the first
 * @returns datasets by task
 */
export function dataOfVersion(
  facts: RevisedFacts & Pick<LearnerFacts, "versions">,
  version: VersionFact | null,
): Map<number, TaskData> {
  const byNumber = new Map(facts.versions.map((fact) => [fact.version, fact]));
  const learnt = new Map<number, number>();
  let one = version;
  while (one) {
    if (!learnt.has(one.task)) learnt.set(one.task, one.revision ?? 0);
    one = byNumber.get(one.parent ?? 0) ?? null;
  }
  const known = (version?.tasks ?? []).map((task) => {
    const data = dataOfTask(facts, task);
    return [task, data.find(({ revision }) => revision === learnt.get(task)) ?? data[0]] as const;
  });
  return new Map(known.filter((pair): pair is readonly [number, TaskData] => pair[1] !== undefined));
}

/**
 * A task with one of its datasets, in words.
 *
 * @param data task and revision
 * @returns such as `task 2, revision 1`
 */
export function nameOfData({ task, revision }: Pick<TaskData, "task" | "revision">): string {
  return revision === 0 ? `task ${task}` : `task ${task}, revision ${revision}`;
}

/** Episodes and rows that a revision added to a task. */
export type GrowthFacts = Pick<RevisionFact, "task" | "known" | "added" | "gone" | "leading" | "size">;

/**
 * What of a file is a task's. `the first 229 rows of this file are task 1's`.
 *
 * @param growth the task, and how many rows are known of how many
 * @returns as in `the first 229 rows of this file are task 1's`
 */
export function describeKnown({ task, known, leading, size }: Omit<GrowthFacts, "added" | "gone">): string {
  const rows = leading
    ? `the first ${countOf(known.rows)} rows`
    : `${countOf(known.rows)} of the ${countOf(size)} rows`;
  return `${rows} of this file are task ${task}'s`;
}

/**
 * A revision in a sentence: what it is, and what else the file could have become.
 *
 * @param fact of the revision
 * @returns without a full stop
 */
export function describeRevision(fact: GrowthFacts & { revision: number }): string {
  const { task, revision, added, gone } = fact;
  const without = gone.rows === 0
    ? ""
    : ` (${gone.episodes === 1 ? "one episode" : `${gone.episodes} episodes`} of task ${task}, ` +
      `${countOf(gone.rows)} rows, ${gone.episodes === 1 ? "is" : "are"} not in it)`;
  return `${describeKnown(fact)}, and ${
    countOf(added.rows)
  } are new${without}: it becomes revision ${revision} of task ` +
    `${task}; --as-new-task (asNewTask) makes it a task of its own`;
}
