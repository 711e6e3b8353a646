/**
 * Which tasks of a version are estimated, and the jobs that do it.
 * @module
 */
import type { RefsOf, VersionFact } from "@cugro/protocol";
import type { LabelledTask } from "../facts/labelled_tasks.ts";
import { addJob, type Builder, limitOf, outputOf } from "./graph_jobs.ts";
import { estimateSeed, heldOutSeed } from "./seeds.ts";

/**
 * The job whose networks a version has kept of the task that it learnt; undefined where that was not estimated.
 *
 * @param version its row and the task that it has learnt
 * @returns the job's id
 */
export function keptEstimate({ task, row }: Pick<VersionFact, "task" | "row">): string | undefined {
  return row.find((cell) => cell.task === task)?.estimate?.job;
}

/**
 * Adds the estimates of all tasks that have one: with `estimate: noSimulator` those without a simulator. An old task has one
 * if the version that learnt it has kept networks of it.
 *
 * @param builder of the graph
 * @param models ids of the jobs that train them
 * @returns an entry for each task that has an estimate
 */
export function addEstimates(
  builder: Builder,
  models: { stateGenerator: string; behaviorGenerator: string; critic: string },
): { task: number; id: string }[] {
  const { knobs: { estimate }, oldTasks, task } = builder;
  if (estimate === "never") return [];
  const wanted = [...oldTasks, task].filter(({ environment }) =>
    estimate === "always" || environment === null
  );
  return wanted.flatMap((about) => {
    const id = addEstimate(builder, about, models);
    return id === undefined ? [] : [{ task: about.task, id }];
  });
}

function addEstimate(
  builder: Builder,
  about: LabelledTask,
  models: { stateGenerator: string; behaviorGenerator: string; critic: string },
): string | undefined {
  const { k, task, seed } = builder;
  const policy = {
    behaviorGenerator: outputOf(models.behaviorGenerator, "weights"),
    critic: outputOf(models.critic, "weights"),
    normaliser: { artifact: about.normaliser },
  };
  const shared = { task: about.task, newTask: k, heldOutSeed: heldOutSeed(seed) };
  const add = (fields: typeof shared & { trainingRows?: number }, inputs: RefsOf<"policy.estimate">) =>
    addJob(builder, "policy.estimate", estimateSeed(seed, about.task), fields, inputs);
  if (about.task === k) {
    return add({ ...shared, ...limitOf(builder) }, {
      ...policy,
      stateGenerator: outputOf(models.stateGenerator, "weights"),
      dataset: { dataset: task.datasetHash },
    });
  }
  const learnt = builder.learnt.get(about.task);
  const kept = learnt && keptEstimate(learnt);
  return kept === undefined ? undefined : add(shared, { ...policy, network: outputOf(kept, "network") });
}
