/**
 * The decision on a task whose jobs are done: a version fact. Pure.
 * @module
 */
import { type Graph, knobsOfTask, type LearnerFacts, validVersions } from "@cugro/learners";
import { normalisedScore, scoreInterval } from "@cugro/algorithm";
import type { JsonObject, RowCell, VersionFact } from "@cugro/protocol";
import { judgeVersion } from "./gate.ts";

/** The version that these results make. @throws {Error} when an evaluation's metrics lack `returns`. */
export function decideVersion(facts: LearnerFacts, graph: Graph): VersionFact {
  const row = graph.evaluations.map((evaluation) => rowCell(facts, graph, evaluation));
  const verdict = judgeVersion({
    knobs: knobsOfTask(facts, graph.task),
    task: graph.task,
    row,
    earlier: validVersions(facts),
  });
  const importJob = facts.tasks.find(({ task }) => task === graph.task)!.importJob;
  const results = graph.jobs.flatMap(({ id }) => facts.jobs.get(id)?.result ?? []);
  return {
    schema: 1,
    version: Math.max(0, ...facts.versions.map(({ version }) => version)) + 1,
    task: graph.task,
    attempt: graph.attempt,
    ...verdict,
    parent: graph.parent,
    tasks: graph.tasks,
    stateGenerator: graph.stateGenerator,
    behaviorGenerator: graph.behaviorGenerator,
    critic: graph.critic,
    row,
    jobs: [importJob, ...graph.jobs.map(({ id }) => id)],
    kinds: ["dataset.import", ...graph.jobs.map(({ job }) => job.kind)],
    ...weightsOf(facts, graph),
    seconds: results.reduce((sum, result) => sum + result.seconds, 0),
  };
}

/** What the three trainings made: who overwrites a result later changes nothing about this version. */
function weightsOf(facts: LearnerFacts, graph: Graph): Pick<VersionFact, "weights"> {
  const of = (id: string) => facts.jobs.get(id)?.result?.outputs.weights?.artifact;
  const [stateGenerator, behaviorGenerator, critic] = [
    of(graph.stateGenerator),
    of(graph.behaviorGenerator),
    of(graph.critic),
  ];
  if (!stateGenerator || !behaviorGenerator || !critic) return {};
  return { weights: { stateGenerator, behaviorGenerator, critic } };
}

function rowCell(facts: LearnerFacts, graph: Graph, { task, id }: { task: number; id: string }): RowCell {
  const metrics = facts.jobs.get(id)!.result!.metrics;
  const { returns } = metrics;
  if (!Array.isArray(returns) || !returns.every((value) => typeof value === "number")) {
    throw new Error(`The evaluation of task ${task} (job ${id}) has no list of returns`);
  }
  const { anchors } = facts.tasks.find((fact) => fact.task === task)!;
  const scores = returns.map((value) => normalisedScore(value, anchors));
  const valueEstimate = typeof metrics.valueEstimate === "number" ? metrics.valueEstimate : null;
  const measured = { returns, scores, fidelity: asObject(metrics.fidelity), valueEstimate };
  if (scores.length === 0) return { task, job: id, ...measured, meanScore: null, low: null, high: null };
  const { seed } = graph.jobs.find((job) => job.id === id)!.job;
  const { mean: meanScore, low, high } = scoreInterval(returns, anchors, seed);
  return { task, job: id, ...measured, meanScore, low, high };
}

function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as JsonObject : null;
}
