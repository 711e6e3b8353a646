/**
 * The jobs a graph is put together from, each added with its config, seed and inputs.
 * @module
 */
import {
  createJob,
  deriveSeed,
  type InputRef,
  jobId,
  type JobKind,
  type JsonObject,
  type TaskFact,
} from "@cugro/protocol";
import { describeJob, type GraphInput, type GraphJob } from "./graph.ts";
import { knobsFor } from "./knobs.ts";
import { keptShards, pairsPerTask, shardRows } from "./shards.ts";

/** A graph in the making. */
export interface Builder extends GraphInput {
  k: number;
  oldTasks: TaskFact[];
  jobs: GraphJob[];
}

/** Seed of the split into training and held-out rows: the same in import, training and evaluation. */
export function heldOutSeed(learnerSeed: number): number {
  return deriveSeed(learnerSeed, "held-out", 0, 0, 1);
}

function add(
  builder: Builder,
  kind: JobKind,
  seed: number,
  config: JsonObject,
  inputs: Record<string, InputRef>,
): string {
  const job = createJob(kind, seed, { ...knobsFor(kind, builder.knobs), ...config }, inputs);
  const id = jobId(job);
  builder.jobs.push({ id, job, task: builder.k, label: describeJob(job) });
  return id;
}

/** The shards of every old task, by input name `replay/<i>/<m>`: from the parent, or from who learnt the task. */
export function addShards(builder: Builder): Map<string, InputRef> {
  const { knobs, oldTasks, task } = builder;
  const refs = new Map<string, InputRef>();
  const kept = keptShards(knobs, oldTasks.length, task.stateDim + task.actionDim);
  const rows = shardRows(knobs, oldTasks.length);
  for (const old of oldTasks) {
    for (let m = 0; m < kept; m++) {
      refs.set(`replay/${old.task}/${m}`, { job: addShard(builder, old, m, rows[m]!), output: "shard" });
    }
  }
  return refs;
}

function addShard(builder: Builder, old: TaskFact, m: number, rows: number): string {
  const i = old.task;
  const first = builder.knobs.replaySource === "first";
  const maker = first ? builder.learnt.get(i) : builder.parent;
  if (!maker) throw new Error(`No valid version has learnt task ${i}`);
  // A shard made once has the seed of its maker, whoever asks for it; one sampled anew has the asking task's.
  const by = first ? i : builder.k;
  const attempt = first ? maker.attempt : builder.attempt;
  const seed = (kind: JobKind) => deriveSeed(builder.seed, `${kind}@${by}`, i, m, attempt);
  const normaliser = { artifact: old.normaliser };
  const stateGenerator = { job: maker.stateGenerator, output: "weights" };
  const sampling = { task: i, shard: m, rows };
  const sample = add(builder, "states.sample", seed("states.sample"), sampling, {
    stateGenerator,
    normaliser,
  });
  const behaviorGenerator = { job: maker.behaviorGenerator, output: "weights" };
  const inputs = { states: { job: sample, output: "shard" }, behaviorGenerator, normaliser };
  return add(builder, "actions.label", seed("actions.label"), { task: i, shard: m }, inputs);
}

/** The paper's critic replay: the same states, labelled by the behavior generator that has just been trained. */
export function addRelabelled(
  builder: Builder,
  shared: Map<string, InputRef>,
  behavior: string,
  shards: string[],
) {
  const refs = new Map<string, InputRef>();
  for (const [name, ref] of shared) {
    const labelled = builder.jobs.find(({ id }) => "job" in ref && id === ref.job)!;
    const { task: i, shard: m } = labelled.job.config as { task: number; shard: number };
    const seed = deriveSeed(builder.seed, `relabel@${builder.k}`, i, m, builder.attempt);
    const inputs = { ...labelled.job.inputs, behaviorGenerator: { job: behavior, output: "weights" } };
    const id = add(builder, "actions.label", seed, { task: i, shard: m }, inputs);
    shards.push(id);
    refs.set(name, { job: id, output: "shard" });
  }
  return refs;
}

/** The real old datasets in the place of replay: an upper bound, which keeps data. */
export function oracleRefs({ oldTasks }: Builder): Map<string, InputRef> {
  return new Map(oldTasks.map(({ task, datasetHash }) => [`replay/${task}/0`, { dataset: datasetHash }]));
}

/** A training job of the new task. @returns its id. */
export function addTrainer(
  builder: Builder,
  kind: JobKind,
  replay: Map<string, InputRef>,
  parent: string | undefined,
) {
  const { k, task, oldTasks, knobs, attempt } = builder;
  const normalisers = [...oldTasks, task].map((t) => [`normaliser/${t.task}`, { artifact: t.normaliser }]);
  const inputs: Record<string, InputRef> = {
    dataset: { dataset: task.datasetHash },
    ...Object.fromEntries(normalisers),
    ...Object.fromEntries(replay),
    ...(parent === undefined ? {} : { parent: { job: parent, output: "weights" } }),
  };
  const config = {
    task: k,
    oldTasks: oldTasks.length,
    heldOutSeed: heldOutSeed(builder.seed),
    replayRows: replay.size === 0 ? 0 : pairsPerTask(knobs, oldTasks.length),
  };
  return add(builder, kind, deriveSeed(builder.seed, kind, k, 0, attempt), config, inputs);
}

/** The evaluation of one task: its episodes, and how far its replay was from real data. @returns its id. */
export function addEvaluation(
  builder: Builder,
  about: TaskFact,
  models: { stateGenerator: string; behaviorGenerator: string; critic: string },
  shards: Map<string, InputRef>,
) {
  const { k, task, knobs, oldTasks } = builder;
  const weights = (job: string) => ({ job, output: "weights" });
  const inputs: Record<string, InputRef> = {
    behaviorGenerator: weights(models.behaviorGenerator),
    critic: weights(models.critic),
    normaliser: { artifact: about.normaliser },
    sketch: { artifact: about.sketch },
    ...Object.fromEntries([...shards].filter(([name]) => name.startsWith(`replay/${about.task}/`))),
  };
  if (about.task === k) {
    inputs.stateGenerator = weights(models.stateGenerator);
    inputs.dataset = { dataset: task.datasetHash };
  }
  const config = {
    task: about.task,
    newTask: k,
    environment: about.environment,
    horizon: about.horizon,
    anchors: about.anchors,
    heldOutSeed: heldOutSeed(builder.seed),
    replayRows: pairsPerTask(knobs, Math.max(1, oldTasks.length)),
  };
  // Every version starts its episodes of a task in the same states: neither the version nor the attempt enters.
  const seed = deriveSeed(builder.seed, "policy.evaluate", about.task, 0, 1);
  return add(builder, "policy.evaluate", seed, config, inputs);
}
