/**
 * Which jobs of a graph to submit: backwards from what a decision needs, to what is ready and not done. Pure.
 * @module
 */
import { artifactKey, datasetKey, type InputRef, type Job, makerOf, resultKey } from "@cugro/protocol";
import type { Hyperparameters } from "@cugro/algorithm";
import { hasFailed, type LearnerFacts } from "../facts/learner_facts.ts";
import { dataInOrder } from "../facts/task_revisions.ts";
import type { Graph, GraphJob } from "./job_graph.ts";
import { keptEstimate } from "./graph_estimates.ts";

/** The work that a graph still needs. `decidable`: every job a decision needs is done. */
export interface Work {
  submit: GraphJob[];
  /** Keys of results whose outputs are lost: the job must be done again. */
  release: string[];
  /** Inputs that nobody can make again, in words. */
  problems: string[];
  failed: GraphJob[];
  decidable: boolean;
}

/**
 * The object an input lies in; undefined while the job that makes it has no result.
 *
 * @param facts states of jobs
 * @param ref an input of a job
 * @returns key of a dataset or artifact
 */
export function keyOfInput(facts: Pick<LearnerFacts, "jobs">, ref: InputRef): string | undefined {
  if ("dataset" in ref) return datasetKey(ref.dataset);
  if ("artifact" in ref) return artifactKey(ref.artifact);
  const artifact = facts.jobs.get(ref.job)?.result?.outputs[ref.output]?.artifact;
  return artifact === undefined ? undefined : artifactKey(artifact);
}

/**
 * Whether the object an input lies in is there, as far as is known.
 *
 * @param facts states of jobs, and which objects are missing
 * @param ref an input of a job
 * @returns false while the job that makes it has no result
 */
export function isThere(facts: Pick<LearnerFacts, "jobs" | "missing">, ref: InputRef): boolean {
  // Nearly always nothing is missing, and a graph may have very many inputs: then no key need be put together.
  const made = !("job" in ref) || facts.jobs.get(ref.job)?.result?.outputs[ref.output] !== undefined;
  return made && (facts.missing.size === 0 || !facts.missing.has(keyOfInput(facts, ref)!));
}

/**
 * The work that a graph still needs, given what exists.
 *
 * @param facts of the learner
 * @param graph of a task
 * @returns jobs to submit and to let go, what cannot be made again, what has failed, and whether the task can be
 *   decided
 */
export function planWork(facts: LearnerFacts, graph: Graph): Work {
  const walk: Walk = {
    facts,
    graph,
    jobs: new Map(graph.jobs.map((job) => [job.id, job])),
    seen: new Set(),
    work: { submit: [], release: [], problems: [], failed: [], decidable: true },
  };
  const roots = [
    graph.stateGenerator,
    graph.behaviorGenerator,
    graph.critic,
    ...[...graph.evaluations, ...graph.estimates, ...graph.snapshots ?? []].map(({ id }) => id),
    ...graph.kept ?? [],
  ];
  const open = roots.filter((id) => !facts.jobs.get(id)?.result);
  for (const id of open) visit(walk, id);
  const { submit, release, problems, failed } = walk.work;
  return {
    submit: inGraphOrder(graph, submit),
    release: [...new Set(release)],
    problems: [...new Set(problems)],
    failed,
    decidable: open.length === 0,
  };
}

interface Walk {
  facts: LearnerFacts;
  graph: Graph;
  jobs: ReadonlyMap<string, GraphJob>;
  seen: Set<string>;
  work: Work;
}

/** A job that must be done: it is ready, or what it waits for must be done. */
function visit(walk: Walk, id: string): void {
  if (walk.seen.has(id)) return;
  walk.seen.add(id);
  const job = walk.jobs.get(id)!;
  if (hasFailed(walk.facts.jobs.get(id))) {
    walk.work.failed.push(job);
    return;
  }
  // Not `every`, which would stop at the first input and leave the others unplanned.
  const ready = Object.entries(job.job.inputs).map(([name, ref]) => isAvailable(walk, name, ref, job.job));
  if (ready.every(Boolean)) walk.work.submit.push(job);
}

/** Whether an input is there; if not, sees to it that it is made, or says that nobody can. */
function isAvailable(walk: Walk, name: string, ref: InputRef, job: Job): boolean {
  const { facts, graph, jobs, work } = walk;
  if (isThere(facts, ref)) return true;
  if ("job" in ref && jobs.has(ref.job)) {
    const result = facts.jobs.get(ref.job)?.resultKey;
    if (result !== undefined && keyOfInput(facts, ref) !== undefined) work.release.push(result);
    visit(walk, ref.job);
  } else {
    work.problems.push(describeLoss(facts, graph, name, ref, job));
  }
  return false;
}

function inGraphOrder(graph: Graph, submit: GraphJob[]): GraphJob[] {
  const wanted = new Set(submit);
  return graph.jobs.filter((job) => wanted.has(job));
}

function describeLoss(facts: LearnerFacts, graph: Graph, name: string, ref: InputRef, job: Job): string {
  const waits = `Task ${graph.task} cannot go on:`;
  if ("dataset" in ref) {
    const key = datasetKey(ref.dataset);
    const owner = dataInOrder(facts).find(({ datasetHash }) => datasetHash === ref.dataset)?.task ??
      graph.task;
    if (owner === graph.task) {
      return `${waits} the dataset of task ${owner} is gone (${key}). Hand its file over again, or cancel task ${owner}.`;
    }
    return `${waits} replay=${
      replayOf(job)
    } needs the dataset of task ${owner}, which is gone (${key}). Restore that ` +
      `object from a copy of the store, or retry task ${graph.task} with replay=generated.`;
  }
  if ("artifact" in ref) {
    const owner = dataInOrder(facts).find(({ normaliser, sketch }) =>
      [normaliser, sketch].includes(ref.artifact)
    );
    const what = name === "sketch" ? "sketch" : "normaliser";
    return `${waits} the ${what} of task ${owner?.task ?? graph.task} is gone (${
      artifactKey(ref.artifact)
    }) and cannot ` +
      `be made again, since it was measured on data that may be gone. Restore that object from a copy of the store.`;
  }
  const result = facts.jobs.get(ref.job)?.resultKey ?? resultKey(makerOf(job.kind, name), ref.job);
  return `${waits} ${job.kind} needs ${describeLostWeights(facts, ref, result)}`;
}

/** Which source of replay makes a job read an old dataset. */
function replayOf({ kind, config }: Job): Hyperparameters["replay"] {
  if (kind === "actions.label") return "real-buffer";
  return config.joint ? "multitask" : "oracle";
}

/** Weights of a decided version; a graph makes all others itself. */
function describeLostWeights(facts: LearnerFacts, ref: InputRef & { job: string }, result: string): string {
  const maker = facts.versions.find((version) =>
    [
      ...[version.stateGenerator, version.behaviorGenerator, version.critic],
      ...[version.proposer, version.actor, keptEstimate(version)],
    ].includes(ref.job)
  );
  const where = keyOfInput(facts, ref) ?? result;
  const whose = maker ? `weights of version ${maker.version}` : "weights of an earlier version";
  // Which to go back to: the version before, whose own weights are others.
  const before = maker && maker.parent !== null ? `, or roll back to version ${maker.parent}` : "";
  return `${whose} (${where}), which are gone and cannot be made again. Restore that object from a copy of the ` +
    `store${before}.`;
}
