import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { eager, type Stored, toParams } from "@cugro/tensors/seam";
import { openCompute } from "@cugro/tensors";
import * as tf from "tf";
import { denoiserWeights, taskOneHot } from "../diffusion/denoiser.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import { knownTasks } from "../numerics/weights.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { runToEnd } from "../testing/bandit.ts";
import { labelsOf, oneStepInput, small } from "../testing/one_step.ts";
import { finish } from "../testing/small_tasks.ts";
import { answerInOneStep, type OneStepKind, oneStepShape } from "./one_step_network.ts";
import type { LabelledActions } from "./one_step_rows.ts";
import { trainActor, trainProposer } from "./one_step_training.ts";

/** A task's map of state and noise. */
const first = (s: number, z: number) => 0.5 * s + 0.2 * Math.tanh(z);
const second = (s: number, z: number) => -0.5 * s - 0.3 * Math.tanh(z);
const [one, two] = [labelsOf(1, first), labelsOf(2, second)];

/** Answers of published weights to labels' states and noise. */
function answers(
  weights: Stored,
  kind: OneStepKind,
  asked: LabelledActions,
  task = asked.task,
): Float32Array {
  return tf.tidy(() => {
    const tasks = knownTasks(weights);
    const oneHot = taskOneHot(tasks, task);
    const dims = { stateDim: 2, actionDim: 1 };
    return answerInOneStep(
      toParams(denoiserWeights(weights)),
      oneStepShape(kind, dims, tasks.length, small),
      {
        states: tf.tensor2d(asked.states, [asked.size, 2]),
        noise: kind === "proposer" ? tf.tensor2d(asked.noise, [asked.size, 1]) : undefined,
        taskOneHot: tf.tensor2d(oneHot.data as Float32Array, [1, tasks.length]),
      },
    ).dataSync() as Float32Array;
  });
}

const errorOf = (found: Float32Array, wanted: Float32Array) =>
  Math.sqrt(found.reduce((sum, value, i) => sum + (value - wanted[i]!) ** 2, 0) / found.length);

Deno.test(
  "trainProposer() learns the map of state and noise, keeps an old task's by the parent's answers, and forgets it without them",
  noLeaks(async () => {
    const { compile } = await openCompute();
    const unseen = { ...labelsOf(7, first), task: 1 };
    const { weights: parent, metrics } = await finish(trainProposer(oneStepInput(one, [], { compile })));
    assertLess(errorOf(answers(parent, "proposer", unseen), unseen.targets), 0.05);
    assertEquals(metrics.steps, 250);
    const next = oneStepInput(two, [one], { compile, parent });
    const { result, losses } = await runToEnd(trainProposer(next));
    // The parent is the start: nothing of the old task is wrong before the first step.
    assertLess(losses[0]!.lossOld!, 1e-6);
    assertGreater(losses[0]!.lossNew!, 0.05);
    assertEquals(knownTasks(result.weights), [1, 2]);
    assertLess(errorOf(answers(result.weights, "proposer", two), two.targets), 0.06);
    assertLess(
      errorOf(answers(result.weights, "proposer", unseen), answers(parent, "proposer", unseen)),
      0.06,
    );
    const { weights: forgetful } = await finish(trainProposer({ ...next, replay: [] }));
    assertGreater(errorOf(answers(forgetful, "proposer", unseen), unseen.targets), 0.2);
  }),
);

Deno.test(
  "trainActor() answers with the mean of noisy labels",
  noLeaks(async () => {
    const { compile } = await openCompute();
    const noisy = labelsOf(1, (s, z) => 0.5 * s + 0.4 * z, { kind: "actor" });
    const { weights } = await finish(trainActor(oneStepInput(noisy, [], { compile })));
    assertEquals(weights["input.kernel"], undefined);
    const mean = noisy.states.filter((_, i) => i % 2 === 0).map((s) => 0.5 * s);
    assertLess(errorOf(answers(weights, "actor", noisy), mean), 0.12);
  }),
);

