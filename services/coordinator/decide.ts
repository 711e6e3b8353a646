/**
 * The decision on a task whose jobs are done: a version fact. Pure.
 * @module
 */
import {
  dataOfTask,
  estimateOfCell,
  type Graph,
  judgeVersion,
  knobsOfData,
  type LabelledTask,
  type LearnerFacts,
  numbersOf,
  standingAnchors,
  standingVersions,
  type TaskData,
  withRandom,
} from "@cugro/learners";
import { normalisedScore, scoreInterval, successInterval } from "@cugro/algorithm";
import {
  type Anchors,
  type JobKind,
  type JsonObject,
  type RowCell,
  rowCellSchema,
  type VersionFact,
  wayOfActingSchema,
} from "@cugro/protocol";

/** The version that these results make. @throws {Error} when an evaluation's metrics lack `returns`, or have a `success` that is none. */
export function decideVersion(facts: LearnerFacts, graph: Graph): VersionFact {
  const data = dataOfTask(facts, graph.task).find(({ revision }) => revision === graph.revision)!;
  const row = graph.evaluations.map((evaluation) => rowCell(facts, graph, evaluation));
  const verdict = judgeVersion({
    knobs: knobsOfData(facts, data, graph.tasks),
    task: graph.task,
    row,
    earlier: standingVersions(facts),
  });
  const made = madeBefore(data);
  const results = graph.jobs.flatMap(({ id }) => facts.jobs.get(id)?.result ?? []);
  return {
    schema: 1,
    version: Math.max(0, ...facts.versions.map(({ version }) => version)) + 1,
    task: graph.task,
    ...(graph.revision === 0 ? {} : { revision: graph.revision }),
    attempt: graph.attempt,
    ...verdict,
    parent: graph.parent,
    tasks: graph.tasks,
    stateGenerator: graph.stateGenerator,
    behaviorGenerator: graph.behaviorGenerator,
    critic: graph.critic,
    ...(graph.proposer === undefined ? {} : { proposer: graph.proposer }),
    ...(graph.actor === undefined ? {} : { actor: graph.actor }),
    row,
    jobs: [...made.map(({ id }) => id), ...graph.jobs.map(({ id }) => id)],
    kinds: [...made.map(({ kind }) => kind), ...graph.jobs.map(({ job }) => job.kind)],
    ...weightsOf(facts, graph),
    seconds: results.reduce((sum, result) => sum + result.seconds, 0),
  };
}

/** The jobs that read and measured a dataset before it was accepted. */
function madeBefore({ importJob, fact }: TaskData): { id: string; kind: JobKind }[] {
  const read = { id: importJob, kind: "dataset.import" as const };
  return "measureJob" in fact ? [read, { id: fact.measureJob, kind: "dataset.measure" }] : [read];
}

/** What the trainings made: who overwrites a result later changes nothing about this version. */
function weightsOf(facts: LearnerFacts, graph: Graph): Pick<VersionFact, "weights"> {
  const of = (id: string) => facts.jobs.get(id)?.result?.outputs.weights?.artifact;
  const [stateGenerator, behaviorGenerator, critic] = [
    of(graph.stateGenerator),
    of(graph.behaviorGenerator),
    of(graph.critic),
  ];
  if (!stateGenerator || !behaviorGenerator || !critic) return {};
  const [proposer, actor] = [graph.proposer, graph.actor].map((id) => id && of(id));
  return {
    weights: {
      ...{ stateGenerator, behaviorGenerator, critic },
      ...(proposer ? { proposer } : {}),
      ...(actor ? { actor } : {}),
    },
  };
}

function rowCell(facts: LearnerFacts, graph: Graph, { task, id }: { task: number; id: string }): RowCell {
  const metrics = facts.jobs.get(id)!.result!.metrics;
  const returns = numbersOf(metrics.returns);
  if (!returns) throw new Error(`The evaluation of task ${task} (job ${id}) has no list of returns`);
  const about = facts.tasks.find((fact) => fact.task === task)!;
  const anchors = anchorsOf(facts, about, metrics);
  const success = successOf(metrics.success, returns.length, `task ${task} (job ${id})`);
  const scores = success?.map((share) => 100 * share) ??
    returns.map((value) => normalisedScore(value, anchors));
  const valueEstimate = typeof metrics.valueEstimate === "number" ? metrics.valueEstimate : null;
  const label = about.labelled?.labels.at(-1)?.n;
  const measured = {
    ...{ returns, ...(success ? { success } : {}), scores, ...simulatorOf(metrics), ...actingOf(metrics) },
    ...(label === undefined ? {} : { label, anchors }),
  };
  const estimate = estimateOfCell(facts, graph, task, anchors);
  const cell = {
    ...{ task, job: id, ...measured, fidelity: asObject(metrics.fidelity), valueEstimate },
    ...(estimate ? { estimate } : {}),
  };
  if (scores.length === 0) return { ...cell, meanScore: null, low: null, high: null };
  const { seed } = graph.jobs.find((job) => job.id === id)!.job;
  const { mean: meanScore, low, high } = success
    ? successInterval(success)
    : scoreInterval(returns, anchors, seed);
  return { ...cell, meanScore, low, high };
}

/** Success of each episode, 0 to 1; undefined where the simulator does not tell it. */
function successOf(value: unknown, episodes: number, of: string): number[] | undefined {
  if (value === undefined || value === null || episodes === 0) return undefined;
  const success = numbersOf(value);
  if (success?.length === episodes && success.every((share) => share >= 0 && share <= 1)) return success;
  throw new Error(
    `The evaluation of ${of} must have a success between 0 and 1 for each of ${episodes} episodes, or none at all`,
  );
}

/** What was wrong with a simulator that is no part of this project. */
function simulatorOf({ lostEpisodes, notRun }: JsonObject): Pick<RowCell, "lostEpisodes" | "notRun"> {
  return {
    ...(typeof lostEpisodes === "number" ? { lostEpisodes } : {}),
    ...(typeof notRun === "string" ? { notRun } : {}),
  };
}

/** How the evaluation acted, and what it tried. */
function actingOf({ acting, ways }: JsonObject): Pick<RowCell, "acting" | "ways"> {
  const way = wayOfActingSchema.safeParse(acting);
  const tried = rowCellSchema.shape.ways.safeParse(ways);
  return {
    ...(way.success ? { acting: way.data } : {}),
    ...(tried.success && tried.data ? { ways: tried.data } : {}),
  };
}

/** With labels that change what random actions earn, this evaluation or an earlier one has measured it. */
function anchorsOf(facts: LearnerFacts, task: LabelledTask, { randomReturn }: JsonObject): Anchors {
  if (typeof randomReturn === "number") return withRandom(task, randomReturn);
  return standingAnchors(facts, task) ?? task.anchors;
}

function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as JsonObject : null;
}
