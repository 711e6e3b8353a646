/**
 * Learners whose weights are right in every shape and have hardly been trained: for tests, and for measurements of time.
 * @module
 */
import { sketchOf } from "./example_sketch.ts";
import { initOneStep, oneStepShape } from "../../../shared/algorithm/distillation/one_step_network.ts";
import { policyParts, servingVersion } from "../../../shared/serving/read_policy.ts";
import {
  type Compile,
  createRng,
  eager,
  fitNormaliser,
  type Hyperparameters,
  type Normaliser,
  normaliserToStored,
  type PresetName,
  type Stored,
  trainBehaviorGenerator,
  trainCritic,
  type TrainingProgress,
  type TrainingResult,
  trainStateGenerator,
} from "@cugro/algorithm";
import { tasksTensor } from "@cugro/algorithm/numerics";
import { createLearner, knobsOfTask, learnerExists, type LearnerFacts, loadFacts } from "@cugro/learners";
import { putArtifact, type Store } from "@cugro/store";
import {
  encodeFact,
  type EnvironmentRef,
  headKey,
  type JobKind,
  type ResultFact,
  resultFactSchema,
  resultKey,
  type RowCell,
  sha256,
  type TaskFact,
  taskFactSchema,
  taskKey,
  type VersionFact,
  versionFactSchema,
  versionKey,
  type WayOfActing,
} from "@cugro/protocol";
import { encodeStored } from "@cugro/jobs";

/** Rows of each task. */
const ROWS = 256;

/** What the example is like. */
export interface ExampleOptions {
  store: Store;
  name: string;
  /** @default "smoke" */
  preset?: PresetName;
  /** @default 3 */
  stateDim?: number;
  /** @default 2 */
  actionDim?: number;
  compile?: Compile;
  /** Gives the version an actor and a proposer, of random weights: how it serves each task, the last one all others. */
  acting?: readonly WayOfActing[];
  /** What all tasks are run in. @default nothing: their data names no simulator */
  environment?: EnvironmentRef;
  /** Rows of each task instead of random ones: states `[256, S]` in raw units. The task has a sketch of them, then. */
  states?: Float32Array;
}

/** What makes the weights of a policy. */
const KINDS = {
  stateGenerator: "states.train",
  behaviorGenerator: "behavior.train",
  critic: "critic.train",
  proposer: "proposer.train",
  actor: "actor.train",
} as const;
type Network = keyof typeof KINDS;

/**
 * Publishes the next version of a learner, with one task more than the one before; makes the learner first.
 * @param options store, learner, tasks and preset; a backend must be open
 * @returns the version
 */
export async function publishExample(options: ExampleOptions): Promise<number> {
  const { store, name, preset = "smoke" } = options;
  if (!await learnerExists(store, name)) {
    await createLearner({ store, name, seed: 1, preset, overrides: { gate: "observe" } });
  }
  const facts = await loadFacts(store, name);
  const task = facts.tasks.length + 1;
  const rows = randomRows(task, options);
  await addTask(options, task, rows);
  const weights = await learn(options, facts, task, rows);
  const jobs: { behaviorGenerator: string; critic: string } & { [network in Network]?: string } = {
    ...{ behaviorGenerator: "", critic: "" },
  };
  for (const [part, network] of Object.entries(weights) as [Network, Stored][]) {
    jobs[part] = sha256(`${name} ${part} ${task}`);
    await addResult(store, KINDS[part], jobs[part], network);
  }
  const version: VersionFact = {
    ...{
      schema: 1,
      version: task,
      task,
      attempt: 1,
      decision: "published",
      reasons: [],
      row: rowOf(options, task),
      seconds: 1,
    },
    ...{ parent: task === 1 ? null : task - 1, tasks: Array.from({ length: task }, (_, i) => i + 1) },
    ...{
      ...jobs,
      stateGenerator: jobs.stateGenerator ?? jobs.behaviorGenerator,
      jobs: Object.values(jobs),
      kinds: Object.keys(weights).map((part) => KINDS[part as Network]),
    },
  };
  await store.put(versionKey(name, task), encodeFact(version, versionFactSchema));
  await store.put(headKey(name), encodeFact({ schema: 1, version: task }));
  return task;
}

function dimsOf({ stateDim = 3, actionDim = 2 }: ExampleOptions) {
  return { stateDim, actionDim };
}

function randomRows(task: number, options: ExampleOptions) {
  const { stateDim, actionDim } = dimsOf(options);
  const rng = createRng(task, "example");
  const states = options.states ?? rng.normals(ROWS * stateDim),
    actions = rng.uniforms(ROWS * actionDim, -1, 1);
  const shape = { size: ROWS, stateDim, actionDim };
  const normaliser: Normaliser = fitNormaliser({ states, actions, ...shape });
  const timeouts = new Uint8Array(ROWS);
  timeouts[ROWS - 1] = 1;
  const episodes = {
    rewards: rng.normals(ROWS),
    nextStates: states,
    terminals: new Uint8Array(ROWS),
    timeouts,
  };
  return { states, actions, ...shape, normaliser, episodes };
}

