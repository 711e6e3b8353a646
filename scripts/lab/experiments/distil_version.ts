/**
 * Proposer and actor of one version of a finished learner, made as the jobs of its task would make them.
 * @module
 */
import {
  createRng,
  labelChoices,
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
  const { input, task: { task }, parent } = source;
  const { hyperparameters: h, stateDim, actionDim, normalisers, compile } = input;
  const normaliser = normalisers.get(task)!;
  const draw = async (rows: number, seed: number) => await drawStates(store, source, { rows, seed });
  const common = {
    ...{ task, stateDim, actionDim, normalisers, hyperparameters: h, compile, seed: SEED },
    replay: await oldStates(store, source),
    oldTasks: parent?.tasks.length ?? 0,
  };
  const states = await draw(h.proposerLabels, 1);
  const labels = await timed(() =>
    labelProposals({
      ...{ behaviorGenerator: input.behaviorGenerator, task, normaliser, states, size: h.proposerLabels },
      ...{ seed: SEED, hyperparameters: h, compile },
    })
  );
  const proposer = await timed(() =>
    finish(trainProposer({
      ...common,
      labels: [{ task, states, size: h.proposerLabels, ...labels.made }],
      ...parent ? { parent: parent.proposer } : {},
    }))
  );
  const asked = await draw(h.actorLabels, 2);
  const choices = await timed(() =>
    labelChoices({
      ...{ policy: { ...input, proposer: proposer.made }, by: "proposer", task, states: asked, seed: SEED },
      candidates: h.actorCandidates,
    })
  );
  const chosen = { task, states: asked, noise: new Float32Array(0), targets: choices.made.targets };
  const actor = await timed(() =>
    finish(trainActor({
      ...common,
      labels: [{ ...chosen, size: h.actorLabels }],
      ...parent ? { parent: parent.actor } : {},
    }))
  );
  const seconds = {
    ...{ proposerLabels: labels.seconds, proposer: proposer.seconds },
    ...{ actorLabels: choices.seconds, actor: actor.seconds },
  };
  return {
    ...{ proposer: proposer.made, actor: actor.made, seconds },
    tasks: [...parent?.tasks ?? [], task],
  };
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
