/**
 * What the default preset does with its generators: one training step, and pseudo-pairs by the sampler.
 * @module
 */
import {
  type Compile,
  type Hyperparameters,
  presets,
  sampleActions,
  sampleStates,
  trainBehaviorGenerator,
  type TrainingProgress,
  type TrainingResult,
} from "@cugro/algorithm";
import { ACTION_DIM, type BenchLearner, makeLearner, STATE_DIM } from "./bench_learner.ts";
import { alternate, type Group } from "./measure.ts";

const PAIRS = 4_096;

/**
 * The group `behavior`: a training step of the behavior generator with five old tasks, as the default preset has it, and
 * without the frozen parent as teacher: that is the work PyTorch's figure is about.
 */
export const behavior: Group = {
  name: "behavior",
  yardstick: ["lnResNetBehaviorTrainStep512Ms", "paperTrainStep4096Ms"],
  open: async ({ compile, repeats, clock }) => {
    const learner = await makeLearner(compile.eager);
    const alone: Hyperparameters = { ...presets.default, retention: "samples", generatorBatchSize: 512 };
    const trainings = {
      lnResNetBehaviorTrainStep512Ms: training(learner, alone, compile.compiled),
      lnResNetBehaviorTrainStep512MsEager: training(learner, alone, compile.eager),
      defaultBehaviorTrainStepMs: training(learner, presets.default, compile.compiled),
      defaultBehaviorTrainStepMsEager: training(learner, presets.default, compile.eager),
    };
    const works = Object.entries(trainings).map(([name, one]) => [name, () => one.next()]);
    return {
      measure: () => alternate(clock, Object.fromEntries(works), repeats * 3),
      close: async () => {
        for (const one of Object.values(trainings)) await one.return(undefined as never);
      },
    };
  },
};

/** A training that does not end while it is measured. */
function training(
  { tasks, normalisers, behaviorGenerator }: BenchLearner,
  hyperparameters: Hyperparameters,
  compile: Compile,
): AsyncGenerator<TrainingProgress, TrainingResult> {
  // The parent must not know the task that is learnt: rows of the last one come as a sixth.
  const task = tasks.length + 1;
  const fresh = tasks.at(-1)!;
  return trainBehaviorGenerator({
    ...fresh,
    task,
    stateDim: STATE_DIM,
    actionDim: ACTION_DIM,
    replay: tasks,
    normalisers: new Map([...normalisers, [task, fresh.normaliser]]),
    parent: behaviorGenerator,
    hyperparameters: { ...hyperparameters, behaviorSteps: 1_000_000, maxGeneratorSteps: 1_000_000 },
    oldTasks: tasks.length,
    seed: 1,
    compile,
  });
}

/** The group `sampling`: pairs of pseudo-states and pseudo-actions, as the jobs make them. */
export const sampling: Group = {
  name: "sampling",
  yardstick: ["lnResNet10PairsPerSecond", "paperPairsPerSecond"],
  open: async ({ compile, repeats, clock }) => {
    const learner = await makeLearner(compile.eager);
    return {
      measure: async () => {
        const { compiled, eager } = await alternate(
          clock,
          {
            compiled: () => drawPairs(learner, compile.compiled),
            eager: () => drawPairs(learner, compile.eager),
          },
          Math.max(3, repeats >> 1),
          1,
        );
        return {
          defaultPairsPerSecond: PAIRS / compiled! * 1e3,
          defaultPairsPerSecondEager: PAIRS / eager! * 1e3,
        };
      },
      close: () => {},
    };
  },
};

async function drawPairs(
  { tasks, stateGenerator, behaviorGenerator }: BenchLearner,
  compile: Compile,
): Promise<void> {
  const { task, normaliser } = tasks[2]!;
  const shared = { task, normaliser, count: PAIRS, seed: 7, hyperparameters: presets.default, compile };
  const states = await sampleStates({ ...shared, weights: stateGenerator, stateDim: STATE_DIM });
  await sampleActions({ ...shared, weights: behaviorGenerator, states, actionDim: ACTION_DIM });
}
