import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "tf";
import { eager, type StepDefinition } from "./compile.ts";
import { noLeaks } from "../testing/backend.ts";

const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

/** Adds the input to `sum`, leaves `fixed` alone, and fails for an input of another length. */
const accumulate: StepDefinition = {
  name: "accumulate",
  step: ({ sum, fixed }, { x }) => ({
    state: { sum: tf.add(sum!, x!), fixed: fixed! },
    outputs: { scaled: tf.mul(x!, fixed!) },
  }),
};

Deno.test(
  "eager() keeps the state between runs and frees all else",
  noLeaks(async () => {
    const compiled = eager(accumulate, { sum: vector(1, 2), fixed: vector(10, 10) }, { x: vector(0, 0) });
    const before = tf.memory().numTensors;
    assertEquals(await compiled.run({ x: vector(1, 1) }), { scaled: vector(10, 10) });
    await compiled.run({ x: vector(2, 3) });
    assertEquals(tf.memory().numTensors, before);
    assertEquals(await compiled.readState(), { sum: vector(4, 6), fixed: vector(10, 10) });
    compiled.dispose();
  }),
);

Deno.test(
  "eager() leaves the state as it was when a step throws",
  noLeaks(async () => {
    const compiled = eager(accumulate, { sum: vector(1, 2), fixed: vector(1, 1) }, { x: vector(0, 0) });
    await assertRejects(async () => await compiled.run({ x: vector(1, 2, 3) }));
    assertEquals((await compiled.readState())["sum"], vector(1, 2));
    compiled.dispose();
  }),
);

Deno.test(
  "eager() is not moved by later changes of the arrays it was given",
  noLeaks(async () => {
    const sum = vector(1, 2);
    const compiled = eager(accumulate, { sum, fixed: vector(1, 1) }, { x: vector(0, 0) });
    sum.data.fill(99);
    assertEquals((await compiled.run({ x: vector(5, 5) }))["scaled"], vector(5, 5));
    assertEquals((await compiled.readState())["sum"], vector(6, 7));
    compiled.dispose();
  }),
);
