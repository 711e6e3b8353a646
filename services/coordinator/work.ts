/**
 * Which jobs of a graph to submit: backwards from what a decision needs, to what is ready and not done. Pure.
 * @module
 */
import { artifactKey, datasetKey, type InputRef, type Job, resultKey } from "@cugro/protocol";
import { hasFailed, type LearnerFacts } from "./facts.ts";
import type { Graph, GraphJob } from "./graph.ts";

/** What is to be done for a graph. `decidable`: every job a decision needs is done. */
export interface Work {
  submit: GraphJob[];
  /** Keys of results whose outputs are lost: the job must be done again. */
  release: string[];
  /** Inputs that nobody can make again, in words. */
  problems: string[];
  failed: GraphJob[];
  decidable: boolean;
}

/** The object an input lies in; undefined while the job that makes it has no result. */
export function keyOfInput(facts: Pick<LearnerFacts, "jobs">, ref: InputRef): string | undefined {
  if ("dataset" in ref) return datasetKey(ref.dataset);
  if ("artifact" in ref) return artifactKey(ref.artifact);
  const artifact = facts.jobs.get(ref.job)?.result?.outputs[ref.output]?.artifact;
  return artifact === undefined ? undefined : artifactKey(artifact);
}

/** What is to be done for a graph, given what exists. */
export function planWork(facts: LearnerFacts, graph: Graph): Work {
  const jobs = new Map(graph.jobs.map((job) => [job.id, job]));
  const work: Work = { submit: [], release: [], problems: [], failed: [], decidable: true };
  const seen = new Set<string>();
  const roots = [
    graph.stateGenerator,
    graph.behaviorGenerator,
    graph.critic,
    ...graph.evaluations.map(({ id }) => id),
  ];
  for (const id of roots) {
    if (facts.jobs.get(id)?.result) continue;
    work.decidable = false;
    visit(id);
  }
  return {
    ...work,
    submit: inGraphOrder(graph, work.submit),
    release: [...new Set(work.release)],
    problems: [...new Set(work.problems)],
  };

  function visit(id: string): void {
    if (seen.has(id)) return;
    seen.add(id);
    const job = jobs.get(id)!;
    if (hasFailed(facts.jobs.get(id))) {
      work.failed.push(job);
      return;
    }
    // Not `every`, which would stop at the first input and leave the others unplanned.
    const ready = Object.entries(job.job.inputs).map(([name, ref]) => available(name, ref, job.job));
    if (ready.every(Boolean)) work.submit.push(job);
  }

  function available(name: string, ref: InputRef, job: Job): boolean {
    const key = keyOfInput(facts, ref);
    const present = key !== undefined && !facts.missing.has(key);
    if (present) return true;
    if ("job" in ref && jobs.has(ref.job)) {
      if (key !== undefined) work.release.push(resultKey(ref.job));
      visit(ref.job);
    } else {
      work.problems.push(describeLoss(facts, graph, name, ref, job));
    }
    return false;
  }
}

function inGraphOrder(graph: Graph, submit: GraphJob[]): GraphJob[] {
  const wanted = new Set(submit);
  return graph.jobs.filter((job) => wanted.has(job));
}

function describeLoss(facts: LearnerFacts, graph: Graph, name: string, ref: InputRef, job: Job): string {
  const waits = `Task ${graph.task} cannot go on:`;
  if ("dataset" in ref) {
    const owner = facts.tasks.find(({ datasetHash }) => datasetHash === ref.dataset)?.task ?? graph.task;
    const why = owner === graph.task ? "" : ", which replay=oracle needs,";
    return `${waits} the dataset of task ${owner}${why} is gone (${
      datasetKey(ref.dataset)
    }). Add its file again.`;
  }
  if ("artifact" in ref) {
    const owner = facts.tasks.find(({ normaliser, sketch }) => [normaliser, sketch].includes(ref.artifact))
      ?.task;
    const what = name === "sketch" ? "sketch" : "normaliser";
    const key = artifactKey(ref.artifact);
    return `${waits} the ${what} of task ${owner} is gone (${key}) and cannot be made again. Restore it from a copy.`;
  }
  const maker = facts.versions.find((v) =>
    [v.stateGenerator, v.behaviorGenerator, v.critic].includes(ref.job)
  );
  const where = keyOfInput(facts, ref) ?? resultKey(ref.job);
  return `${waits} ${job.kind} needs weights of version ${maker?.version} (${where}), which are gone and cannot be ` +
    `made again. Restore them from a copy, or roll back to an earlier version.`;
}
