/**
 * Which tasks of a version are estimated, and the jobs that do it.
 * @module
 */
import type { JobOf, RefsOf, VersionFact } from "@cugro/protocol";
import { knobsOfVersion, type LearnerFacts } from "../facts/facts.ts";
import type { LabelledTask } from "../facts/labels.ts";
import { dataOfVersion } from "../facts/revisions.ts";
import { addJob, type Builder, limitOf, outputOf } from "./graph_jobs.ts";
import { estimateSeed, heldOutSeed } from "./seeds.ts";

/** The job whose networks a version has kept of the task that it learnt; undefined where that was not estimated. */
export function keptEstimate({ task, row }: Pick<VersionFact, "task" | "row">): string | undefined {
  return row.find((cell) => cell.task === task)?.estimate?.job;
}

/**
 * Adds the estimates of all tasks that have one: with `estimate: noSimulator` those without a simulator. An old task has one
 * if the version that learnt it has kept networks of it.
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

/**
 * The estimates that a version would have had, had its learner asked for them of all tasks: what a decided version is
 * measured by after the event.
 *
 * @param earlier the versions it continues, with the estimates that they have by now
 */
export function estimateJobs(
  facts: LearnerFacts,
  version: VersionFact,
  earlier: readonly VersionFact[],
): { task: number; id: string; job: JobOf<"policy.estimate"> }[] {
  const data = dataOfVersion(facts, version);
  const task = data.get(version.task)!;
  const builder: Builder = {
    seed: facts.learner.seed,
    knobs: { ...knobsOfVersion(facts, version), estimate: "always" },
    ...{ task, k: version.task, attempt: version.attempt, parent: earlier.at(-1) ?? null, tasks: data },
    learnt: new Map(earlier.map((one) => [one.task, one])),
    oldTasks: [...data.values()].filter((one) => one.task !== version.task),
    jobs: [],
  };
  const found = addEstimates(builder, version);
  return found.map(({ task, id }, i) => ({
    task,
    id,
    job: builder.jobs[i]!.job as JobOf<"policy.estimate">,
  }));
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
