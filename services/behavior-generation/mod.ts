/**
 * mu(a|s,k): learns the actions of all tasks, and labels shards of states with them.
 * @module
 */
import { type Compile, sampleActions, trainBehaviorGenerator } from "@cugro/algorithm";
import type { JobContext, JobHandlers, JobOutput } from "@cugro/worker";
import {
  decodeNormaliser,
  decodeShardStates,
  decodeStored,
  encodeShard,
  knobsOf,
  resumableSampling,
  runGeneratorTraining,
  translateErrors,
} from "@cugro/jobs";

/** The work of this service. */
export function createHandlers({ compile }: { compile: Compile }): JobHandlers {
  return {
    "behavior.train": translateErrors((context) =>
      runGeneratorTraining(context, compile, trainBehaviorGenerator)
    ),
    "actions.label": translateErrors((context) => label(context, compile)),
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
