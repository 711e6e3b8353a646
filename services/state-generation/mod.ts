/**
 * p(s|k): learns the states of all tasks, and samples shards of old ones.
 * @module
 */
import { type Compile, sampleStates, trainStateGenerator } from "@cugro/algorithm";
import type { JobContext, JobHandlers, JobOutput } from "@cugro/platform";
import {
  decodeNormaliser,
  decodeStored,
  encodeShard,
  knobsOf,
  numberOf,
  readTrainingInput,
  runTraining,
} from "@cugro/training";

/** The work of this service. */
export function createHandlers({ compile }: { compile: Compile }): JobHandlers {
  return {
    "states.train": (context) => train(context, compile),
    "states.sample": (context) => sample(context, compile),
  };
}

async function train(context: JobContext, compile: Compile): Promise<JobOutput> {
  const { dataset, trainRows: _, ...input } = await readTrainingInput(context);
  const { stateDim, actionDim } = dataset;
  const { seed, config } = context.job;
  return await runTraining(context, (resume) =>
    trainStateGenerator({
      ...input,
      stateDim,
      actionDim,
      hyperparameters: knobsOf(config),
      seed,
      compile,
      ...(resume ? { resume } : {}),
    }));
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
    onProgress: (done) => context.progress({ step: done, steps: count }),
  });
  return { outputs: { shard: encodeShard(count, states) }, metrics: { rows: count } };
}
