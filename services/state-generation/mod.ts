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
  numberOf,
  resumableSampling,
  runGeneratorTraining,
} from "@cugro/jobs";

/** The work of this service. */
export function createHandlers({ compile }: { compile: Compile }): JobHandlers {
  return {
    "states.train": (context) => runGeneratorTraining(context, compile, trainStateGenerator),
    "states.sample": (context) => sample(context, compile),
  };
}

async function sample(context: JobContext, compile: Compile): Promise<JobOutput> {
  const { config, seed } = context.job;
  const normaliser = decodeNormaliser(await context.input("normaliser"));
  const count = numberOf(config, "rows");
  const states = await sampleStates({
    weights: decodeStored(await context.input("stateGenerator")),
    task: numberOf(config, "task"),
    normaliser,
    stateDim: normaliser.states.centre.length,
    count,
    seed,
    hyperparameters: knobsOf(config),
    compile,
    ...resumableSampling(context),
  });
  return { outputs: { shard: encodeShard(count, states) }, metrics: { rows: count } };
}
