/**
 * The offline checker: reads the history of a run and the store it left, and says what went wrong. It trusts nothing
 * that the system says about itself beyond these.
 * @module
 */
import { learnerEvents, loadFacts } from "@cugro/learners";
import type { Store } from "@cugro/store";
import { announcedKey, headKey, jobOfResult } from "@cugro/protocol";
import type { Entry } from "./run_history.ts";
import { type LearnerOutcome, type Outcome, readOutcome } from "./run_outcome.ts";

/** What must hold. */
export const RULES = {
  "lost task": "every file became exactly one task, every task was decided",
  "duplicate task": "no dataset is two tasks, no attempt at a task has two versions",
  "refused file": "no good file was refused",
  "given up": "no job was given up",
  "missing result": "every job of the undisturbed run has its result",
  "surplus result": "no job has a result that the undisturbed run does not have",
  "rewritten result": "no result was written twice or changed",
  "head backward": "the head moves backward only by rollback",
  "head": "the head is where the undisturbed run's is",
  "task": "tasks are those of the undisturbed run",
  "version": "versions are those of the undisturbed run: decisions, jobs, scores",
  "weights": "the bytes of all weights are those of the undisturbed run",
  "acting": "every request to act that is sent to an open policy is answered, whatever is away",
  "not ended": "what was killed or hangs is replaced, and a second cluster on a folder is refused",
  "unannounced": "every event was published at least once before it was marked, and is marked",
} as const;
/** The name of one of {@link RULES}. */
export type Rule = keyof typeof RULES;

/** A rule that was broken. */
export interface Violation {
  rule: Rule;
  detail: string;
}

/** What is checked. */
export interface Evidence {
  history: readonly Entry[];
  store: Store;
  /** Of the undisturbed run. */
  expected: Outcome;
}

/** All violations; none if the run was sound. */
export async function check({ history, store, expected }: Evidence): Promise<Violation[]> {
  const names = Object.keys(expected.learners);
  const outcome = await readOutcome(store, names);
  const violations: Violation[] = [...checkResults(outcome, expected), ...checkWrites(history)];
  for (const name of names) {
    const [was, wanted] = [outcome.learners[name]!, expected.learners[name]!];
    violations.push(
      ...checkTasks(name, was, wanted),
      ...checkVersions(name, was, wanted),
      ...checkHead(name, history),
      ...await checkFacts(store, name, wanted, history),
    );
  }
  for (const { key } of await store.list("jobs/")) {
    if (key.includes("/failures/")) violations.push({ rule: "given up", detail: key });
  }
  return violations;
}

function checkTasks(name: string, was: LearnerOutcome, wanted: LearnerOutcome): Violation[] {
  const violations: Violation[] = [];
  const hashes = was.tasks.map(({ datasetHash }) => datasetHash);
  for (const { task, datasetHash } of wanted.tasks) {
    const times = hashes.filter((hash) => hash === datasetHash).length;
    if (times === 0) violations.push({ rule: "lost task", detail: `${name}: dataset of task ${task}` });
    if (times > 1) violations.push({ rule: "duplicate task", detail: `${name}: dataset of task ${task}` });
  }
  for (const task of was.tasks) {
    if (!was.versions.some((version) => version.task === task.task)) {
      violations.push({ rule: "lost task", detail: `${name}: task ${task.task} was never decided` });
    }
    if (!isEqual(task, wanted.tasks.find((other) => other.task === task.task))) {
      violations.push({ rule: "task", detail: `${name}: task ${task.task}: ${JSON.stringify(task)}` });
    }
  }
  return violations;
}

function checkVersions(name: string, was: LearnerOutcome, wanted: LearnerOutcome): Violation[] {
  const violations: Violation[] = [];
  const seen = new Set<string>();
  for (const { task, attempt } of was.versions) {
    const mark = `${task}/${attempt}`;
    if (seen.has(mark)) {
      violations.push({ rule: "duplicate task", detail: `${name}: versions of attempt ${mark}` });
    }
    seen.add(mark);
  }
  for (let i = 0; i < Math.max(was.versions.length, wanted.versions.length); i++) {
    const [ours, theirs] = [was.versions[i], wanted.versions[i]];
    const without = (version: typeof ours) => version && { ...version, weights: undefined };
    if (!isEqual(without(ours), without(theirs))) {
      violations.push({
        rule: "version",
        detail: `${name}: version ${i + 1}: ${JSON.stringify(without(ours))}`,
      });
    }
    if (ours && theirs && !isEqual(ours.weights, theirs.weights)) {
      violations.push({
        rule: "weights",
        detail: `${name}: version ${i + 1}: ${JSON.stringify(ours.weights)}`,
      });
    }
  }
  if (was.head !== wanted.head || !isEqual(was.withdrawn, wanted.withdrawn)) {
    violations.push({ rule: "head", detail: `${name}: head ${was.head} where ${wanted.head} is wanted` });
  }
  return violations;
}

