/**
 * The graph of the jobs of a task, made once for the same facts.
 * @module
 */
import type { LearnerFact } from "@cugro/protocol";
import { attemptOf, dataOfVersion, type TaskData } from "./task_revisions.ts";
import { buildGraph, type Graph } from "../planning/job_graph.ts";
import { configOf, knobsOfData } from "./knobs_of_facts.ts";
import { currentTask, type LearnerFacts, validVersions } from "./learner_facts.ts";

/** The last graph of each learner, and the facts it was built of: hashing thousands of jobs takes a second. */
const built = new WeakMap<LearnerFact, { of: readonly unknown[]; graph: Graph }>();

/**
 * The graph of a task on the newest valid version. Equal facts give the very same graph, as long as none other is asked for.
 * @param facts of the learner
 * @param data the task with one of its datasets
 * @returns jobs and what depends on what
 */
export function graphOf(facts: LearnerFacts, data: TaskData): Graph {
  const { task } = data;
  const chain = validVersions(facts);
  const parent = chain.at(-1) ?? null;
  const attempts = facts.attempts.filter((fact) => fact.task === task);
  const old = dataOfVersion(facts, parent);
  const config = configOf(facts, data.revision === 0 ? task : Math.max(task, ...old.keys()));
  // Labels of a revised task are not in the fact of its revision.
  const oldFacts = [data, ...old.values()].flatMap(({ fact, labelled }) => [fact, labelled]);
  const of = [config, ...attempts, null, ...chain, null, ...oldFacts];
  const known = built.get(facts.learner);
  if (known && known.of.length === of.length && known.of.every((part, i) => part === of[i])) {
    return known.graph;
  }
  const graph = buildGraph({
    seed: facts.learner.seed,
    knobs: knobsOfData(facts, data, [...old.keys()]),
    task: data,
    attempt: attemptOf(facts, data),
    parent,
    tasks: old,
    learnt: new Map(chain.map((version) => [version.task, version])),
  });
  built.set(facts.learner, { of, graph });
  return graph;
}

/**
 * The graph of the current task.
 * @param facts of the learner
 * @returns undefined where all tasks are decided
 */
export function currentGraph(facts: LearnerFacts): Graph | undefined {
  const task = currentTask(facts);
  return task && graphOf(facts, task);
}
