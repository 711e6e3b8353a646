import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "tf";
import { openBackend } from "./backend.ts";
import { eager, type StepDefinition, toParams, toStored, toTensor } from "./seam.ts";

await openBackend();

const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

/** Adds the input to `sum`, leaves `fixed` alone, and fails for an input of another length. */
const accumulate: StepDefinition = {
  name: "accumulate",
  step: ({ sum, fixed }, { x }) => ({
    state: { sum: tf.add(sum!, x!), fixed: fixed! },
    outputs: { scaled: tf.mul(x!, fixed!) },
  }),
};

/** A test body that leaves as many tensors as it found. */
function noLeaks(body: () => void | Promise<void>): () => Promise<void> {
  return async () => {
    const before = tf.memory().numTensors;
    await body();
    assertEquals(tf.memory().numTensors, before);
  };
}

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
    const fragile: StepDefinition = {
      name: "fragile",
      step: ({ sum }, { x }) => {
        const next = tf.add(sum!, x!);
        if (x!.dataSync()[0]! < 0) throw new Error("as asked");
        return { state: { sum: next }, outputs: {} };
      },
    };
    const compiled = eager(fragile, { sum: vector(1, 2) }, { x: vector(0, 0) });
    await assertRejects(async () => await compiled.run({ x: vector(-1, 0) }), Error, "as asked");
    assertEquals(await compiled.readState(), { sum: vector(1, 2) });
    await compiled.run({ x: vector(1, 1) });
    assertEquals(await compiled.readState(), { sum: vector(2, 3) });
    compiled.dispose();
  }),
);

Deno.test(
  "eager() refuses inputs that are not those of the example, as a compiled step does",
  noLeaks(async () => {
    const compiled = eager(accumulate, { sum: vector(1, 2), fixed: vector(1, 1) }, { x: vector(0, 0) });
    const message = '"x" must be [2]: current shape is [1]';
    // [1] could be broadcast: without the check the step would add it.
    await assertRejects(async () => await compiled.run({ x: vector(1) }), RangeError, message);
    await assertRejects(async () => await compiled.run({}), RangeError, '"x" is missing');
    const integers = { x: { shape: [2], data: new Int32Array(2) } };
    await assertRejects(async () => await compiled.run(integers), TypeError, "must be float32");
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
    const keep: StepDefinition = {
      name: "keep",
      step: (_, { x }) => ({ state: { last: tf.reshape(x!, [2]) }, outputs: {} }),
    };
    const kept = eager(keep, { last: vector(0, 0) }, { x: vector(0, 0) });
    const x = vector(3, 4);
    await kept.run({ x });
    x.data.fill(99);
    assertEquals(await kept.readState(), { last: vector(3, 4) });
    kept.dispose();
  }),
);

Deno.test(
  "eager() frees a tensor that stands in state and outputs once, and not while it is state",
  noLeaks(async () => {
    const swap: StepDefinition = {
      name: "swap",
      step: ({ a, b }) => ({ state: { a: b!, b: a! }, outputs: { was: a!, twice: a! } }),
    };
    const swapped = eager(swap, { a: vector(1), b: vector(2) }, {});
    for (const expected of [1, 2, 1]) {
      assertEquals(await swapped.run({}), { was: vector(expected), twice: vector(expected) });
    }
    assertEquals(await swapped.readState(), { a: vector(2), b: vector(1) });
    swapped.dispose();

    const grow: StepDefinition = {
      name: "grow",
      step: ({ a }) => {
        const next = tf.add(a!, 1);
        return { state: { a: next, b: next }, outputs: { next, old: a! } };
      },
    };
    const grown = eager(grow, { a: vector(1), b: vector(1) }, {});
    assertEquals(await grown.run({}), { next: vector(2), old: vector(1) });
    assertEquals(await grown.run({}), { next: vector(3), old: vector(2) });
    assertEquals(await grown.readState(), { a: vector(3), b: vector(3) });
    grown.dispose();
  }),
);

Deno.test(
  "a disposed eager step says so, and may be disposed again",
  noLeaks(async () => {
    const compiled = eager(accumulate, { sum: vector(1), fixed: vector(1) }, { x: vector(0) });
    compiled.dispose();
    compiled.dispose();
    assertThrows(() => compiled.run({ x: vector(1) }), Error, "disposed");
    await assertRejects(() => compiled.readState(), Error, "disposed");
  }),
);

Deno.test(
  "toParams() and toStored() are inverse, and booleans become integers",
  noLeaks(() => {
    const stored = { a: vector(1, 2), n: { shape: [2, 1], data: Int32Array.of(3, 4) } };
    const params = toParams(stored);
    assertEquals(toStored(params), stored);
    tf.dispose(params);
    const flags = tf.tidy(() => tf.greater(toTensor(vector(1, 3)), 2));
    assertEquals(toStored({ flags }), { flags: { shape: [2], data: Int32Array.of(0, 1) } });
    flags.dispose();
  }),
);
