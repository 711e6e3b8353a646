/**
 * The job `policy.estimate`: what a version is worth in one task, without running it.
 *
 * Of the task that it has just learnt: fitted Q evaluation on rows that the critic has not seen, while there are rows. The
 * networks are kept, with pseudo-states and what they say there of this version. Of an old task: what those networks
 * say of a later version in the same states.
 * @module
 */
import {
  type Compile,
  createPolicy,
  type Normaliser,
  type Policy,
  sampleStates,
  type Snapshot,
  type Stored,
} from "@cugro/algorithm";
import { fitValues, lostReturns, openValues, valueReturns } from "@cugro/algorithm/estimate";
import {
  decodeNormaliser,
  decodeSnapshot,
  decodeStored,
  encodeSnapshot,
  encodeStored,
  knobsOf,
  openDataset,
  type StoredDataset,
} from "@cugro/jobs";
import { type JobContext, type JobOutput, PermanentError } from "@cugro/worker";
import { fittedRows, readEpisodes } from "./estimated_rows.ts";

/** The job of this file. */
export type EstimateContext = JobContext<"policy.estimate">;

/** Pseudo-states that a task is remembered by. */
const PROBE_STATES = 2_048;
/** How many states the policy acts in between two signs of life. */
const ACT_ROWS = 512;
/** Of a checkpoint, beside the state of the fit. */
const NEXT_ACTIONS = "drawn.nextActions";

/**
 * Estimates one task of a version.
 *
 * @param context config and inputs of the job
 * @param compile of the open backend
 * @returns the networks that estimate, and one return or loss for each of them, in units of reward
 */
export async function estimatePolicy(
  context: EstimateContext,
  compile: Compile,
): Promise<JobOutput<"policy.estimate">> {
  const { config: { task, newTask }, inputs } = context;
  const normaliser = decodeNormaliser(await context.read(inputs.normaliser));
  const policy = createPolicy({
    behaviorGenerator: decodeStored(await context.read(inputs.behaviorGenerator)),
    critic: decodeStored(await context.read(inputs.critic)),
    normalisers: new Map([[task, normaliser]]),
    stateDim: normaliser.states.centre.length,
    actionDim: normaliser.actions.centre.length,
    hyperparameters: knobsOf(context),
    compile,
  });
  const estimating = { context, compile, normaliser, policy };
  try {
    return await (task === newTask ? fit(estimating) : compare(estimating));
  } finally {
    policy.dispose();
  }
}

interface Estimating {
  context: EstimateContext;
  compile: Compile;
  normaliser: Normaliser;
  policy: Policy;
}

/** Fits the networks to what this version does, and keeps them. */
async function fit(estimating: Estimating): Promise<JobOutput<"policy.estimate">> {
  const { context, compile, normaliser } = estimating;
  const { config: { task }, inputs, seed } = context;
  const dataset = await openDataset(await context.open(needed(context, inputs.dataset, "dataset")));
  const { first, meanSteps } = await readEpisodes(dataset);
  const chosen = fittedRows(dataset, context.config);
  const rows = await readTransitions(dataset, chosen.rows);
  const { nextActions, resume } = resumed(context) ??
    { nextActions: await act(estimating, rows.nextStates, "next"), resume: undefined };
  const input = { ...rows, nextActions, resume, task, normaliser, episodeSteps: meanSteps, seed, compile };
  const network = await runFit(context, { ...input, steps: knobsOf(context).estimateSteps });
  const states = await probeStates(estimating);
  const values = openValues(network, normaliser, compile);
  try {
    const starts = await dataset.numbers("states", first);
    const ofStarts = await values.of(starts, await act(estimating, starts, "starts"));
    const ofStates = await values.of(states, await act(estimating, states, "probe"));
    const matrix = (data: Float32Array, columns: number) => ({
      shape: [data.length / columns, columns],
      data,
    });
    const kept = {
      ...network,
      "probe.states": matrix(states, dataset.stateDim),
      "probe.values": matrix(ofStates, values.networks),
    };
    return {
      outputs: { network: encodeStored(kept) },
      metrics: {
        returns: valueReturns(network, ofStarts, values.networks),
        rows: rows.size,
        heldOutRows: chosen.heldOut,
        firstStates: first.length,
      },
      startedAtStep: resume?.position.step ?? 0,
    };
  } finally {
    values.dispose();
  }
}

