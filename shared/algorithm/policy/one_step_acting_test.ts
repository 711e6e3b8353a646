import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { openCompute } from "@cugro/tensors";
import { createPolicy } from "./create_policy.ts";
import { trainBehaviorGenerator } from "../generators/behavior_generator.ts";
import { labelProposals } from "../distillation/label_proposals.ts";
import { trainActor, trainProposer } from "../distillation/one_step_training.ts";
import type { Hyperparameters } from "../knobs/hyperparameters.ts";
import { InvalidInputError } from "../numerics/errors.ts";
import { normalise, type Normaliser } from "../numerics/normaliser.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { A, bandit, inputOf, normaliserOf, quick, runToEnd, S, train } from "../testing/bandit.ts";
import { labelChoices } from "./label_choices.ts";
import { apartShare, isMultimodal } from "./modes.ts";
import type { PolicyInput } from "./policy_input.ts";

const knobs: Hyperparameters = {
  ...quick,
  criticSteps: 200,
  maxCriticSteps: 200,
  criticLearningRate: 1.5e-2,
  denoiserWidth: 32,
  denoiserBlocks: 1,
  behaviorSteps: 400,
  maxGeneratorSteps: 400,
  generatorLearningRate: 4e-3,
  generatorBatchSize: 128,
  emaDecay: 0.97,
  proposerSteps: 400,
  actorSteps: 200,
  maxDistilSteps: 400,
  actingEvaluations: 8,
  candidates: 16,
  selection: "soft",
  inverseTemperature: 10,
};
const ROWS = 800;

/** Actions near 3 and near -3 in every state. */
function twoModes(reward: (a: number) => number) {
  const data = bandit(3, () => 0, ROWS);
  const actions = data.actions.map((a, i) => (i % 2 === 0 ? 3 : -3) + a / 20);
  return { ...data, actions, rewards: actions.map(reward) };
}

let taughtBetter: ReturnType<typeof learn> | undefined;
/** A learner whose critic prefers one of the modes. */
const learnBetter = () => taughtBetter ??= learn((a) => a);

let taughtEqual: ReturnType<typeof learn> | undefined;
/** A learner to whose critic both modes are worth the same. */
const learnEqual = () => taughtEqual ??= learn(() => 1);

/** A learner of one task with all its networks. */
async function learn(
  reward: (a: number) => number,
): Promise<{ policy: PolicyInput; apart: number; normaliser: Normaliser }> {
  const { compile } = await openCompute();
  const data = twoModes(reward);
  const normaliser = normaliserOf(data);
  const normalisers = new Map([[1, normaliser]]);
  const common = { hyperparameters: knobs, normalisers, compile };
  const critic = (await train(inputOf(1, data, common))).result.weights;
  const behaviorGenerator =
    (await runToEnd(trainBehaviorGenerator({ ...inputOf(1, data, common), replay: [] }))).result.weights;
  const { states, size } = data;
  const labels = await labelProposals({
    ...{ behaviorGenerator, task: 1, normaliser, states, size, seed: 4 },
    ...{ hyperparameters: knobs, compile },
  });
  const forTraining = {
    ...{ task: 1, stateDim: S, actionDim: A, replay: [], oldTasks: 0, seed: 2 },
    ...common,
  };
  const proposer = (await runToEnd(
    trainProposer({ ...forTraining, labels: [{ task: 1, states, size, ...labels }] }),
  )).result.weights;
  const base: PolicyInput = {
    ...{ behaviorGenerator, critic, proposer, normalisers, compile },
    ...{ stateDim: S, actionDim: A, hyperparameters: knobs },
  };
  const choices = await labelChoices({
    policy: base,
    by: "proposer",
    task: 1,
    candidates: 32,
    states,
    seed: 9,
  });
  const noise = new Float32Array(0);
  const actor = (await runToEnd(
    trainActor({ ...forTraining, labels: [{ task: 1, states, size, noise, targets: choices.targets }] }),
  )).result.weights;
  const policy = { ...base, actor, hyperparameters: knobs };
  return { policy, apart: apartShare(choices.apart), normaliser };
}

