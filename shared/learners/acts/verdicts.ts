/**
 * What an operator may decide: let a parked version through, take published ones back, learn a task again or not at
 * all. Each act is one fact, or several of which any prefix is a sound state.
 * @module
 */
import { resolveHyperparameters } from "@cugro/algorithm/arrays";
import { listJob, type Store } from "@cugro/store";
import {
  attemptKey,
  cancelledKey,
  type JobName,
  type JsonObject,
  oldRetryKey,
  parseKey,
  promotedKey,
  retryKey,
  withdrawnKey,
} from "@cugro/protocol";
import { putOnce } from "../facts/put_once.ts";
import {
  attemptAt,
  dataState,
  isPromotable,
  type LearnerFacts,
  taskState,
  validVersions,
} from "../facts/learner_facts.ts";
import { configOf } from "../facts/knobs_of_facts.ts";
import { attemptOf, dataOfTask, nameOfData } from "../facts/task_revisions.ts";
import { readKnobs } from "../planning/knob_subsets.ts";
import { planRemeasuring } from "../results/remeasure.ts";
import { withdrawal } from "./label_values.ts";
import { firstStandingTask, refuseDeleted, refuseFrozen } from "./revise_config.ts";
import { refuseBlind } from "./refuse_blind.ts";
import { loadFacts } from "../reading/load.ts";

/** Input of every act. */
export interface Act {
  store: Store;
  /** The learner's. */
  name: string;
  /** For the record. */
  reason?: string;
}

/**
 * Lets a parked version through.
 * @param act the version, and why
 * @throws {RangeError} when it is not parked, or a later version is valid: then only a retry of its task helps.
 */
export async function promote(
  { store, name, version, reason = "promoted" }: Act & { version: number },
): Promise<void> {
  const facts = await loadOf(store, name);
  const fact = findVersion(facts, version);
  if (validVersions(facts).includes(fact)) throw new RangeError(`Version ${version} is published already`);
  if (facts.withdrawn.some((verdict) => verdict.version === version)) {
    throw new RangeError(`Version ${version} was withdrawn: retry task ${fact.task} instead`);
  }
  if (!isPromotable(facts, version)) {
    const newest = validVersions(facts).at(-1)?.version ?? "none";
    throw new RangeError(
      `Version ${version} continues version ${
        fact.parent ?? "none"
      }, but the newest valid one is ${newest}: ` +
        `retry task ${fact.task} instead`,
    );
  }
  await putOnce(store, promotedKey(name, version), { schema: 1, version, reason });
}

/**
 * Goes back to a version: every valid one after it is withdrawn, and so are their tasks. Version 0 is before the first
 * one: then no version serves, and the next task is learnt from scratch.
 * @param act the version to go back to, and why
 * @returns the withdrawn versions.
 * @throws {RangeError} when the version is not valid.
 */
export async function rollback(
  { store, name, version, reason = "rolled back" }: Act & { version: number },
): Promise<number[]> {
  const facts = await loadOf(store, name);
  const chain = validVersions(facts);
  const place = version === 0 ? -1 : chain.indexOf(findVersion(facts, version));
  if (place < 0 && version !== 0) {
    throw new RangeError(`Version ${version} is not valid, so there is no going back to it`);
  }
  const withdrawn = chain.slice(place + 1).map((fact) => fact.version);
  // Oldest first: a version whose parent is withdrawn is not valid, so the first of these facts does it all.
  for (const gone of withdrawn) {
    await putOnce(store, withdrawnKey(name, gone), { schema: 1, version: gone, reason });
  }
  return withdrawn;
}

/**
 * Learns a task again, with the newest of its datasets: a failed one goes on where it stopped; one that was parked,
 * withdrawn or cancelled (or any with `overrides`) is a new attempt, trained again with another seed on the newest valid
 * version.
 * @param act the task, why, and knobs for this attempt
 * @returns whether an attempt goes on, or a new one begins
 * @throws {RangeError} when the task is part of a published version, or an override is wrong.
 */
export async function retry(
  { store, name, task, reason = "retried", overrides = {} }: Act & {
    task: number;
    overrides?: Record<string, unknown>;
  },
): Promise<"continued" | "new attempt"> {
  const facts = await loadOf(store, name);
  findTask(facts, task);
  const state = taskState(facts, task);
  const plain = Object.keys(overrides).length === 0;
  if (state === "published" && plain && await retryEpisodes(store, facts, task, reason)) return "continued";
  if (state === "published") {
    const learner = validVersions(facts).findLast((fact) => fact.task === task)!;
    throw new RangeError(
      `Task ${task} is part of version ${learner.version}: go back to an earlier version first ` +
        `(rollback ${learner.parent ?? 0})`,
    );
  }
  if (state === "undecided" && plain) {
    throw new RangeError(`Task ${task} is still to be decided: there is nothing to retry`);
  }
  if (state === "failed" && plain) {
    for (const { job } of facts.taskFailures.filter((fact) => fact.task === task)) {
      await retryJob(store, { id: job, kind: facts.jobs.get(job)?.kind }, reason);
    }
    return "continued";
  }
  refuseOtherShapes(facts, task);
  const attempt = attemptAt(facts, task) + 1;
  const known = { ...knobsWith(facts, task, overrides) };
  await putOnce(store, attemptKey(name, task, attempt), {
    schema: 1,
    task,
    attempt,
    reason,
    overrides: known,
  });
  return "new attempt";
}