/** Asks the networks that were kept of an old task. */
async function compare(estimating: Estimating): Promise<JobOutput<"policy.estimate">> {
  const { context, compile, normaliser } = estimating;
  const network = decodeStored(await context.read(needed(context, context.inputs.network, "network")));
  const states = network["probe.states"]?.data;
  if (!(states instanceof Float32Array)) {
    throw new PermanentError(`Cannot estimate task ${context.config.task} as its networks hold no states`);
  }
  const values = openValues(network, normaliser, compile);
  try {
    const found = await values.of(states, await act(estimating, states, "probe"));
    const losses = lostReturns(network, found, values.networks);
    return { outputs: {}, metrics: { losses, states: found.length / values.networks } };
  } finally {
    values.dispose();
  }
}

function needed<T>({ config: { task, newTask } }: EstimateContext, input: T | undefined, name: string): T {
  if (input !== undefined) return input;
  const which = task === newTask ? "new" : "old";
  throw new PermanentError(`Cannot estimate the ${which} task ${task} as the job has no input ${name}`);
}

async function readTransitions(dataset: StoredDataset, rows: Int32Array) {
  return {
    states: await dataset.numbers("states", rows),
    actions: await dataset.numbers("actions", rows),
    rewards: await dataset.numbers("rewards", rows),
    nextStates: await dataset.numbers("nextStates", rows),
    terminals: await dataset.flags("terminals", rows),
    size: rows.length,
  };
}

/** The policy's actions. By one `purpose` all versions have the same noise, so that they differ by what they have learnt. */
async function act(
  { context, normaliser, policy }: Estimating,
  states: Float32Array,
  purpose: "next" | "starts" | "probe",
): Promise<Float32Array> {
  const { config: { task }, seed } = context;
  const [S, A] = [normaliser.states.centre.length, normaliser.actions.centre.length];
  const size = states.length / S;
  const actions = new Float32Array(size * A);
  const offset = { next: 0, starts: 1, probe: 2 }[purpose];
  for (let from = 0, part = 0; from < size; from += ACT_ROWS, part++) {
    await context.tick({ step: 0, steps: knobsOf(context).estimateSteps });
    const noise = (seed + 3 * part + offset) % 2 ** 31;
    const rows = states.slice(from * S, (from + ACT_ROWS) * S);
    actions.set(await policy.act(task, rows, noise), from * A);
  }
  return actions;
}

/** The contents of a checkpoint: the fit between two steps, and the actions that were drawn before it. */
function resumed(
  { checkpoint }: EstimateContext,
): { nextActions: Float32Array; resume: Snapshot } | undefined {
  if (!checkpoint) return undefined;
  const { tensors: { [NEXT_ACTIONS]: drawn, ...tensors }, position } = decodeSnapshot(checkpoint);
  return { nextActions: drawn!.data as Float32Array, resume: { tensors, position } };
}

async function runFit(context: EstimateContext, input: Parameters<typeof fitValues>[0]): Promise<Stored> {
  const { nextActions, size } = input;
  const drawn = { shape: [size, nextActions.length / size], data: nextActions };
  const fitting = fitValues(input);
  try {
    for (;;) {
      const item = await fitting.next();
      if (item.done) return item.value;
      const { step, steps, loss, snapshot } = item.value;
      await context.tick({ step, steps, loss }, async () => {
        const { tensors, position } = await snapshot();
        return encodeSnapshot({ tensors: { ...tensors, [NEXT_ACTIONS]: drawn }, position });
      });
    }
  } finally {
    await fitting.return(undefined as never);
  }
}

/** States of the new task, as the version itself remembers them: nothing real is kept. */
async function probeStates({ context, compile, normaliser }: Estimating): Promise<Float32Array> {
  const { config: { task }, inputs, seed } = context;
  const hyperparameters = knobsOf(context);
  const weights = decodeStored(await context.read(needed(context, inputs.stateGenerator, "stateGenerator")));
  return await sampleStates({
    ...{ task, normaliser, seed, hyperparameters, compile, weights, count: PROBE_STATES },
    stateDim: normaliser.states.centre.length,
    onProgress: () =>
      context.tick({ step: hyperparameters.estimateSteps, steps: hyperparameters.estimateSteps }),
  });
}
