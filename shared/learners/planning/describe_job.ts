/**
 * A job in a few words, for people.
 * @module
 */
import { type FieldsOf, type Job, type JobKind, type JobOf, typedJob } from "@cugro/protocol";

const DESCRIPTIONS: { [K in JobKind]: (fields: FieldsOf<K>) => string } = {
  "dataset.import": ({ key }) => `import ${key.split("/").at(-1)}`,
  "dataset.measure": () => "measure a dataset that has grown",
  "states.sample": ({ task, shard }) => `sample states of task ${task}, shard ${shard + 1}`,
  "actions.label": ({ task, shard, pairs }) =>
    pairs === undefined
      ? `label states of task ${task}, shard ${shard + 1}`
      : pairs.source === "noise"
      ? `draw noise for task ${task}, shard ${shard + 1}`
      : `keep rows of task ${task}`,
  "states.train": (fields) => `train state generator on ${learntTasks(fields)}`,
  "behavior.train": (fields) => `train behavior generator on ${learntTasks(fields)}`,
  "critic.train": (fields) => `train critic on ${learntTasks(fields)}`,
  "proposer.label": ({ task }) => `label task ${task} for the proposer`,
  "proposer.train": ({ task }) => `train proposer on task ${task}`,
  "actor.label": ({ task }) => `label task ${task} for the actor`,
  "actor.train": ({ task }) => `train actor on task ${task}`,
  "policy.evaluate": ({ task, newTask, episodesOnly }) =>
    episodesOnly
      ? `run task ${task} again in the version that learnt task ${newTask}`
      : `evaluate task ${task}`,
  "policy.estimate": ({ task }) => `estimate task ${task}`,
};

function learntTasks({ task, oldTasks, joint, until }: FieldsOf<"states.train">): string {
  const tasks = joint ? `task ${task} and ${oldTasks} before it` : `task ${task}`;
  return until === undefined ? tasks : `${tasks}, the first ${100 * until} % of the steps`;
}

/**
 * A job in a few words.
 *
 * @param job its kind and fields
 * @returns such as `train critic on task 2`
 */
export function describeJob<K extends JobKind>({ kind, config }: Pick<JobOf<K>, "kind" | "config">): string {
  return DESCRIPTIONS[kind](config);
}

/**
 * A stored job in a few words; by its kind alone if other software made it, with other fields.
 *
 * @param job as its fact has it
 * @returns the kind's name, at the least
 */
export function describeStoredJob(job: Job): string {
  const typed = typedJob(job);
  return typed ? describeJob(typed) : job.kind;
}
