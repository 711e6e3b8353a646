/**
 * Estimates of versions that were decided without them: for finding out what estimates are worth. Pure.
 * @module
 */
import type { JobOf, VersionFact } from "@cugro/protocol";
import type { LearnerFacts } from "../facts/learner_facts.ts";
import { knobsOfVersion } from "../facts/knobs_of_facts.ts";
import { dataOfVersion } from "../facts/task_revisions.ts";
import { addEstimates } from "../planning/graph_estimates.ts";
import type { Builder } from "../planning/graph_jobs.ts";

/**
 * The estimates that a version would have had, had its learner asked for them of all tasks: what a decided version is
 * measured by after the event.
 *
 * @param facts of the learner
 * @param version one that is decided
 * @param earlier the versions it continues, with the estimates that they have by now
 * @returns a job for each of its tasks that can have one
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
