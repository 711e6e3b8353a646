/**
 * A shard of pairs of one task: pseudo-states with the actions that the behavior generator takes in them, or what baselines
 * replay in their place.
 * @module
 */
import { type Compile, createRng, noisePairs, sampleActions } from "@cugro/algorithm";
import { type JobContext, type JobOutput, PermanentError } from "@cugro/worker";
import {
  decodeNormaliser,
  decodeShardStates,
  decodeStored,
  drawPairs,
  encodeShard,
  knobsOf,
  openDataset,
  resumableSampling,
} from "@cugro/jobs";

type Context = JobContext<"actions.label">;
type Output = JobOutput<"actions.label">;

/**
 * Makes the shard that the job asks for.
 *
 * @param context config and inputs of the job
 * @param compile of the open backend
 * @returns a shard: generated actions, noise, or rows that are kept
 */
export async function labelPairs(context: Context, compile: Compile): Promise<Output> {
  const { pairs } = context.config;
  if (pairs === undefined) return await labelStates(context, compile);
  return pairs.source === "noise" ? await drawNoise(context, pairs.rows) : await keepRows(context, pairs);
}

async function labelStates(context: Context, compile: Compile): Promise<Output> {
  const { config: { task }, inputs, seed } = context;
  if (!inputs.states || !inputs.behaviorGenerator) {
    throw new PermanentError(`Cannot label task ${task} as the job lacks states or a behavior generator`);
  }
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

async function drawNoise(context: Context, rows: number): Promise<Output> {
  const normaliser = decodeNormaliser(await context.read(context.inputs.normaliser));
  const { states, actions } = noisePairs(normaliser, rows, context.seed);
  return { outputs: { shard: encodeShard(rows, states, actions) }, metrics: { rows } };
}

async function keepRows(
  context: Context,
  { rows, heldOutSeed }: { rows: number; heldOutSeed: number },
): Promise<Output> {
  const { config: { task }, inputs, seed } = context;
  if (!inputs.dataset) throw new PermanentError(`Cannot keep rows of task ${task} as the job has no dataset`);
  const dataset = await openDataset(await context.open(inputs.dataset));
  const kept = await drawPairs(dataset, task, { rows, heldOutSeed, rng: createRng(seed, "buffer.rows") });
  return {
    outputs: { shard: encodeShard(kept.size, kept.states, kept.actions) },
    metrics: { rows: kept.size },
  };
}
