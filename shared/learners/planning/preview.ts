/**
 * The job graphs of tasks that have not arrived: what learning them would take. Names and shapes of the jobs are
 * right, their ids are not, since ids depend on the data.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import { type RowCell, sha256, type TaskFact, type VersionFact } from "@cugro/protocol";
import { buildGraph, type Graph } from "./job_graph.ts";

/**
 * Graphs of the first `tasks` tasks of a new learner, each on the one before.
 *
 * @param options.later knobs from the second task on.
 * @param options.size rows of each task; matters only to how many of them are read.
 * @param options.environment of all tasks.
 * @param options.stateDim numbers in a state; matters only to how many kept shards fit `replayBytes`.
 * @returns a graph for each task
 * @default none is simulated
 */
export function previewGraph(
  {
    seed = 0,
    knobs,
    later = knobs,
    tasks: count,
    environment = null,
    size = 1,
    stateDim = 17,
    actionDim = 6,
  }: {
    seed?: number;
    knobs: Hyperparameters;
    later?: Hyperparameters;
    tasks: number;
    environment?: TaskFact["environment"];
    size?: number;
    stateDim?: number;
    actionDim?: number;
  },
): Graph[] {
  const tasks = new Map<number, TaskFact>();
  const learnt = new Map<number, VersionFact>();
  const graphs: Graph[] = [];
  for (let k = 1; k <= count; k++) {
    const task = placeholder(k, { environment, size, stateDim, actionDim });
    tasks.set(k, task);
    const parent = learnt.get(k - 1) ?? null;
    const graph = {
      ...buildGraph({ seed, knobs: k === 1 ? knobs : later, task, attempt: 1, parent, tasks, learnt }),
      rows: null,
    };
    graphs.push(graph);
    const { revision: _, ...rest } = graph;
    const jobs = graph.jobs.map(({ id }) => id);
    learnt.set(k, { ...rest, ...unknown, task: k, version: k, jobs, row: keptRow(graph) });
  }
  return graphs;
}

const unknown = { schema: 1 as const, decision: "published" as const, reasons: [], seconds: 0 };

/** The row of a version as far as later graphs read it: which networks it keeps. */
function keptRow({ task, estimates }: Graph): RowCell[] {
  const job = estimates.find((one) => one.task === task)?.id;
  if (job === undefined) return [];
  const nothing = { returns: [], scores: [], meanScore: null, low: null, high: null };
  const estimate = { job, score: { mean: 0, low: 0, high: 0 }, drop: null };
  return [{ ...nothing, task, job, fidelity: null, valueEstimate: null, estimate }];
}

function placeholder(
  k: number,
  shape: Pick<TaskFact, "environment" | "size" | "stateDim" | "actionDim">,
): TaskFact {
  const hash = (what: string) => sha256(`${what} of task ${k}`);
  return {
    schema: 1,
    task: k,
    arrival: k,
    name: `task ${k}`,
    datasetHash: hash("dataset"),
    normaliser: hash("normaliser"),
    sketch: hash("sketch"),
    importJob: hash("import"),
    ...shape,
    episodes: 1,
    bytes: 0,
    horizon: 1,
    anchors: { random: 0, good: 1, source: "preview" },
  };
}
