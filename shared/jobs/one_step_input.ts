/**
 * Labels of one-step networks as files, and what their jobs read: states to be labelled, labels and replay to be learnt from.
 * @module
 */
import type { LabelledActions, OneStepTrainingInput } from "@cugro/algorithm";
import { createRng, takeRows } from "@cugro/algorithm/arrays";
import { encodeTensors } from "@cugro/protocol";
import { type JobContext, PermanentError } from "@cugro/worker";
import { decodeShardStates, decodeStored } from "./encoding.ts";
import { readTrainingInput, rowsOfTask } from "./training_input.ts";
import { openDataset } from "./stored_dataset.ts";

/**
 * Labels: states `[n, S]` in raw units, targets `[n, A]` in normalised ones; noise `[n, A]` where the network takes it.
 *
 * @param labels states `[n, S]`, noise and targets `[n, A]`
 * @returns `[bytes]`, safetensors
 */
export function encodeLabels({ states, noise, targets, size }: Omit<LabelledActions, "task">): Uint8Array {
  const matrix = (data: Float32Array) => ({ shape: [size, data.length / size], data });
  return encodeTensors({
    states: matrix(states),
    targets: matrix(targets),
    ...(noise.length > 0 ? { noise: matrix(noise) } : {}),
  });
}

/**
 * What {@link encodeLabels} wrote.
 *
 * @param bytes `[bytes]`, safetensors
 * @param task whose they are
 * @returns states `[n, S]`, noise and targets `[n, A]`
 * @throws {PermanentError} if states or targets are missing
 */
export function decodeLabels(bytes: Uint8Array, task: number): LabelledActions {
  const { states, targets, noise } = decodeStored(bytes);
  if (!states || !targets) throw new PermanentError(`Labels of task ${task} hold no states or no targets`);
  return {
    task,
    states: states.data as Float32Array,
    noise: (noise?.data ?? new Float32Array(0)) as Float32Array,
    targets: targets.data as Float32Array,
    size: states.shape[0]!,
  };
}

/**
 * The states that a job is to label: those of a shard, or rows drawn from a dataset, as often as they are drawn.
 *
 * @param context of the job
 * @returns `[size, S]`, raw units
 * @throws {PermanentError} if the job names neither states nor rows of a dataset
 */
export async function readStatesToLabel(
  context: JobContext<"proposer.label" | "actor.label">,
): Promise<{ states: Float32Array; size: number }> {
  const { config: { task, draw }, inputs, seed } = context;
  if (inputs.states) return decodeShardStates(await context.read(inputs.states));
  if (!inputs.dataset || !draw) {
    throw new PermanentError(
      `Cannot label task ${task} as the job has neither states nor rows to draw of a dataset`,
    );
  }
  const dataset = await openDataset(await context.open(inputs.dataset));
  const { train } = rowsOfTask(dataset, draw);
  const rng = createRng(seed, "label.rows");
  const drawn = Int32Array.from({ length: draw.rows }, () => train[rng.integer(train.length)]!);
  const rising = Int32Array.from(new Set(drawn)).sort();
  const placeOf = new Map(Array.from(rising, (row, place) => [row, place]));
  const places = drawn.map((row) => placeOf.get(row)!);
  const states = takeRows(await dataset.numbers("states", rising), dataset.stateDim, places);
  return { states, size: draw.rows };
}

/**
 * Reads everything that the training of a one-step network names.
 *
 * @param context of the job
 * @returns labelled rows of the new task, states of the old ones, weights
 * @throws {PermanentError} if the job has no normaliser of the task
 */
export async function readOneStepInput(
  context: JobContext<"proposer.train" | "actor.train">,
): Promise<Omit<OneStepTrainingInput, "hyperparameters" | "seed" | "compile">> {
  const labels: LabelledActions[] = [];
  for (const input of context.inputs.labels) {
    labels.push(decodeLabels(await context.read(input), input.task));
  }
  labels.sort((a, b) => a.task - b.task);
  const { task } = context.config;
  const input = await readTrainingInput(context);
  const bounds = input.normalisers.get(task);
  if (!bounds) throw new PermanentError(`Cannot train on task ${task} as the job has no normaliser of it`);
  return {
    ...input,
    stateDim: bounds.states.centre.length,
    actionDim: bounds.actions.centre.length,
    labels,
  };
}