/**
 * The head as the sampler saw it: down only once for each time an operator went back, and only to where. The sampler may
 * be late, and see a version for the first time when the operator has already gone back from it. A fall between two
 * samples shows in what processes wrote: no head is written twice, as one after a rollback counts the withdrawn versions.
 */
function checkHead(name: string, history: readonly Entry[]): Violation[] {
  const violations: Violation[] = [];
  const written = new Set<string>();
  let [goesBackTo, wentBackTo]: (number | undefined)[] = [];
  let highest = 0;
  for (const entry of history) {
    if (entry.what === "act" && entry.act === "rollback" && entry.learner === name) {
      goesBackTo = wentBackTo = Number(entry.about);
    }
    if (entry.what === "lost") {
      // The snapshot may have the operator's act, and the head from before it.
      [highest, goesBackTo] = [entry.heads[name] ?? 0, wentBackTo];
      written.clear();
    }
    if (entry.what === "put" && entry.key === headKey(name) && entry.outcome === "written") {
      if (written.has(entry.hash)) {
        violations.push({ rule: "head backward", detail: `${name}: written again at ${entry.at}` });
      }
      written.add(entry.hash);
    }
    if (entry.what !== "head" || entry.learner !== name) continue;
    const version = entry.version ?? 0;
    const isRollback = version < highest && version === goesBackTo;
    if (isRollback) goesBackTo = undefined;
    if (isRollback || version >= highest) {
      highest = version;
      continue;
    }
    violations.push({
      rule: "head backward",
      detail: `${name}: from ${highest} to ${version} at ${entry.at}`,
    });
  }
  return violations;
}

async function checkFacts(
  store: Store,
  name: string,
  wanted: LearnerOutcome,
  history: readonly Entry[],
): Promise<Violation[]> {
  const violations: Violation[] = [];
  const facts = await loadFacts(store, name);
  for (const { key, reason } of facts.rejections) {
    violations.push({ rule: "refused file", detail: `${name}: ${key}: ${reason}` });
  }
  if (facts.arrivals.length !== wanted.tasks.length) {
    const keys = facts.arrivals.map(({ key }) => key).join(", ");
    violations.push({
      rule: "duplicate task",
      detail: `${name}: ${facts.arrivals.length} arrivals: ${keys}`,
    });
  }
  for (const { id } of learnerEvents(facts)) {
    if (!facts.announced.has(id)) violations.push({ rule: "unannounced", detail: `${id} has no mark` });
    const marked = history.find((entry) =>
      entry.what === "put" && entry.key === announcedKey(id) && entry.outcome === "written"
    );
    const wasAnnounced = history.some((entry) =>
      entry.what === "announce" && entry.id === id && (!marked || entry.at <= marked.at)
    );
    if (!wasAnnounced) {
      violations.push({ rule: "unannounced", detail: `${id} was marked before it was published` });
    }
  }
  return violations;
}

function checkResults(outcome: Outcome, expected: Outcome): Violation[] {
  const violations: Violation[] = [];
  for (const [id, hashes] of Object.entries(expected.results)) {
    const ours = outcome.results[id];
    if (!ours) violations.push({ rule: "missing result", detail: id });
    else if (!isEqual(ours, hashes)) {
      violations.push({ rule: "weights", detail: `${id}: ${JSON.stringify(ours)}` });
    }
  }
  for (const id of Object.keys(outcome.results)) {
    if (!expected.results[id]) violations.push({ rule: "surplus result", detail: id });
  }
  return violations;
}

/** Results are written once, unless they were removed in between; a sampled one never changes. */
function checkWrites(history: readonly Entry[]): Violation[] {
  const violations: Violation[] = [];
  const written = new Map<string, string>();
  const sampled = new Map<string, string>();
  for (const entry of history) {
    for (const key of entry.what === "delete" ? [entry.key] : entry.what === "lost" ? entry.keys : []) {
      if (!key.endsWith("/result.json")) continue;
      written.delete(key);
      sampled.delete(jobOfResult(key) ?? "");
    }
    if (entry.what === "put" && entry.key.endsWith("/result.json") && entry.outcome === "written") {
      if (written.has(entry.key)) violations.push({ rule: "rewritten result", detail: entry.key });
      written.set(entry.key, entry.hash);
    }
    if (entry.what === "result") {
      const before = sampled.get(entry.jobId);
      if (before !== undefined && before !== entry.etag) {
        violations.push({ rule: "rewritten result", detail: `${entry.jobId} changed at ${entry.at}` });
      }
      sampled.set(entry.jobId, entry.etag);
    }
  }
  return violations;
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
