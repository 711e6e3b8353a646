import type { ReplayRows } from "../replay/task_rows.ts";
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { eager, type Stored } from "@cugro/tensors/seam";
import { openCompute } from "@cugro/tensors";
import { sampleActions, trainBehaviorGenerator } from "../generators/behavior_generator.ts";
import { sampleStates, trainStateGenerator } from "../generators/state_generator.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { finish, momentsOf, type TestTask, testTask, tiny, trainingInput } from "../testing/small_tasks.ts";

const TASKS = 10;

interface Generators {
  states: Stored;
  behavior: Stored;
}

const hyperparameters = {
  ...tiny,
  denoiserWidth: 32,
  generatorBatchSize: 96,
  generatorLearningRate: 3e-3,
  stateSteps: 200,
  behaviorSteps: 300,
  retention: "distill" as const,
  functionEvaluations: 8,
  actingEvaluations: 8,
};

/** Learns all tasks in order; old ones only from samples of the generators themselves, or not at all. */
async function learn(tasks: TestTask[], replayed: boolean): Promise<Generators> {
  const { compile } = await openCompute();
  let parent: Generators | undefined;
  for (const [k, fresh] of tasks.entries()) {
    const replay = parent && replayed ? await replayOf(parent, tasks.slice(0, k)) : [];
    // The old tasks' real rows are gone: only their normalisers are left.
    const normalisers = new Map(tasks.slice(0, k + 1).map(({ task, normaliser }) => [task, normaliser]));
    const input = {
      ...trainingInput(fresh, [], { hyperparameters, compile }),
      replay,
      normalisers,
      oldTasks: k,
      seed: k,
    };
    parent = {
      states:
        (await finish(trainStateGenerator(parent ? { ...input, parent: parent.states } : input))).weights,
      behavior: (await finish(trainBehaviorGenerator(parent ? { ...input, parent: parent.behavior } : input)))
        .weights,
    };
  }
  return parent!;
}

/** Pseudo-pairs of each old task. One pass each: compiling would take longer than running. */
async function replayOf({ states, behavior }: Generators, old: TestTask[]): Promise<ReplayRows[]> {
  const rows: ReplayRows[] = [];
  for (const { task, normaliser } of old) {
    const shared = {
      task,
      normaliser,
      count: 256,
      seed: 100 * old.length + task,
      hyperparameters,
      compile: eager,
    };
    const pseudoStates = await sampleStates({ ...shared, weights: states, stateDim: 2 });
    const pseudoActions = await sampleActions({
      ...shared,
      weights: behavior,
      states: pseudoStates,
      actionDim: 1,
    });
    rows.push({ task, states: pseudoStates, actions: pseudoActions, size: 256 });
  }
  return rows;
}

/** How a task's pseudo-pairs differ from its data: shift of the mean in its own spreads, ratio of spreads, correlation of (s, a). */
function driftOf(pseudo: ReplayRows, real: TestTask): { shift: number; ratio: number; correlation: number } {
  const [a, b] = [momentsOf(pseudo.states, 2, 0), momentsOf(real.states, 2, 0)];
  const c = momentsOf(pseudo.actions, 1, 0);
  let covariance = 0;
  for (let n = 0; n < pseudo.size; n++) {
    covariance += ((pseudo.states[2 * n]! - a.mean) * (pseudo.actions[n]! - c.mean)) / pseudo.size;
  }
  const sign = real.task % 2 === 0 ? 1 : -1;
  return {
    shift: Math.abs(a.mean - b.mean) / b.spread,
    ratio: a.spread / b.spread,
    correlation: (sign * covariance) / (a.spread * c.spread),
  };
}

Deno.test(
  "after ten tasks learnt only from its own samples every task is still generated; without replay the first is not",
  noLeaks(async () => {
    // Tasks share their normalised states' law, and differ by the sign of the action: forgetting shows in the behavior.
    const tasks = Array.from({ length: TASKS }, (_, k) => testTask(k + 1, 3 * k));
    const drifts = (await replayOf(await learn(tasks, true), tasks)).map((rows, k) =>
      driftOf(rows, tasks[k]!)
    );
    drifts.forEach(({ shift, ratio, correlation }, k) => {
      assertLess(shift, 0.45, `task ${k + 1}: mean`);
      assertGreater(ratio, 0.7, `task ${k + 1}: spread`);
      assertLess(ratio, 1.3, `task ${k + 1}: spread`);
      assertGreater(correlation, 0.55, `task ${k + 1}: actions`);
    });
    const few = tasks.slice(0, 3);
    const forgotten = (await replayOf(await learn(few, false), few)).map((rows, k) =>
      driftOf(rows, tasks[k]!)
    );
    assertEquals(forgotten.slice(0, -1).some(({ correlation }) => correlation < 0.3), true);
  }),
);
