/**
 * Proposer and actor of one version of a finished learner, made as the jobs of its task would make them.
 * @module
 */
import {
  createRng,
  labelChoices,
  type LabelledActions,
  labelProposals,
  type Normaliser,
  type OldStates,
  perturbStates,
  type PolicyInput,
  sampleStates,
  type Stored,
  takeRows,
  trainActor,
  trainProposer,
} from "@cugro/algorithm";
import { decodeStored, openDataset, rowsOfTask } from "@cugro/jobs";
import type { LabelledTask } from "@cugro/learners";
import type { Store } from "@cugro/store";
import { openInput, readInput } from "@cugro/worker";
import process from "node:process";

/** Old states that the parent's networks answer for, of one task. */
const REPLAY_ROWS = 10_000;
const SEED = 1;

/** The networks of a version, the tasks that they know in the order learnt, and seconds of one core that each step took. */
export interface Distilled {
  proposer: Stored;
  actor: Stored;
  tasks: number[];
  seconds: Record<"proposerLabels" | "proposer" | "actorLabels" | "actor", number>;
}

/** What is learnt from. */
interface Source {
  /** The version's, with the knobs to learn by. */
  input: PolicyInput;
  /** The task that it has just learnt. */
  task: LabelledTask;
  /** Of the version before. */
  parent: Distilled | undefined;
  /** The job that trained the state generator of the version before. */
  stateGenerator: string | undefined;
}

/** Labels and trains. */
export async function distilVersion(store: Store, source: Source): Promise<Distilled> {
  const { task: { task }, parent } = source;
  const replay = await oldStates(store, source);
  const ofProposer = await timed(() => labelledForProposer(store, source));
  const proposer = await timed(() =>
    finish(trainProposer({
      ...commonOf(source),
      ...{ replay, labels: [ofProposer.made] },
      ...parent ? { parent: parent.proposer } : {},
    }))
  );
  const ofActor = await timed(() => labelledForActor(store, source, proposer.made));
  const actor = await timed(() =>
    finish(trainActor({
      ...commonOf(source),
      ...{ replay, labels: [ofActor.made] },
      ...parent ? { parent: parent.actor } : {},
    }))
  );
  const seconds = {
    ...{ proposerLabels: ofProposer.seconds, proposer: proposer.seconds },
    ...{ actorLabels: ofActor.seconds, actor: actor.seconds },
  };
  return {
    ...{ proposer: proposer.made, actor: actor.made, seconds },
    tasks: [...parent?.tasks ?? [], task],
  };
}

/** What both trainings are given. */
function commonOf({ input, task: { task }, parent }: Source) {
  const { stateDim, actionDim, normalisers, hyperparameters, compile } = input;
  return {
    ...{ task, stateDim, actionDim, normalisers, hyperparameters, compile, seed: SEED },
    oldTasks: parent?.tasks.length ?? 0,
  };
}

async function labelledForProposer(store: Store, source: Source): Promise<LabelledActions> {
  const { input: { behaviorGenerator, normalisers, hyperparameters, compile }, task: { task } } = source;
  const size = hyperparameters.proposerLabels;
  const states = await drawStates(store, source, { rows: size, seed: 1 });
  const labels = await labelProposals({
    ...{ behaviorGenerator, task, normaliser: normalisers.get(task)!, states, size },
    ...{ seed: SEED, hyperparameters, compile },
  });
  return { task, states, size, ...labels };
}

async function labelledForActor(store: Store, source: Source, proposer: Stored): Promise<LabelledActions> {
  const { input, task: { task } } = source;
  const { actorLabels: size, actorCandidates: candidates } = input.hyperparameters;
  const states = await drawStates(store, source, { rows: size, seed: 2 });
  const { targets } = await labelChoices({
    ...{ policy: { ...input, proposer }, by: "proposer", task, states, seed: SEED, candidates },
  });
  return { task, states, noise: new Float32Array(0), targets, size };
}

async function drawStates(
  store: Store,
  { input, task: { task, datasetHash } }: Source,
  { rows, seed }: { rows: number; seed: number },
): Promise<Float32Array> {
  const opened = await openInput(store, "proposer.label", { name: "dataset", ref: { dataset: datasetHash } });
  const dataset = await openDataset(opened);
  const { train } = rowsOfTask(dataset, { heldOutSeed: SEED });
  const states = await dataset.numbers("states", train);
  const rng = createRng(seed, "label.rows");
  const places = Int32Array.from({ length: rows }, () => rng.integer(train.length));
  return perturbed(takeRows(states, dataset.stateDim, places), input, input.normalisers.get(task)!, seed);
}

function perturbed(
  states: Float32Array,
  { hyperparameters }: PolicyInput,
  { states: bounds }: Normaliser,
  seed: number,
): Float32Array {
  return perturbStates(states, bounds, hyperparameters.distilPerturbation, seed);
}

/** Of every old task, as the version before generates them. */
async function oldStates(store: Store, { input, parent, stateGenerator }: Source): Promise<OldStates[]> {
  if (!parent || stateGenerator === undefined) return [];
  const { stateDim, hyperparameters, compile } = input;
  const ref = { job: stateGenerator, output: "weights" };
  const weights = decodeStored(await readInput(store, "states.sample", { name: "stateGenerator", ref }));
  const replay: OldStates[] = [];
  for (const task of parent.tasks) {
    const normaliser = input.normalisers.get(task)!;
    const of = { weights, task, normaliser, stateDim, hyperparameters, compile };
    replay.push({
      task,
      states: await sampleStates({ ...of, count: REPLAY_ROWS, seed: SEED + task }),
      size: REPLAY_ROWS,
    });
  }
  return replay;
}

async function timed<T>(work: () => Promise<T>): Promise<{ made: T; seconds: number }> {
  const began = process.cpuUsage();
  const made = await work();
  const { user, system } = process.cpuUsage(began);
  return { made, seconds: (user + system) / 1e6 };
}

async function finish(training: ReturnType<typeof trainProposer>): Promise<Stored> {
  for (;;) {
    const { done, value } = await training.next();
    if (done) return value.weights;
  }
}
