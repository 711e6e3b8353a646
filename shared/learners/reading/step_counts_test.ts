import { presets } from "@cugro/algorithm/knobs";
import type { Job, ResultFact } from "@cugro/protocol";
import { assertEquals } from "@std/assert";
import { countSteps, trainingSteps } from "./step_counts.ts";

const KNOBS = { ...presets.smoke, behaviorSteps: 6_000 };

function job(kind: Job["kind"], oldTasks: number): Job {
  return { schema: 1, kind, revision: 1, config: { ...KNOBS, task: 1, oldTasks }, seed: 0, inputs: {} };
}

const resultOf = (steps: number) => ({ metrics: { steps } }) as unknown as ResultFact;

Deno.test("countSteps() holds what was done against what was asked for, of trainings alone", () => {
  assertEquals(countSteps(job("behavior.train", 0), resultOf(60)), { done: 60, asked: 6_000 });
  assertEquals(countSteps(job("critic.train", 1), undefined), { done: null, asked: 60 });
  assertEquals(countSteps(job("policy.evaluate", 0), resultOf(60)), null);
  const foreign = { ...job("critic.train", 0), config: { tasks: [1] } };
  assertEquals(countSteps(foreign, resultOf(60)), null, "made by other software");
});

Deno.test("trainingSteps() takes a task's last training of each kind, and names the knob that cut it", () => {
  const of = (task: number | null, done: number | null, asked = 60) => ({
    ...{ task, kind: "behavior.train" as const, steps: { done, asked } },
  });
  const imported = { task: null, kind: "dataset.import" as const, steps: null };
  const found = trainingSteps([of(2, 60, 6_000), of(1, 50, 50), imported, of(2, null), of(1, 60)]);
  assertEquals(found, [
    { task: 1, kind: "behavior.train", done: 60, asked: 60, cutBy: null },
    { task: 2, kind: "behavior.train", done: 60, asked: 6_000, cutBy: "maxGeneratorSteps" },
  ]);
});
