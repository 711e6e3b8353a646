/**
 * mu(a|s,k): learns the actions of all tasks, and labels shards of states with them; the networks that learn from
 * it to act in one step, and their labels.
 * @module
 */
import {
  type Compile,
  sampleActions,
  trainActor,
  trainBehaviorGenerator,
  trainProposer,
} from "@cugro/algorithm";
import type { JobContext, JobHandlers, JobOutput } from "@cugro/worker";
import {
  decodeNormaliser,
  decodeShardStates,
  decodeStored,
  encodeShard,
  knobsOf,
  resumableSampling,
  runGeneratorTraining,
  runOneStepTraining,
  translateErrors,
} from "@cugro/jobs";
import { labelForActor, labelForProposer } from "./one_step_labels.ts";

/** The work of this service. */
export function createHandlers({ compile }: { compile: Compile }): JobHandlers {
  return {
    "behavior.train": translateErrors((context) =>
      runGeneratorTraining(context, compile, trainBehaviorGenerator)
    ),
    "actions.label": translateErrors((context) => label(context, compile)),
    "proposer.label": translateErrors((context) => labelForProposer(context, compile)),
    "proposer.train": translateErrors((context) => runOneStepTraining(context, compile, trainProposer)),
    "actor.label": translateErrors((context) => labelForActor(context, compile)),
    "actor.train": translateErrors((context) => runOneStepTraining(context, compile, trainActor)),
  };
}

async function label(
  context: JobContext<"actions.label">,
  compile: Compile,
): Promise<JobOutput<"actions.label">> {
  const { config: { task }, inputs, seed } = context;
  const normaliser = decodeNormaliser(await context.read(inputs.normaliser));
  const { states, size } = decodeShardStates(await context.read(inputs.states));
  const actions = await sampleActions({
    weights: decodeStored(await context.read(inputs.behaviorGenerator)),
    task,
    normaliser,
    states,
    count: size,
    actionDim: normaliser.actions.centre.length,
    seed,
    hyperparameters: knobsOf(context),
    compile,
    ...resumableSampling(context),
  });
  return { outputs: { shard: encodeShard(size, states, actions) }, metrics: { rows: size } };
}