async function addTask(
  options: ExampleOptions,
  task: number,
  rows: ReturnType<typeof randomRows>,
): Promise<void> {
  const { store, name, environment = null } = options;
  const bytes = encodeStored(normaliserToStored(rows.normaliser));
  const { artifact } = await putArtifact(store, bytes);
  const fact: TaskFact = {
    ...{
      schema: 1,
      task,
      arrival: task,
      name: `task ${task}`,
      size: ROWS,
      episodes: 1,
      bytes: 0,
      horizon: ROWS,
    },
    ...{ ...dimsOf(options), environment, anchors: { random: 0, good: 1, source: "example" } },
    ...{ datasetHash: sha256(`${name} ${task}`), importJob: sha256(`${name} import ${task}`) },
    ...{ normaliser: artifact, sketch: artifact },
    ...options.states ? await sketchOf(store, rows) : {},
  };
  await store.put(taskKey(name, task), encodeFact(fact, taskFactSchema));
}

async function learn(
  options: ExampleOptions,
  facts: LearnerFacts,
  task: number,
  { episodes, ...rows }: ReturnType<typeof randomRows>,
): Promise<{ behaviorGenerator: Stored; critic: Stored } & { [network in Network]?: Stored }> {
  const before = servingVersion(facts);
  const parent = before && (await policyParts(options.store, facts, before, "sampler")).input;
  const once: Partial<Hyperparameters> = {
    behaviorSteps: 1,
    maxGeneratorSteps: 1,
    criticSteps: 1,
    maxCriticSteps: 1,
  };
  const input = {
    ...rows,
    task,
    replay: Array.from({ length: task - 1 }, (_, i) => ({ task: i + 1, ...randomRows(i + 1, options) })),
    normalisers: new Map([...parent?.normalisers ?? [], [task, rows.normaliser]]),
    hyperparameters: { ...knobsOfTask(facts, task), ...once },
    oldTasks: task - 1,
    seed: task,
    compile: options.compile ?? eager,
  };
  const from = (weights: Stored | undefined) => weights ? { parent: weights } : {};
  return {
    behaviorGenerator: await finish(trainBehaviorGenerator({ ...input, ...from(parent?.behaviorGenerator) })),
    critic: await finish(trainCritic({ ...input, ...episodes, ...from(parent?.critic) })),
    ...options.states ? await stateGeneratorOf(input) : {},
    ...options.acting ? oneStepNetworks(options, task, input.hyperparameters) : {},
  };
}

/** Hardly trained, and from nothing each time: it knows the task that is learnt alone. */
async function stateGeneratorOf(
  input: Omit<Parameters<typeof trainStateGenerator>[0], "stateDim"> & { stateDim: number },
): Promise<{ stateGenerator: Stored }> {
  const hyperparameters = { ...input.hyperparameters, stateSteps: 1 };
  return {
    stateGenerator: await finish(trainStateGenerator({ ...input, hyperparameters, replay: [], oldTasks: 0 })),
  };
}

/** Fresh weights for a number of tasks. */
function oneStepNetworks(options: ExampleOptions, tasks: number, knobs: Hyperparameters) {
  const weights = (kind: "actor" | "proposer"): Stored => ({
    ...initOneStep(oneStepShape(kind, dimsOf(options), tasks, knobs), createRng(tasks, kind)),
    tasks: tasksTensor(Array.from({ length: tasks }, (_, i) => i + 1)),
  });
  return { proposer: weights("proposer"), actor: weights("actor") };
}

/** How each task is served, without a measurement. */
function rowOf({ acting }: ExampleOptions, tasks: number): RowCell[] {
  return Array.from({ length: acting ? tasks : 0 }, (_, i) => ({
    ...{ task: i + 1, job: sha256(`example ${i}`), returns: [], scores: [], meanScore: null, low: null },
    ...{ high: null, fidelity: null, valueEstimate: null, acting: acting![i] ?? acting!.at(-1)! },
  }));
}

async function finish(training: AsyncGenerator<TrainingProgress, TrainingResult>): Promise<Stored> {
  for (;;) {
    const item = await training.next();
    if (item.done) return item.value.weights;
  }
}

async function addResult(store: Store, kind: JobKind, jobId: string, weights: Stored): Promise<void> {
  const bytes = encodeStored(weights);
  const output = await putArtifact(store, bytes);
  const result: ResultFact = {
    ...{ schema: 1, jobId, kind, metrics: {}, profile: {}, seconds: 1 },
    ...{ outputs: { weights: output }, startedAtStep: 0, codeVersion: "example" },
    finished: new Date().toISOString(),
  };
  await store.put(resultKey(kind, jobId), encodeFact(result, resultFactSchema));
}