Deno.test(
  "two modes: the proposer keeps both, the actor falls between them",
  noLeaks(async () => {
    const { compile } = await openCompute();
    const modes = (_: number, z: number) => z > 0 ? 0.8 : -0.8;
    const inputFor = (kind: "proposer" | "actor") =>
      oneStepInput(labelsOf(1, modes, { kind }), [], { compile });
    const proposed = answers(
      (await finish(trainProposer(inputFor("proposer")))).weights,
      "proposer",
      labelsOf(1, modes),
    );
    const near = (mode: number) => proposed.filter((a) => Math.abs(a - mode) < 0.25).length / proposed.length;
    assertGreater(near(0.8), 0.35);
    assertGreater(near(-0.8), 0.35);
    const chosen = answers(
      (await finish(trainActor(inputFor("actor")))).weights,
      "actor",
      labelsOf(1, modes),
    );
    assertLess(Math.max(...chosen.map(Math.abs)), 0.45);
  }),
);

for (const [kind, train] of [["proposer", trainProposer], ["actor", trainActor]] as const) {
  Deno.test(
    `an interrupted training of a ${kind} goes on bit-identically, beside a parent that answers`,
    noLeaks(async () => {
      const hyperparameters = { ...small, proposerSteps: 12, actorSteps: 12, maxDistilSteps: 12 };
      const [old, fresh] = [labelsOf(1, first, { kind }), labelsOf(2, second, { kind })];
      const { weights: parent } = await finish(train(oneStepInput(old, [], { hyperparameters })));
      const input = oneStepInput(fresh, [old], { hyperparameters, parent });
      const whole = await runToEnd(train(input), [5]);
      const resumed = await finish(train({ ...input, resume: whole.snapshots.get(5)! }));
      assertEquals(resumed, whole.result);
      const other = await finish(train({ ...input, seed: 6 }));
      assertGreater(errorOf(answers(other.weights, kind, fresh), answers(resumed.weights, kind, fresh)), 0);
    }),
  );
}

Deno.test("a proposer without a parent learns all tasks from labels; half of them is refused", async () => {
  await noLeaks(async () => {
    const hyperparameters = { ...small, proposerSteps: 2, maxDistilSteps: 2 };
    const all = {
      hyperparameters,
      labels: [two, one],
      replay: [],
      normalisers: oneStepInput(two, [one]).normalisers,
    };
    const { weights } = await finish(trainProposer(oneStepInput(two, [one], all)));
    assertEquals(knownTasks(weights), [1, 2]);
    const alike = { ...all, hyperparameters: { ...hyperparameters, distilNewTaskShare: 1 }, oldTasks: 1 };
    const joint = await finish(trainProposer({ ...oneStepInput(two, [one], alike), joint: true }));
    assertEquals(joint.metrics.steps, 4, "as many as both tasks would have taken one after the other");
    assert(joint.curves.some(({ name }) => name === "lossOld"), "old tasks have their share of a batch");
    const three = { ...one, task: 3 };
    const mixed = oneStepInput(two, [one, three], { hyperparameters, labels: [two, one], parent: weights });
    const error = await assertRejects(
      () => finish(trainProposer({ ...mixed, replay: [three] })),
      InvalidInputError,
    );
    assertStringIncludes(error.message, "labels are there of [1], states alone of [3]");
    const unlabelled = oneStepInput(two, [], { hyperparameters, labels: [] });
    await assertRejects(
      () => finish(trainProposer(unlabelled)),
      InvalidInputError,
      "task 2 as it has no labels",
    );
    const short = { ...two, targets: two.targets.slice(1) };
    await assertRejects(
      () => finish(trainProposer(oneStepInput(short, [], { hyperparameters, compile: eager }))),
      InvalidInputError,
      "its targets must be [800, 1]",
    );
    const wide = { ...hyperparameters, denoiserWidth: 64 };
    await assertRejects(
      () =>
        finish(
          trainProposer(oneStepInput(labelsOf(5, first), [], { hyperparameters: wide, parent: weights })),
        ),
      InvalidInputError,
      "a proposer of width 64",
    );
  })();
});
