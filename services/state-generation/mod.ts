/**
 * p(s|k): learns the states of all tasks, and samples shards of old ones.
 * @module
 */
import { type Compile, sampleStates, trainStateGenerator } from "@cugro/algorithm";
import type { JobContext, JobHandlers, JobOutput } from "@cugro/worker";
import {
  decodeNormaliser,
  decodeStored,
  encodeShard,
  knobsOf,
  resumableSampling,
  runGeneratorTraining,
  translateErrors,
} from "@cugro/jobs";

/**
 * The handlers of this service's kinds of jobs.
 *
 * @param dependencies `compile` of the open backend
 * @returns errors of the algorithm are permanent, others are tried again
 */
export function createHandlers({ compile }: { compile: Compile }): JobHandlers {
  return {
    "states.train": translateErrors((context) => runGeneratorTraining(context, compile, trainStateGenerator)),
    "states.sample": translateErrors((context) => sample(context, compile)),
  };
}

async function sample(
  context: JobContext<"states.sample">,
  compile: Compile,
): Promise<JobOutput<"states.sample">> {
  const { config: { task, rows }, inputs, seed } = context;
  const normaliser = decodeNormaliser(await context.read(inputs.normaliser));
  const states = await sampleStates({
    weights: decodeStored(await context.read(inputs.stateGenerator)),
    task,
    normaliser,
    stateDim: normaliser.states.centre.length,
    count: rows,
    seed,
    hyperparameters: knobsOf(context),
    compile,
    ...resumableSampling(context),
  });
  return { outputs: { shard: encodeShard(rows, states) }, metrics: { rows } };
}
