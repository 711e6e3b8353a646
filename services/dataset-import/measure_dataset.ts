/**
 * What is measured of a dataset: its normaliser, its sketch, the hashes of its episodes; and the job `dataset.measure`,
 * which does it for a task that there is.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import {
  fitSketch,
  heldOutDistances,
  heldOutFlags,
  type Normaliser,
  normaliserToStored,
  openNormaliserFit,
  SKETCH_ROWS,
  widenNormaliser,
} from "@cugro/algorithm/arrays";
import { type Dataset, type DatasetRows, decodeDataset, episodeHashes, rowsOfDataset } from "@cugro/datasets";
import { decodeNormaliser, encodeStored } from "@cugro/jobs";
import { encodeEpisodes } from "@cugro/protocol";
import type { JobContext, JobOutput } from "@cugro/worker";

/** How a dataset is measured. */
export interface MeasureOptions {
  /** Of the sketch. */
  seed: number;
  /** Of the choice of the rows that are held out. */
  heldOutSeed: number;
  /** The task's normaliser, where it has one: it is widened, not fitted again. */
  known?: Normaliser;
}

/** Measurements of a dataset: files, and distances of its held-out rows from their mean. */
export interface Measured {
  normaliser: Uint8Array;
  sketch: Uint8Array;
  episodes: Uint8Array;
  heldOutDistances: number[];
}

/**
 * The normaliser, the sketch and the episodes' hashes of a dataset, as files. It is read once, in blocks, between which the process does other work.
 *
 * @param given the dataset, in memory or by ranges
 * @param options seeds; `known`: a normaliser to measure by
 * @returns bytes of each file
 */
export async function measure(
  given: Dataset | DatasetRows,
  { seed, heldOutSeed, known }: MeasureOptions,
): Promise<Measured> {
  const { size, stateDim, actionDim, states, actions, ...dataset } = rowsOfDataset(given);
  const { discreteActions } = dataset.metadata;
  const parts = partsOf(size, heldOutSeed);
  const form = { stateDim, actionDim, discreteActions };
  const fit = openNormaliserFit({ ...form, size: parts.trainSize });
  const sketched = {
    states: new Float32Array(parts.sketchSize * stateDim),
    actions: new Float32Array(parts.sketchSize * actionDim),
  };
  let filled = 0;
  for (let from = 0; from < size; from += states.blockRows) {
    const to = Math.min(size, from + states.blockRows);
    const use = parts.use.subarray(from, to);
    const [stateRows, actionRows] = [states.read(from, to), actions.read(from, to)];
    fit.add(rowsWith(use, TRAIN, stateRows, stateDim), rowsWith(use, TRAIN, actionRows, actionDim));
    const chosen = rowsWith(use, SKETCH, stateRows, stateDim);
    sketched.states.set(chosen, filled * stateDim);
    sketched.actions.set(rowsWith(use, SKETCH, actionRows, actionDim), filled * actionDim);
    filled += chosen.length / stateDim;
    await setImmediate();
  }
  const fitted = fit.finish();
  const normaliser = known ? widenNormaliser(known, fitted) : fitted;
  const sketch = fitSketch({ ...form, ...sketched, size: parts.sketchSize, seed, normaliser });
  return {
    normaliser: encodeStored(normaliserToStored(normaliser)),
    sketch: encodeStored(sketch),
    episodes: encodeEpisodes(episodeHashes(given)),
    heldOutDistances: heldOutDistances(sketch, sketched.states, stateDim),
  };
}

const TRAIN = 0;
const HELD_OUT = 1;
const SKETCH = 2;

/** The use of each row, `[N]`. A sketch uses some of the held-out rows, evenly spaced; only those are kept for it. */
function partsOf(size: number, heldOutSeed: number) {
  const use = heldOutFlags(size, heldOutSeed);
  const heldOut = Math.floor(size / 10);
  const sketchSize = Math.min(heldOut, SKETCH_ROWS);
  for (let row = 0, place = 0, next = 0; row < size; row++) {
    if (use[row] !== HELD_OUT) continue;
    if (place++ !== Math.floor(next * heldOut / sketchSize)) continue;
    use[row] = SKETCH;
    next++;
  }
  return { use, trainSize: size - heldOut, sketchSize };
}

/** The rows of a block that are used for this. */
function rowsWith(use: Uint8Array, what: number, block: Float32Array, columns: number): Float32Array {
  let rows = 0;
  for (let row = 0; row < use.length; row++) if (use[row] === what) rows++;
  const taken = new Float32Array(rows * columns);
  let at = 0;
  for (let row = 0; row < use.length; row++) {
    if (use[row] !== what) continue;
    for (let i = row * columns; i < (row + 1) * columns; i++) taken[at++] = block[i]!;
  }
  return taken;
}

/**
 * Measures a stored dataset in the coordinates of its task.
 *
 * @param context config and inputs of the job
 * @returns the hashes of its episodes, and its sketch
 */
export async function measureDataset(
  context: JobContext<"dataset.measure">,
): Promise<JobOutput<"dataset.measure">> {
  const { config: { heldOutSeed }, inputs, seed } = context;
  const known = decodeNormaliser(await context.read(inputs.normaliser));
  const dataset = decodeDataset(await context.read(inputs.dataset));
  const { heldOutDistances, ...outputs } = await measure(dataset, { heldOutSeed, seed, known });
  return { outputs, metrics: { size: dataset.size, heldOutDistances } };
}