const asked = bandit(77, () => 0, 60).states;
const share = (values: Float32Array, holds: (a: number) => boolean) =>
  values.filter(holds).length / values.length;

Deno.test("two modes that the critic tells apart: all ways of acting take the better one, and the task has one mode", async () => {
  const { policy: input, apart } = await learnBetter();
  assert(!isMultimodal(apart), `candidates fall apart in ${apart} of the states`);
  await noLeaks(async () => {
    const policy = createPolicy({ ...input, actingByTask: new Map([[1, "actor" as const]]) });
    try {
      for (const acting of ["sampler", "proposer", "actor"] as const) {
        const actions = await policy.act(1, asked, 5, acting);
        assertGreater(share(actions, (a) => Math.abs(a - 3) < 0.8), 0.9, acting);
      }
      const byTask = await policy.act(1, asked, 5);
      assertEquals(byTask, await policy.act(1, asked, 6, "actor"), "the task's own way, without noise");
      const few = await policy.act(1, asked.slice(0, 3 * S), 5, "proposer");
      const difference = few.map((a, i) => Math.abs(a - byTask[i]!));
      assertLess(Math.max(...difference), 1);
    } finally {
      policy.dispose();
    }
  })();
});

Deno.test("two modes of one value: candidates of sampler and proposer are in both, a mean is in neither, and the task is multi-modal", async () => {
  const { policy: input, apart, normaliser } = await learnEqual();
  assert(isMultimodal(apart), `candidates fall apart in ${apart} of the states`);
  await noLeaks(async () => {
    // One candidate is chosen by nobody.
    const policy = createPolicy({ ...input, hyperparameters: { ...knobs, candidates: 1 } });
    try {
      for (const acting of ["sampler", "proposer"] as const) {
        const candidates = await policy.act(1, asked, 5, acting);
        for (const mode of [3, -3]) {
          assertGreater(share(candidates, (a) => Math.abs(a - mode) < 1), 0.2, `${acting}, mode ${mode}`);
        }
      }
      const averaged = normalise(await policy.act(1, asked, 5, "actor"), normaliser.actions);
      assertGreater(share(averaged, (a) => Math.abs(a) < 0.6), 0.5);
    } finally {
      policy.dispose();
    }
  })();
});

Deno.test("labels by selection mode are of one of two groups, in states that are told apart as with soft", async () => {
  const { policy: input, normaliser } = await learnEqual();
  const label = (selection: "soft" | "mode") =>
    labelChoices({
      policy: { ...input, hyperparameters: { ...knobs, selection } },
      ...{ by: "proposer", task: 1, candidates: 32, states: asked, seed: 9 },
    });
  const [soft, mode] = [await label("soft"), await label("mode")];
  assertEquals(mode.apart, soft.apart);
  const divided = [...mode.apart.keys()].filter((i) => mode.apart[i] === 1);
  assertGreater(divided.length, 12);
  const groups = normalise(Float32Array.of(3, -3), normaliser.actions);
  const off = (target: number) => Math.min(...groups.map((group) => Math.abs(target - group)));
  for (const i of divided) assertLess(off(mode.targets[i]!), 0.3, `state ${i}`);
  const between = divided.filter((i) => off(soft.targets[i]!) > 0.3);
  assertGreater(between.length, divided.length / 2);
});

Deno.test("createPolicy() refuses to act by a network that the version has not, and names those it has", async () => {
  const { proposer: _proposer, ...input } = (await learnBetter()).policy;
  const policy = createPolicy(input);
  await assertRejects(
    () => policy.act(1, asked, 5, "proposer"),
    InvalidInputError,
    "it can act by the sampler or the actor",
  );
  policy.dispose();
});
