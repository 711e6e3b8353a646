/**
 * A learner of five tasks with random data and hardly trained weights: right in every shape, for measurements of time.
 * @module
 */
import {
  type Compile,
  createRng,
  fitNormaliser,
  type Hyperparameters,
  type Normaliser,
  presets,
  type Stored,
  trainBehaviorGenerator,
  trainCritic,
  type TrainingProgress,
  type TrainingResult,
  trainStateGenerator,
} from "@cugro/algorithm";

/** As the half cheetah has them. */
export const STATE_DIM = 17;
export const ACTION_DIM = 6;
/** Tasks that the learner knows. */
export const TASKS = 5;
const ROWS = 4_096;

/** Rows of a task, and its normaliser. */
export interface TaskData {
  task: number;
  states: Float32Array;
  actions: Float32Array;
  size: number;
  normaliser: Normaliser;
}

/** Weights that know all five tasks. */
export interface BenchLearner {
  tasks: TaskData[];
  normalisers: Map<number, Normaliser>;
  stateGenerator: Stored;
  behaviorGenerator: Stored;
  critic: Stored;
}

/** Random rows of five tasks. */
export function randomTasks(): TaskData[] {
  return Array.from({ length: TASKS }, (_, i) => {
    const rng = createRng(i + 1, "bench");
    const states = rng.normals(ROWS * STATE_DIM), actions = rng.uniforms(ROWS * ACTION_DIM, -1, 1);
    const shape = { size: ROWS, stateDim: STATE_DIM, actionDim: ACTION_DIM };
    return {
      task: i + 1,
      states,
      actions,
      size: ROWS,
      normaliser: fitNormaliser({ states, actions, ...shape }),
    };
  });
}

/** Trains every network for one step a task. */
export async function makeLearner(compile: Compile): Promise<BenchLearner> {
  const tasks = randomTasks();
  const normalisers = new Map(tasks.map(({ task, normaliser }) => [task, normaliser]));
  const once: Hyperparameters = {
    ...presets.default,
    stateSteps: 1,
    behaviorSteps: 1,
    maxGeneratorSteps: 1,
    criticSteps: 1,
    maxCriticSteps: 1,
  };
  let weights: Omit<BenchLearner, "tasks" | "normalisers"> | undefined;
  for (const [oldTasks, fresh] of tasks.entries()) {
    const shared = {
      ...fresh,
      stateDim: STATE_DIM,
      actionDim: ACTION_DIM,
      replay: tasks.slice(0, oldTasks),
      normalisers,
      hyperparameters: once,
      oldTasks,
      seed: 1,
      compile,
    };
    const parent = (name: keyof NonNullable<typeof weights>) => weights ? { parent: weights[name] } : {};
    weights = {
      stateGenerator: await finish(trainStateGenerator({ ...shared, ...parent("stateGenerator") })),
      behaviorGenerator: await finish(trainBehaviorGenerator({ ...shared, ...parent("behaviorGenerator") })),
      critic: await finish(trainCritic({ ...shared, ...parent("critic"), ...randomEpisodes(fresh) })),
    };
  }
  return { tasks, normalisers, ...weights! };
}

/** Rewards for a task's rows, all one episode. */
function randomEpisodes({ states, size }: TaskData) {
  const timeouts = new Uint8Array(size);
  timeouts[size - 1] = 1;
  const rewards = createRng(9, "bench.rewards").normals(size);
  return { rewards, nextStates: states, terminals: new Uint8Array(size), timeouts };
}

/** Runs a training to its end; the published weights. */
export async function finish(training: AsyncGenerator<TrainingProgress, TrainingResult>): Promise<Stored> {
  for (;;) {
    const item = await training.next();
    if (item.done) return item.value.weights;
  }
}
