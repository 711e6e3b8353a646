/**
 * The jobs of one task: a pure function of its configuration, its place and its parent version.
 *
 * ```
 * states.sample (i,m) ─► actions.label (i,m) ─┬─► states.train   ─┐
 *        for every old task i and shard m     ├─► behavior.train ─┼─► policy.evaluate (j)  for every known task j
 *        the dataset of the new task ─────────┴─► critic.train   ─┘
 * ```
 * `replay: none` has no shards; `oracle` gives trainers the old datasets instead; `criticReplay: relabelled` puts
 * further label jobs between behavior.train and critic.train. Nothing here asks what exists.
 * @module
 */
import type { Hyperparameters } from "@cugro/algorithm";
import type { InputRef, Job, TaskFact, VersionFact } from "@cugro/protocol";
import {
  addEvaluation,
  addRelabelled,
  addShards,
  addTrainer,
  type Builder,
  oracleRefs,
} from "./graph_jobs.ts";

/** A job in a graph. `task`: the task being learnt; `label`: for people. */
export interface GraphJob {
  id: string;
  job: Job;
  task: number;
  label: string;
}

/** All jobs of one task, each after the jobs it needs. */
export interface Graph {
  task: number;
  attempt: number;
  parent: number | null;
  /** What the version will know, in the order learnt. */
  tasks: number[];
  jobs: GraphJob[];
  stateGenerator: string;
  behaviorGenerator: string;
  critic: string;
  evaluations: { task: number; id: string }[];
  /** Ids of the jobs that make shards. */
  shards: string[];
}

/** What a graph is made of. `learnt`: by task, the valid version that learnt it; `parent` is the newest of them. */
export interface GraphInput {
  seed: number;
  knobs: Hyperparameters;
  task: TaskFact;
  attempt: number;
  parent: VersionFact | null;
  tasks: ReadonlyMap<number, TaskFact>;
  learnt: ReadonlyMap<number, VersionFact>;
}

/** A job in a few words, for people. */
export function describeJob({ kind, config }: Pick<Job, "kind" | "config">): string {
  const shard = `states of task ${config.task}, shard ${Number(config.shard) + 1}`;
  switch (kind) {
    case "dataset.import":
      return `import ${String(config.key).split("/").at(-1)}`;
    case "states.sample":
      return `sample ${shard}`;
    case "actions.label":
      return `label ${shard}`;
    case "states.train":
      return `train state generator on task ${config.task}`;
    case "behavior.train":
      return `train behavior generator on task ${config.task}`;
    case "critic.train":
      return `train critic on task ${config.task}`;
    case "policy.evaluate":
      return `evaluate task ${config.task}`;
  }
}

/** The jobs of a task. @throws {Error} when the parent knows a task that has no fact. */
export function buildGraph(input: GraphInput): Graph {
  const { task, attempt, parent, tasks } = input;
  const old = parent?.tasks ?? [];
  const builder: Builder = { ...input, k: task.task, oldTasks: old.map((i) => factOf(i, tasks)), jobs: [] };
  const generated = input.knobs.replay === "generated";
  const shared = generated ? addShards(builder) : new Map<string, InputRef>();
  const shards = builder.jobs.map(({ id }) => id);
  const replay = input.knobs.replay === "oracle" ? oracleRefs(builder) : shared;
  const stateGenerator = addTrainer(builder, "states.train", replay, parent?.stateGenerator);
  const behaviorGenerator = addTrainer(builder, "behavior.train", replay, parent?.behaviorGenerator);
  const relabelled = generated && input.knobs.criticReplay === "relabelled";
  const criticReplay = relabelled ? addRelabelled(builder, shared, behaviorGenerator, shards) : replay;
  const critic = addTrainer(builder, "critic.train", criticReplay, parent?.critic);
  const models = { stateGenerator, behaviorGenerator, critic };
  const evaluations = [...builder.oldTasks, task].map((about) => ({
    task: about.task,
    id: addEvaluation(builder, about, models, shared),
  }));
  const known = [...old, task.task];
  return {
    task: task.task,
    attempt,
    parent: parent?.version ?? null,
    tasks: known,
    jobs: builder.jobs,
    ...models,
    evaluations,
    shards,
  };
}

function factOf(i: number, tasks: ReadonlyMap<number, TaskFact>): TaskFact {
  const fact = tasks.get(i);
  if (!fact) throw new Error(`The parent version knows task ${i}, but there is no fact of that task`);
  return fact;
}