/**
 * Asks once more for episodes that a label has run again, and that failed.
 *
 * @returns whether there were any
 */
async function retryEpisodes(
  store: Store,
  facts: LearnerFacts,
  task: number,
  reason: string,
): Promise<boolean> {
  const failed = planRemeasuring(facts).failed.filter((one) => one.task === task);
  for (const { id, job } of failed) await retryJob(store, { id, kind: job.kind }, reason);
  return failed.length > 0;
}

/** A task that was taken back may have other shapes than those that were learnt since. */
function refuseOtherShapes(facts: LearnerFacts, k: number): void {
  const task = findTask(facts, k);
  const first = firstStandingTask(facts);
  const isSame = !first || first.discreteActions === task.discreteActions &&
      first.stateDim === task.stateDim && first.actionDim === task.actionDim;
  if (isSame) return;
  throw new RangeError(
    `Task ${k} has states and actions of ${task.stateDim} and ${task.actionDim} numbers, and task ${first.task}, which ` +
      `was learnt since, of ${first.stateDim} and ${first.actionDim}: learn it with another learner`,
  );
}

/** Asks for a failed job once more; nothing if it has no failure that was not retried. */
async function retryJob(store: Store, { id, kind }: JobName, reason: string): Promise<void> {
  const { failures } = await listJob(store, { id, kind }, true);
  for (const key of failures) {
    // Beside its failure, in whichever layout that lies; one that is there already stays.
    const failure = parseKey(key);
    if (failure?.kind !== "failure" && failure?.kind !== "oldFailure") continue;
    const { n } = failure;
    const retry = failure.kind === "failure" ? retryKey(failure.jobKind, id, n) : oldRetryKey(id, n);
    await putOnce(store, retry, { schema: 1, jobId: id, n, reason });
  }
}

/**
 * Steps over a task that is not decided, with each of its datasets that is not.
 * @param act the task, and why
 * @throws {RangeError} when all are.
 */
export async function cancel(
  { store, name, task, reason = "cancelled" }: Act & { task: number },
): Promise<void> {
  const facts = await loadOf(store, name);
  findTask(facts, task);
  const all = dataOfTask(facts, task);
  const open = all.filter((data) => ["undecided", "failed"].includes(dataState(facts, data)));
  const newest = all.at(-1)!;
  if (!open.includes(newest)) {
    const state = dataState(facts, newest);
    const back = state === "published" ? `; it is taken back with: ${withdrawal(facts, task)}` : "";
    throw new RangeError(`${capitalised(nameOfData(newest))} is ${state}: nothing to cancel${back}`);
  }
  // The newest first: what holds the others must not be learnt once these are stepped over.
  for (const data of open.reverse()) {
    const attempt = attemptOf(facts, data);
    await putOnce(store, cancelledKey(name, task, attempt), { schema: 1, task, attempt, reason });
  }
}

function capitalised(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

/** The overrides as knobs of the right type; they may not touch what task 1 has fixed. */
function knobsWith(facts: LearnerFacts, task: number, overrides: Record<string, unknown>): JsonObject {
  const config = configOf(facts, task);
  const before = readKnobs(config.preset, config.knobs);
  const knobs = resolveHyperparameters(before, overrides);
  refuseFrozen(facts, knobs);
  refuseBlind(facts, knobs, before);
  return Object.fromEntries(Object.keys(overrides).map((knob) => [knob, knobs[knob as keyof typeof knobs]]));
}

async function loadOf(store: Store, name: string): Promise<LearnerFacts> {
  const facts = await loadFacts(store, name);
  refuseDeleted(facts);
  return facts;
}

function findVersion(facts: LearnerFacts, version: number) {
  const fact = facts.versions.find((candidate) => candidate.version === version);
  if (fact) return fact;
  throw new RangeError(
    `There is no version ${version} of "${facts.learner.name}": it has ${facts.versions.length}`,
  );
}

/**
 * The fact of a task, as its labels have it.
 * @param task its number
 * @returns the task
 * @throws {RangeError} when there is none
 */
export function findTask(facts: LearnerFacts, task: number) {
  const fact = facts.tasks.find((candidate) => candidate.task === task);
  if (fact) return fact;
  throw new RangeError(`There is no task ${task} of "${facts.learner.name}": it has ${facts.tasks.length}`);
}
