/**
 * How close pseudo-samples are to a task's real rows: by the sketch for old tasks, by the rows themselves while they exist.
 * @module
 */
import {
  compareWithSketch,
  type Compile,
  heldOutRows,
  type Normaliser,
  type ReplayRows,
  rowFidelity,
  sampleActions,
  sampleStates,
} from "@cugro/algorithm";
import { decodeDataset } from "@cugro/datasets";
import type { JobContext } from "@cugro/worker";
import type { JsonObject } from "@cugro/protocol";
import { decodeStored, knobsOf, numberOf, readReplay, takeRows } from "@cugro/jobs";

/** As many rows as a comparison looks at. */
const MAX_NEW_ROWS = 8_192;

/** Figures, and the rows they were taken from (null where the run keeps no replay). */
export interface FidelityReport {
  fidelity: JsonObject | null;
  rows: ReplayRows | null;
}

/** Measures the shards an old task was replayed with, or, for the new task, samples of the new generators. */
export async function measureFidelity(
  context: JobContext,
  normaliser: Normaliser,
  compile: Compile,
): Promise<FidelityReport> {
  const { config } = context.job;
  const isNew = numberOf(config, "task") === numberOf(config, "newTask");
  const rows = isNew ? await sampleNew(context, normaliser, compile) : (await readReplay(context))[0] ?? null;
  if (!rows) return { fidelity: null, rows };
  const stateDim = normaliser.states.centre.length;
  const actionDim = normaliser.actions.centre.length;
  const sketch = decodeStored(await context.input("sketch"));
  const distances = { ...compareWithSketch(sketch, rows, stateDim, actionDim) };
  const further = isNew ? await compareWithRows(context, rows, normaliser) : {};
  return { fidelity: { ...distances, ...further } as unknown as JsonObject, rows };
}

async function sampleNew(context: JobContext, normaliser: Normaliser, compile: Compile): Promise<ReplayRows> {
  const { config, seed } = context.job;
  const task = numberOf(config, "task");
  const count = Math.min(numberOf(config, "replayRows"), MAX_NEW_ROWS);
  // The episodes, which come later, are what is counted.
  const onProgress = () => context.tick({ step: 0, steps: numberOf(config, "horizon") });
  const shared = { task, normaliser, count, seed, hyperparameters: knobsOf(config), compile, onProgress };
  const stateGenerator = decodeStored(await context.input("stateGenerator"));
  const states = await sampleStates({
    ...shared,
    weights: stateGenerator,
    stateDim: normaliser.states.centre.length,
  });
  const behaviorGenerator = decodeStored(await context.input("behaviorGenerator"));
  const actions = await sampleActions({
    ...shared,
    weights: behaviorGenerator,
    states,
    actionDim: normaliser.actions.centre.length,
  });
  return { task, states, actions, size: count };
}

async function compareWithRows(
  context: JobContext,
  rows: ReplayRows,
  normaliser: Normaliser,
): Promise<JsonObject> {
  const { config, seed } = context.job;
  const dataset = decodeDataset(await context.input("dataset"));
  const { train, heldOut } = heldOutRows(dataset.size, numberOf(config, "heldOutSeed"));
  const real = (indices: Int32Array): ReplayRows => ({
    task: rows.task,
    states: takeRows(dataset.states, dataset.stateDim, indices),
    actions: takeRows(dataset.actions, dataset.actionDim, indices),
    size: indices.length,
  });
  return {
    ...rowFidelity({
      train: real(train),
      heldOut: real(heldOut),
      pseudo: rows,
      normaliser,
      stateDim: dataset.stateDim,
      actionDim: dataset.actionDim,
      seed,
    }),
  };
}
