/**
 * From what `policy.estimate` jobs have measured to the estimates that a version's fact holds. Pure.
 * @module
 */
import { type Anchors, ANCHORS_ALL_EQUAL, type CellEstimate, type JsonObject } from "@cugro/protocol";
import { estimatedPoints, estimatedScore, estimateOf } from "@cugro/algorithm/estimate/arrays";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import type { Graph } from "../planning/job_graph.ts";
import { numbersOf } from "./remeasure.ts";
import { standingVersions } from "./standing.ts";

/**
 * The estimate of one task of a version that is decided; undefined where the graph has none, and where the task's returns
 * give no scale to say it in.
 *
 * @param facts of the learner
 * @param graph of the version
 * @param task its number
 * @param anchors the returns that score 0 and 100
 * @returns points of score
 * @throws {Error} where its job has measured no numbers
 */
export function estimateOfCell(
  facts: LearnerFacts,
  graph: Pick<Graph, "estimates" | "task">,
  task: number,
  anchors: Anchors,
): CellEstimate | undefined {
  const job = graph.estimates.find((one) => one.task === task)?.id;
  if (job === undefined || !hasScale(anchors)) return undefined;
  const learnt = standingVersions(facts).findLast((version) => version.task === task);
  const before = task === graph.task ? undefined : learnt?.row.find((cell) => cell.task === task)?.estimate;
  // It had no scale when it was learnt, and only its drop is measured now.
  if (task !== graph.task && !before) return undefined;
  const metrics = facts.jobs.get(job)?.result?.metrics ?? {};
  return readEstimate({ job, task, metrics, anchors, before });
}

/**
 * What a job of an estimate has measured, as a fact holds it.
 *
 * @param before of an old task: its estimate when it was learnt
 * @returns points of score; a drop only of an old task
 * @throws {Error} where the metrics hold no numbers
 */
export function readEstimate(
  { job, task, metrics, anchors, before }: {
    job: string;
    task: number;
    metrics: JsonObject;
    anchors: Anchors;
    before?: CellEstimate | undefined;
  },
): CellEstimate {
  const name = before ? "losses" : "returns";
  const figures = numbersOf(metrics[name]);
  if (!figures?.length) throw new Error(`The estimate of task ${task} (job ${job}) has no list of ${name}`);
  const own = estimateOf(figures);
  if (!before) return { job, score: estimatedScore(own, anchors), drop: null };
  const drop = estimatedPoints(own, anchors);
  return { job, score: after(before.score, drop), drop };
}

/** Whether 0 and 100 say anything: of a single episode, or where every reward is 0, there is but one return. */
function hasScale({ source }: Anchors): boolean {
  return !source.endsWith(ANCHORS_ALL_EQUAL);
}

/** The score before, less the drop; the intervals add up as those of independent errors do. */
function after(before: CellEstimate["score"], drop: CellEstimate["score"]): CellEstimate["score"] {
  const mean = before.mean - drop.mean;
  return {
    mean,
    low: mean - Math.hypot(before.mean - before.low, drop.high - drop.mean),
    high: mean + Math.hypot(before.high - before.mean, drop.mean - drop.low),
  };
}
