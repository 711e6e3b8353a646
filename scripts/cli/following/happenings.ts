/**
 * Changes of a learner between two looks at it: arrivals, jobs, decisions, drops, problems. Pure.
 * @module
 */
import { describeRejection, explainDecision } from "@cugro/learners";
import { describeProblem, type Problem } from "@cugro/protocol";
import { describeDrop, duration, figure } from "@cugro/report/words";
import type { ShownJob, ShownStatus, ShownVersion, WholeStatus } from "../learners/learners.ts";

/** Something that happened, in a sentence and as data; types are those of events where there is one. */
export interface Happening {
  type: string;
  learner: string;
  text: string;
  data: Record<string, unknown>;
}

/**
 * Changes since an earlier look.
 *
 * @param before undefined: the learner was not there
 * @param after where it stands now
 * @returns arrivals, jobs, decisions and problems, in this order
 */
export function happeningsBetween(before: WholeStatus | undefined, after: WholeStatus): Happening[] {
  const learner = after.learner.name;
  const of = (type: string, text: string, data: Record<string, unknown>): Happening => ({
    ...{ type: `cugro.${type}`, learner, text, data },
  });
  const found = [
    ...arrivals(before, after, of),
    ...jobs(before, after, of),
    ...tasks(before, after, of),
    ...versions(before, after, of),
    ...problems(before, after, of),
  ];
  if (before && before.head !== after.head) {
    const text = after.head === null ? "no version serves" : `version ${after.head} serves`;
    found.push(of("version.serving", text, { version: after.head, previous: before.head }));
  }
  if (after.deleted && !before?.deleted) found.push(of("learner.deleted", "it was deleted", {}));
  return found;
}

type Make = (type: string, text: string, data: Record<string, unknown>) => Happening;
type Before = WholeStatus | undefined;

/** Those of `after` whose mark is not among those of `before`. */
function fresh<T>(before: readonly T[] | undefined, after: readonly T[], mark: (one: T) => unknown): T[] {
  const known = new Set(before?.map(mark));
  return after.filter((one) => !known.has(mark(one)));
}

function arrivals(before: Before, after: WholeStatus, of: Make): Happening[] {
  const imports = (status: Before) => status?.jobs.filter(({ kind }) => kind === "dataset.import");
  return [
    // An import that is done when it first appears has already become a task.
    ...fresh(imports(before), imports(after)!, ({ id }) => id).filter(({ state }) => state !== "done").map((
      { id, label },
    ) => of("arrival.received", `a file has arrived: ${label}`, { job: id, label })),
    ...fresh(before?.rejections, after.rejections, ({ seq }) => seq).map((rejection) =>
      of("arrival.rejected", describeRejection(rejection), { ...rejection })
    ),
  ];
}

function jobs(before: Before, after: WholeStatus, of: Make): Happening[] {
  const known = new Map(before?.jobs.map(({ id, state }) => [id, state]));
  const isNews = ({ id, kind, state }: ShownJob) =>
    known.get(id) !== state && (kind !== "dataset.import" || state !== "done" || known.has(id));
  const changed = after.jobs.filter(isNews);
  const isDone = ({ state }: ShownJob) => state === "done";
  let done = after.jobs.filter(isDone).length - changed.filter(isDone).length;
  return changed.flatMap((job) => {
    if (isDone(job)) done += 1;
    const change = describeJobChange(job, `${done} of ${after.jobs.length}`);
    return change === undefined ? [] : [of(change.type, change.text, dataOf(job))];
  });
}

const dataOf = ({ id, kind, task, label, state, seconds, message }: ShownJob) => ({
  ...{ jobId: id, kind, task, label, state, seconds, message },
});

function describeJobChange(job: ShownJob, count: string): { type: string; text: string } | undefined {
  const { label, state, seconds, message } = job;
  if (state === "failed") return { type: "job.failed", text: `${label} failed: ${message}` };
  if (state !== "done") return undefined;
  const took = seconds === null ? "" : ` in ${duration(seconds)}`;
  return { type: "job.finished", text: `${label} done${took} (${count} jobs)` };
}

function tasks(before: Before, after: WholeStatus, of: Make): Happening[] {
  const mark = ({ task, revision }: ShownStatus["tasks"][number]) => `${task}/${revision}`;
  return fresh(before?.tasks, after.tasks, mark).map(({ task, revision, name, size }) => {
    const what = `${name}, ${size.toLocaleString("en-US")} transitions`;
    const data = { task, revision, name, size };
    return revision === 0
      ? of("task.accepted", `task ${task} accepted: ${what}`, data)
      : of("task.revised", `task ${task} has revision ${revision}: ${what}`, data);
  });
}

function versions(before: Before, after: WholeStatus, of: Make): Happening[] {
  const mark = ({ version, state }: ShownVersion) => `${version}/${state}`;
  return fresh(before?.versions, after.versions, mark).map((version) => {
    const isNew = !before?.versions.some((known) => known.version === version.version);
    const { version: number, task, state, reasons, row, measures } = version;
    const scores = row.map(({ task, meanScore, low, high, episodes }) => ({
      ...{ task, meanScore, low, high, episodes },
    }));
    return of(
      `version.${state}`,
      isNew ? describeVersion(version) : `version ${number} is ${explainDecision(version)}`,
      { version: number, task, reasons, scores, measures },
    );
  });
}

/** `version 3 (task 3) published; scores by task 95.1, 88.0; average 91.5; worst drop 4.2 (n = 20; task 1 since version 1)`. */
function describeVersion(version: ShownVersion): string {
  const { version: number, task, row, measures } = version;
  const scores = row.map(({ meanScore }) => figure(meanScore)).join(", ");
  const parts = [`version ${number} (task ${task}): ${explainDecision(version)}`];
  if (row.some(({ meanScore }) => meanScore !== null)) {
    parts.push(`scores by task ${scores}`, `average ${figure(measures.averagePerformance)}`);
  }
  if (measures.worstDrop) parts.push(`worst drop ${describeDrop(measures.worstDrop)}`);
  return parts.join("; ");
}

function problems(before: Before, after: WholeStatus, of: Make): Happening[] {
  const data = (problem: Problem) => ({ ...problem });
  return [
    ...fresh(before?.problems, after.problems, ({ id }) => id).map((problem) =>
      of("problem.raised", `! ${describeProblem(problem)}`, data(problem))
    ),
    ...fresh(after.problems, before?.problems ?? [], ({ id }) => id).map((problem) =>
      of("problem.resolved", `over: ${problem.message}`, data(problem))
    ),
  ];
}
