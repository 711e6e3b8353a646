/**
 * mu(a|s,k): learns the actions of all tasks, and labels shards of states with them; the networks that learn from
 * it to act in one step, and their labels.
 * @module
 */
import { type Compile, trainActor, trainBehaviorGenerator, trainProposer } from "@cugro/algorithm";
import type { JobHandlers } from "@cugro/worker";
import { runGeneratorTraining, runOneStepTraining, translateErrors } from "@cugro/jobs";
import { labelPairs } from "./label_pairs.ts";
import { labelForActor, labelForProposer } from "./one_step_labels.ts";

/**
 * The handlers of this service's kinds of jobs.
 *
 * @param dependencies `compile` of the open backend
 * @returns errors of the algorithm are permanent, others are tried again
 */
export function createHandlers({ compile }: { compile: Compile }): JobHandlers {
  return {
    "behavior.train": translateErrors((context) =>
      runGeneratorTraining(context, compile, trainBehaviorGenerator)
    ),
    "actions.label": translateErrors((context) => labelPairs(context, compile)),
    "proposer.label": translateErrors((context) => labelForProposer(context, compile)),
    "proposer.train": translateErrors((context) => runOneStepTraining(context, compile, trainProposer)),
    "actor.label": translateErrors((context) => labelForActor(context, compile)),
    "actor.train": translateErrors((context) => runOneStepTraining(context, compile, trainActor)),
  };
}
