/**
 * What the evaluation of a task came to, as a cell of the version that is to be decided. Pure.
 * @module
 */
import { mean, normalisedScore, scoreInterval, successInterval } from "@cugro/algorithm/arrays";
import {
  type Anchors,
  type JsonObject,
  type RowCell,
  rowCellSchema,
  wayOfActingSchema,
} from "@cugro/protocol";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import type { LabelledTask } from "../facts/labelled_tasks.ts";
import type { Graph } from "../planning/job_graph.ts";
import { estimateOfCell } from "./estimates.ts";
import { numbersOf, withRandom } from "./remeasure.ts";
import { standingAnchors } from "./standing.ts";

/**
 * The cell of an evaluation that is done.
 *
 * @param facts of the learner
 * @param graph of the task being learnt
 * @param evaluation the task and the job
 * @returns a cell of the results matrix
 * @throws {Error} when its metrics lack `returns`, or have an invalid `success`.
 */
export function evaluatedCell(
  facts: LearnerFacts,
  graph: Graph,
  { task, id }: { task: number; id: string },
): RowCell {
  const metrics = facts.jobs.get(id)!.result!.metrics;
  const about = facts.tasks.find((fact) => fact.task === task)!;
  const anchors = anchorsOf(facts, about, metrics);
  const { seed } = graph.jobs.find((job) => job.id === id)!.job;
  const label = about.labelled?.labels.at(-1)?.n;
  const estimate = estimateOfCell(facts, graph, task, anchors);
  return {
    ...{ task, job: id, ...measuredCell(metrics, { anchors, seed, of: `task ${task} (job ${id})` }) },
    ...(label === undefined ? {} : { label, anchors }),
    ...(estimate ? { estimate } : {}),
    ...(task === graph.task ? snapshotsOf(facts, graph, anchors) : {}),
  };
}

/** The part of a cell that follows from its evaluation, and the anchors that scale it. */
export type MeasuredCell = Omit<RowCell, "task" | "job" | "label" | "anchors" | "estimate" | "snapshots">;

/**
 * What the metrics of an evaluation come to.
 *
 * @param metrics of its result
 * @param about anchors of the task, seed of the job, and what it is called in errors
 * @returns returns, scores and their interval, with the simulator and the way of acting
 * @throws {Error} as {@linkcode evaluatedCell}
 */
export function measuredCell(
  metrics: JsonObject,
  { anchors, seed, of }: { anchors: Anchors; seed: number; of: string },
): MeasuredCell {
  const { returns, success, scores } = episodesOf(metrics, anchors, of);
  const valueEstimate = typeof metrics.valueEstimate === "number" ? metrics.valueEstimate : null;
  const cell = {
    ...{ returns, ...(success ? { success } : {}), scores, ...simulatorOf(metrics), ...actingOf(metrics) },
    ...{ fidelity: asObject(metrics.fidelity), valueEstimate },
  };
  if (scores.length === 0) return { ...cell, meanScore: null, low: null, high: null };
  const { mean: meanScore, low, high } = success
    ? successInterval(success)
    : scoreInterval(returns, anchors, seed);
  return { ...cell, meanScore, low, high };
}

/** Returns of episodes, their success where it is told, and scores. @throws {Error} as {@linkcode evaluatedCell} */
function episodesOf(
  metrics: JsonObject,
  anchors: Anchors,
  of: string,
): { returns: number[]; success: number[] | undefined; scores: number[] } {
  const returns = numbersOf(metrics.returns);
  if (!returns) throw new Error(`The evaluation of ${of} has no list of returns`);
  const success = successOf(metrics.success, returns.length, of);
  const scores = success?.map((share) => 100 * share) ??
    returns.map((value) => normalisedScore(value, anchors));
  return { returns, success, scores };
}

/** Scores of the task being learnt before the end of its trainings, as far as they are there. */
function snapshotsOf(facts: LearnerFacts, graph: Graph, anchors: Anchors): Pick<RowCell, "snapshots"> {
  const snapshots = (graph.snapshots ?? []).flatMap(({ share, id }) => {
    const metrics = facts.jobs.get(id)?.result?.metrics;
    if (!metrics) return [];
    const { scores } = episodesOf(metrics, anchors, `task ${graph.task} (job ${id})`);
    return scores.length === 0 ? [] : [{ share, job: id, scores, meanScore: mean(scores) }];
  });
  return snapshots.length === 0 ? {} : { snapshots };
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

/** Faults of a simulator that is not part of this project. */
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
