/**
 * How close pseudo-samples are to a task's real rows: by the sketch for old tasks, by the rows themselves while they exist.
 * @module
 */
import {
  compareWithSketch,
  type Compile,
  type Normaliser,
  type ReplayRows,
  rowFidelity,
  sampleActions,
  sampleStates,
} from "@cugro/algorithm";
import { type JobContext, PermanentError } from "@cugro/worker";
import type { JobInput, JsonObject } from "@cugro/protocol";
import { decodeStored, knobsOf, openDataset, readReplay, rowsOfTask } from "@cugro/jobs";

/** As many rows as a comparison looks at. */
const MAX_NEW_ROWS = 8_192;

/** The job of this service. */
export type EvaluationContext = JobContext<"policy.evaluate">;

/** Figures, and the rows they were taken from (null where the run keeps no replay). */
export interface FidelityReport {
  fidelity: JsonObject | null;
  rows: ReplayRows | null;
}

/**
 * Measures the shards an old task was replayed with, or, for the new task, samples of the new generators.
 *
 * @param context config and inputs of the job
 * @param normaliser of the task
 * @param compile of the open backend
 * @returns distances in normalised units, and the rows; null where nothing was replayed
 */
export async function measureFidelity(
  context: EvaluationContext,
  normaliser: Normaliser,
  compile: Compile,
): Promise<FidelityReport> {
  const { task, newTask } = context.config;
  const isNew = task === newTask;
  const rows = isNew ? await sampleNew(context, normaliser, compile) : joined(await readReplay(context));
  if (!rows) return { fidelity: null, rows };
  const stateDim = normaliser.states.centre.length;
  const actionDim = normaliser.actions.centre.length;
  const sketch = decodeStored(await context.read(context.inputs.sketch));
  const distances = compareWithSketch(sketch, rows, stateDim, actionDim);
  const further = isNew ? await compareWithRows(context, rows, normaliser) : {};
  return { fidelity: { ...distances, states: { ...distances.states }, ...further }, rows };
}

/** The shards of one task as one array of rows; null without any. */
function joined(shards: readonly ReplayRows[]): ReplayRows | null {
  if (shards.length === 0) return null;
  const join = (kind: "states" | "actions") => {
    const whole = new Float32Array(shards.reduce((length, shard) => length + shard[kind].length, 0));
    let offset = 0;
    for (const shard of shards) {
      whole.set(shard[kind], offset);
      offset += shard[kind].length;
    }
    return whole;
  };
  const size = shards.reduce((sum, shard) => sum + shard.size, 0);
  return { task: shards[0]!.task, states: join("states"), actions: join("actions"), size };
}

async function sampleNew(
  context: EvaluationContext,
  normaliser: Normaliser,
  compile: Compile,
): Promise<ReplayRows> {
  const { config: { task, replayRows, horizon }, inputs, seed } = context;
  const count = Math.min(replayRows, MAX_NEW_ROWS);
  // The episodes, which come later, are what is counted.
  const onProgress = () => context.tick({ step: 0, steps: horizon });
  const shared = { task, normaliser, count, seed, hyperparameters: knobsOf(context), compile, onProgress };
  const stateGenerator = decodeStored(await context.read(inputOfNew(context, "stateGenerator")));
  const states = await sampleStates({
    ...shared,
    weights: stateGenerator,
    stateDim: normaliser.states.centre.length,
  });
  const behaviorGenerator = decodeStored(await context.read(inputs.behaviorGenerator));
  const actions = await sampleActions({
    ...shared,
    weights: behaviorGenerator,
    states,
    actionDim: normaliser.actions.centre.length,
  });
  return { task, states, actions, size: count };
}

/** An input that only the evaluation of the new task has. */
function inputOfNew({ inputs, config }: EvaluationContext, name: "stateGenerator" | "dataset"): JobInput {
  const input = inputs[name];
  if (input) return input;
  throw new PermanentError(`Cannot evaluate the new task ${config.task} as the job has no input ${name}`);
}

/** With the rows that the trainers have read: what was held out of them, and what they were trained on. */
async function compareWithRows(
  context: EvaluationContext,
  pseudo: ReplayRows,
  normaliser: Normaliser,
): Promise<JsonObject> {
  const dataset = await openDataset(await context.open(inputOfNew(context, "dataset")));
  const { stateDim, actionDim } = dataset;
  const { train, heldOut } = rowsOfTask(dataset, context.config);
  const real = async (rows: Int32Array): Promise<ReplayRows> => ({
    task: pseudo.task,
    states: await dataset.numbers("states", rows),
    actions: await dataset.numbers("actions", rows),
    size: rows.length,
  });
  return {
    ...rowFidelity({
      train: await real(train),
      heldOut: await real(heldOut),
      pseudo,
      normaliser,
      stateDim,
      actionDim,
      seed: context.seed,
    }),
  };
}
