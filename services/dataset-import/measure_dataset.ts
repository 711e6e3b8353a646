/**
 * What is measured of a dataset: its normaliser, its sketch, the hashes of its episodes; and the job `dataset.measure`,
 * which does it for a task that there is.
 * @module
 */
import {
  fitNormaliser,
  fitSketch,
  heldOutRows,
  type Normaliser,
  normaliserToStored,
  takeRows,
  widenNormaliser,
} from "@cugro/algorithm";
import { type Dataset, decodeDataset, episodeHashes } from "@cugro/datasets";
import { decodeNormaliser, encodeStored } from "@cugro/jobs";
import { encodeEpisodes } from "@cugro/protocol";
import type { JobContext, JobOutput } from "@cugro/worker";

/**
 * Measures a dataset. A tenth of the rows is held out, and the sketch is made of them.
 *
 * @param known the task's normaliser, where it has one: it is widened, not fitted anew
 */
export function measure(
  dataset: Dataset,
  { heldOutSeed, seed, known }: { heldOutSeed: number; seed: number; known?: Normaliser },
): { normaliser: Uint8Array; sketch: Uint8Array; episodes: Uint8Array } {
  const { stateDim, actionDim } = dataset;
  const { train, heldOut } = heldOutRows(dataset.size, heldOutSeed);
  const rowsOf = (indices: Int32Array) => ({
    states: takeRows(dataset.states, stateDim, indices),
    actions: takeRows(dataset.actions, actionDim, indices),
    size: indices.length,
    stateDim,
    actionDim,
    discreteActions: dataset.metadata.discreteActions,
  });
  const normaliser = known ? widenNormaliser(known, rowsOf(train)) : fitNormaliser(rowsOf(train));
  const sketch = fitSketch({ ...rowsOf(heldOut), seed, normaliser });
  return {
    normaliser: encodeStored(normaliserToStored(normaliser)),
    sketch: encodeStored(sketch),
    episodes: encodeEpisodes(episodeHashes(dataset)),
  };
}

/** Measures a stored dataset in the coordinates of its task. */
export async function measureDataset(
  context: JobContext<"dataset.measure">,
): Promise<JobOutput<"dataset.measure">> {
  const { config: { heldOutSeed }, inputs, seed } = context;
  const known = decodeNormaliser(await context.read(inputs.normaliser));
  const dataset = decodeDataset(await context.read(inputs.dataset));
  return { outputs: measure(dataset, { heldOutSeed, seed, known }), metrics: { size: dataset.size } };
}
