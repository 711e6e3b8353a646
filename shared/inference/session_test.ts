import { assert, assertEquals, assertLess, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { createPolicy, createRng, eager, InvalidInputError, openNoise, presets } from "@cugro/algorithm";
import { decisionNoise, rowSources } from "@cugro/algorithm/arrays";
import { tasksTensor } from "@cugro/algorithm/numerics";
import { noLeaks } from "../algorithm/testing/no_leaks.ts";
import { kernelsOf } from "./kernels.ts";
import { type InferenceSession, openSession } from "./session.ts";
import type { InferenceKnobs, SessionInput } from "./session_input.ts";
import {
  bitsOf,
  criticWeights,
  DEFAULT,
  exampleKnobs,
  exampleNormalisers,
  type ExampleSizes,
  ODD,
  oneStepWeights,
} from "./testing/example_networks.ts";
import { answerWithTensors, decideWithTensors } from "./testing/tensor_networks.ts";

const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

function proposerInput(
  sizes: ExampleSizes,
  over: Partial<InferenceKnobs> = {},
): SessionInput & { critic: object } {
  const hyperparameters = exampleKnobs(over);
  return {
    acting: "proposer",
    network: oneStepWeights("proposer", sizes),
    critic: criticWeights(sizes, { layerNorm: hyperparameters.criticLayerNorm }),
    normalisers: exampleNormalisers(sizes),
    stateDim: sizes.stateDim,
    actionDim: sizes.actionDim,
    hyperparameters,
  };
}

function actorInput(sizes: ExampleSizes): SessionInput {
  return {
    ...proposerInput(sizes),
    acting: "actor",
    network: oneStepWeights("actor", sizes),
    critic: undefined,
  };
}

/** Asks sessions of both kernels, which must answer alike, and closes them. */
function ask(input: SessionInput, ...question: Parameters<InferenceSession["act"]>): Float32Array {
  const [first, second] = (["wasm", "plain"] as const).map((kernel) => {
    const session = openSession({ ...input, kernel });
    const actions = session.act(...question);
    session.dispose();
    return actions;
  });
  assertEquals(bitsOf(first!), bitsOf(second!));
  return first!;
}

const statesOf = (sizes: ExampleSizes, count: number) =>
  createRng(8, "states").normals(count * sizes.stateDim).map((value) => 2 * value);

const VARIANTS: Partial<InferenceKnobs>[] = [
  {},
  { selection: "top", topCount: 3 },
  { selection: "top", topCount: 1, pessimism: 1.5 },
  { selection: "soft" },
  { selection: "one" },
  { selectionSpread: "candidates", inverseTemperature: 3, pessimism: 0 },
  { inverseTemperature: 0 },
  { candidates: 1 },
  { criticNormalisedInputs: false, criticLayerNorm: false },
  { candidates: 150 },
];

for (const over of VARIANTS) {
  Deno.test(
    `a proposer's actions are those of tensors within 1e-5, with ${JSON.stringify(over)}`,
    noLeaks(() => {
      const input = proposerInput(ODD, over), knobs = input.hyperparameters;
      const states = statesOf(ODD, 5);
      for (const task of ODD.tasks) {
        const actions = ask(input, task, states, 17);
        const sources = rowSources([{ noise: openNoise(17), rows: 5 }], 5);
        const expected = decideWithTensors({
          network: input.network,
          critic: input.critic!,
          shape: { inputs: 8, width: ODD.width, layers: 2, ensemble: 2, layerNorm: knobs.criticLayerNorm },
          knobs,
          normaliser: input.normalisers.get(task)!,
          task,
          states,
          noise: decisionNoise(knobs, ODD.actionDim, sources)(5, 5),
        });
        assertLess(apart(actions, expected), 1e-5, `task ${task}`);
      }
    }),
  );
}

Deno.test(
  "an actor's actions are those of tensors within 1e-5, at the sizes of default",
  noLeaks(() => {
    const input = actorInput(DEFAULT), states = statesOf(DEFAULT, 9);
    for (const task of [1, 5]) {
      const expected = answerWithTensors(input.network, input.normalisers.get(task)!, task, states);
      assertLess(apart(ask(input, task, states, 0), expected), 1e-5);
    }
  }),
);

Deno.test(
  "discrete actions are one-hot: the proposer's candidates before they are judged, and what is chosen",
  noLeaks(() => {
    for (const base of [proposerInput(ODD), actorInput(ODD)]) {
      const normalisers = new Map([...base.normalisers].map(([task, { states, actions }]) => {
        const [zeros, ones] = [0, 1].map((value) => new Float32Array(ODD.actionDim).fill(value)) as [
          Float32Array,
          Float32Array,
        ];
        return [task, {
          states,
          actions: { ...actions, centre: zeros, halfRange: ones, min: zeros, max: ones, classes: 3 },
        }];
      }));
      const input = { ...base, normalisers }, states = statesOf(ODD, 40);
      const actions = ask(input, 2, states, 3), normaliser = normalisers.get(2)!;
      const noise = decisionNoise(
        input.hyperparameters,
        3,
        rowSources([{ noise: openNoise(3), rows: 40 }], 40),
      )(40, 40);
      const shape = { inputs: 8, width: ODD.width, layers: 2, ensemble: 2, layerNorm: true };
      const { network, critic, hyperparameters: knobs } = input;
      const expected = critic === undefined
        ? answerWithTensors(network, normaliser, 2, states)
        : decideWithTensors({ network, critic, shape, knobs, normaliser, task: 2, states, noise });
      assertEquals([...actions], [...expected]);
      assert(
        new Set(Array.from({ length: 40 }, (_, n) => actions.subarray(3 * n, 3 * n + 3).indexOf(1))).size > 1,
      );
    }
  }),
);

Deno.test("a row's action does not depend on the rows beside it, nor on who shares the call", () => {
  for (const base of [proposerInput(ODD), proposerInput(ODD, { selection: "one" }), actorInput(ODD)]) {
    const session = openSession(base), states = statesOf(ODD, 300);
    const together = session.act(9, states, [
      { noise: openNoise(5), rows: 1 },
      { noise: openNoise(6), rows: 297 },
      { noise: openNoise(5), rows: 2 },
    ]);
    const row = (n: number) => states.subarray(n * 5, (n + 1) * 5);
    assertEquals(bitsOf(together.subarray(0, 3)), bitsOf(session.act(9, row(0), 5)));
    assertEquals(bitsOf(together.subarray(3, 6)), bitsOf(session.act(9, row(1), 6)));
    assertEquals(
      bitsOf(together.subarray(3, 298 * 3)),
      bitsOf(session.act(9, states.subarray(5, 298 * 5), 6)),
    );
    if (base.acting === "proposer") {
      assertNotEquals(bitsOf(session.act(9, row(0), 5)), bitsOf(session.act(9, row(0), 6)));
    }
    session.dispose();
  }
});

Deno.test("questions that cannot be answered are refused in a sentence, and the next is answered", () => {
  for (const base of [proposerInput(ODD), actorInput(ODD)]) {
    const session = openSession(base), good = statesOf(ODD, 2);
    const refused = (task: number, states: number[], sentence: string, rows = states.length / 5) =>
      assertThrows(
        () => session.act(task, Float32Array.from(states), [{ noise: openNoise(1), rows }]),
        InvalidInputError,
        sentence,
      );
    const before = bitsOf(session.act(4, good, 1));
    refused(3, [...good], "task 3 as these weights have not learnt it: known tasks are [4, 2, 9]");
    refused(4, [...good].with(7, NaN), "states[1, 2] must be finite: current value is NaN");
    refused(4, [...good].with(0, -Infinity), "states[0, 0] must be finite: current value is -Infinity");
    refused(4, [1, 2, 3], "[n, 5] with n > 0: current length is 3");
    refused(4, [], "current length is 0");
    refused(4, [...good], "shares must be 2 rows: current number is 3", 3);
    assertThrows(() => session.value(4, good, new Float32Array(3)), InvalidInputError);
    assertEquals(bitsOf(session.act(4, good, 1)), before);
    session.dispose();
    session.dispose();
    assertThrows(() => session.act(4, good, 1), Error, "disposed");
  }
});

Deno.test("an answer that is not finite is refused instead of clamped", () => {
  const input = actorInput(ODD);
  input.network["output.kernel"]!.data.fill(3e38);
  const session = openSession(input);
  assertThrows(
    () => session.act(2, statesOf(ODD, 1), 0),
    InvalidInputError,
    "Cannot act in task 2 as the actor gives ",
  );
  session.dispose();
});

Deno.test("actions of states far beyond the data stay within the task's limits", () => {
  for (const input of [proposerInput(ODD), actorInput(ODD)]) {
    const actions = ask(input, 2, statesOf(ODD, 20).map((value) => value * 1e30), 1);
    const { min, max } = input.normalisers.get(2)!.actions;
    assert(actions.every((value, i) => value >= min[i % 3]! && value <= max[i % 3]!));
  }
});

Deno.test("openSession() refuses parts that do not fit each other", () => {
  const input = proposerInput(ODD), before = kernelsOf("wasm").memory.usedBytes();
  const refused = (over: Partial<SessionInput>, sentence: string) =>
    assertThrows(() => openSession({ ...input, ...over, kernel: "wasm" }), InvalidInputError, sentence);
  refused({ critic: undefined }, "needs the critic");
  refused({ acting: "actor" }, 'tensor "input.kernel" does not belong to it');
  refused(
    { normalisers: exampleNormalisers({ ...ODD, stateDim: 4 }) },
    "must be of 5 and 3 dimensions: it is of 4 and 3",
  );
  const wide = { ...ODD, stateDim: 6 };
  refused(
    { network: oneStepWeights("proposer", wide) },
    "states of 5, noise of 3 and give actions of 3 dimensions: current ones are 6, 3, 3",
  );
  refused(
    { critic: criticWeights({ ...ODD, actionDim: 4 }) },
    "states of 5 and actions of 3 dimensions: it takes 9 numbers",
  );
  assertEquals(kernelsOf("wasm").memory.usedBytes(), before);
  const session = openSession({ ...input, normalisers: new Map([[2, input.normalisers.get(2)!]]) });
  assertThrows(() => session.act(9, statesOf(ODD, 1), 1), InvalidInputError, "its normaliser is missing");
  session.dispose();
});

Deno.test(
  "value() is the policy's of tensors, in raw reward units",
  noLeaks(async () => {
    for (const over of [{}, { criticNormalisedInputs: false }]) {
      const input = proposerInput(ODD, over);
      const policy = createPolicy({
        ...input,
        behaviorGenerator: { tasks: tasksTensor(ODD.tasks) },
        critic: input.critic!,
        hyperparameters: { ...presets.default, ...over, criticWidth: ODD.width },
        compile: eager,
      });
      const states = statesOf(ODD, 150), actions = createRng(2, "actions").normals(150 * 3);
      const session = openSession(input);
      for (const task of ODD.tasks) {
        assertLess(
          apart(session.value(task, states, actions), await policy.value(task, states, actions)),
          1e-5,
        );
      }
      await assertRejects(() => policy.value(4, states, actions.subarray(3)), InvalidInputError);
      assertThrows(
        () => session.value(4, states, actions.subarray(3)),
        InvalidInputError,
        "149 actions in 150 states",
      );
      session.dispose();
      policy.dispose();
    }
  }),
);

Deno.test("sessions of the default sizes keep within 2 and 5 MB, and give their memory back", () => {
  const { memory } = kernelsOf("wasm");
  const before = memory.usedBytes();
  const sessions = [actorInput(DEFAULT), proposerInput(DEFAULT)].map((input) =>
    openSession({ ...input, kernel: "wasm" })
  );
  assertLess(sessions[0]!.sizeBytes, 2e6);
  assertLess(sessions[1]!.sizeBytes, 5e6);
  assertEquals(memory.usedBytes() - before, sessions[0]!.sizeBytes + sessions[1]!.sizeBytes);
  sessions.forEach((session) => session.dispose());
  assertEquals(memory.usedBytes(), before);
});
