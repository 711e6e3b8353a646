import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "tf";
import { openBackend } from "../backend.ts";
import {
  exampleBatch,
  exampleForward,
  exampleState,
  exampleStep,
  filled,
  normals,
} from "../testing/example_step.ts";
import { nativeCompile } from "./native_compile.ts";
import { type Compile, eager, type Params, type StepDefinition, type Stored } from "../seam.ts";

await openBackend({ backend: "native" });

/** Fails the test when a step stays eager. */
const compile = nativeCompile({
  warn: (message) => {
    throw new Error(message);
  },
});
const vector = (...values: number[]): Stored[string] => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

function worstDifference(expected: Stored, actual: Stored): number {
  assertEquals(Object.keys(actual).sort(), Object.keys(expected).sort());
  let worst = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    data.forEach((value, i) => worst = Math.max(worst, Math.abs(value - actual[name]!.data[i]!)));
  }
  return worst;
}

async function train(make: Compile, steps: number): Promise<{ losses: number[]; state: Stored }> {
  const sizes = { width: 256, batch: 64, features: 12 };
  const step = make(exampleStep(), exampleState(sizes), exampleBatch(sizes, 0));
  const losses: number[] = [];
  for (let i = 1; i <= steps; i++) {
    losses.push((await step.run(exampleBatch(sizes, i)))["loss"]!.data[0]!);
  }
  const state = await step.readState();
  step.dispose();
  return { losses, state };
}

Deno.test("nativeCompile() trains a residual network as eager does, and the same way every time", async () => {
  const [expected, first, second] = [
    await train(eager, 20),
    await train(compile, 20),
    await train(compile, 20),
  ];
  const worst = worstDifference(expected.state, first.state);
  assert(worst <= 2e-6, `the weights differ by ${worst}`);
  assert(expected.losses[19]! < 0.7 * expected.losses[0]!, "the network must learn");
  expected.losses.forEach((loss, i) => assert(Math.abs(loss - first.losses[i]!) <= 1e-6));
  assertEquals([second.losses, worstDifference(second.state, first.state)], [first.losses, 0]);
});

Deno.test("the optimiser regroups no arithmetic: results are eager's to the last bit", async () => {
  const regroupable: StepDefinition = {
    name: "regroupable",
    step: (state, { x, y }) => ({
      state,
      outputs: {
        division: tf.div(x!, 0.3),
        product: tf.mul(tf.mul(x!, 0.3), 0.7),
        swish: tf.mul(x!, tf.sigmoid(x!)),
        sum: tf.add(tf.add(tf.matMul(x!, state["w"]!), state["b"]!), tf.matMul(y!, state["w"]!)),
        factor: tf.add(tf.mul(x!, y!), tf.mul(x!, state["b"]!)),
        root: tf.div(x!, tf.sqrt(tf.add(tf.square(y!), 0.1))),
      },
    }),
  };
  const state = { w: filled([64, 64], normals(1)), b: filled([64], normals(2)) };
  const inputs = { x: filled([32, 64], normals(3)), y: filled([32, 64], normals(4)) };
  const compute = async (make: Compile) => {
    const step = make(regroupable, state, inputs);
    const outputs = await step.run(inputs);
    step.dispose();
    return outputs;
  };
  assertEquals(await compute(compile), await compute(eager));
});

Deno.test("nativeCompile() runs a step whose state never changes", async () => {
  const sizes = { width: 32, batch: 16, features: 5 };
  const { x } = exampleBatch(sizes, 1);
  const [loose, compiled] = [eager, compile].map((make) =>
    make(exampleForward(), exampleState(sizes), { x: x! })
  );
  for (const seed of [2, 3]) {
    const input = { x: exampleBatch(sizes, seed)["x"]! };
    assert(worstDifference(await loose!.run(input), await compiled!.run(input)) <= 1e-6);
  }
  assertEquals(await compiled!.readState(), await compiled!.readState());
  assertEquals(worstDifference(exampleState(sizes), await compiled!.readState()), 0);
  loose!.dispose();
  compiled!.dispose();
});

Deno.test("a step reads the whole old state before any of it changes", async () => {
  const swap = compile(
    { name: "swap", step: ({ a, b }: Params) => ({ state: { a: b!, b: a! }, outputs: { a: a! } }) },
    { a: vector(1, 2), b: vector(3, 4) },
    {},
  );
  for (const expected of [[1, 2], [3, 4], [1, 2]]) {
    assertEquals([...(await swap.run({}))["a"]!.data], expected);
  }
  assertEquals(await swap.readState(), { a: vector(3, 4), b: vector(1, 2) });
  swap.dispose();
});

Deno.test("the state shares no memory with the arrays it came from", async () => {
  const initial = { kept: filled([64, 64], normals(1)) };
  const input = { x: filled([64, 64], normals(2)) };
  const keep = (state: Params, { x }: Params) => ({
    state: { kept: tf.reshape(tf.reshape(x!, [64 * 64]), state["kept"]!.shape) },
    outputs: {},
  });
  const step = compile({ name: "keep", step: keep }, initial, input);
  const before = initial.kept.data.slice();
  initial.kept.data.fill(7);
  assertEquals((await step.readState())["kept"]!.data, before);
  await step.run(input);
  const fed = input.x.data.slice();
  input.x.data.fill(7);
  assertEquals((await step.readState())["kept"]!.data, fed);
  step.dispose();
});

Deno.test("a step that fails in TensorFlow changes no state", async () => {
  const pick: StepDefinition = {
    name: "pick",
    step: ({ sum }, { rows, index }) => ({
      state: { sum: tf.add(sum!, 1) },
      outputs: { row: tf.gather(rows!, index!) },
    }),
  };
  const at = (index: number) => ({
    rows: vector(5, 6, 7),
    index: { shape: [1], data: Int32Array.of(index) },
  });
  const step = compile(pick, { sum: vector(0) }, at(0));
  assertEquals([...(await step.run(at(2)))["row"]!.data], [7]);
  assertThrows(() => step.run(at(9)), Error, "not in [0, 3)");
  assertEquals(await step.readState(), { sum: vector(1) });
  assertEquals([...(await step.run(at(1)))["row"]!.data], [6]);
  assertEquals(await step.readState(), { sum: vector(2) });
  step.dispose();
});

Deno.test("run() refuses inputs that are not those it was compiled for", async () => {
  const step = compile(
    { name: "double", step: (state, { x }: Params) => ({ state, outputs: { y: tf.mul(x!, 2) } }) },
    {},
    { x: vector(1, 2) },
  );
  assertThrows(() => step.run({ x: vector(1) }), RangeError, '"x" must be [2]: current shape is [1]');
  assertThrows(() => step.run({}), RangeError, '"x" is missing');
  assertThrows(() => step.run({ x: vector(1, 2), z: vector(1) }), RangeError, '"z" is unknown');
  assertThrows(() => step.run({ x: { shape: [2], data: new Int32Array(2) } }), TypeError, "must be float32");
  assertThrows(
    () => step.run({ x: { shape: [2], data: new Float32Array(3) } }),
    RangeError,
    "must hold 2 values",
  );
  assertEquals([...(await step.run({ x: vector(1, 2) }))["y"]!.data], [2, 4]);
  step.dispose();
});

Deno.test("nativeCompile() refuses a step that returns another state than it was given", () => {
  const step = ({ a }: Params) => ({ state: { a: tf.sum(a!) }, outputs: {} });
  assertThrows(() => compile({ name: "shrink", step }, { a: vector(1, 2) }, {}), TypeError, "a float32[2]");
});

Deno.test("a step that cannot become a graph runs eagerly after one warning that says why", async () => {
  const cases: [string, string, (x: tf.Tensor) => tf.Tensor][] = [
    ["reads", "reads the result of Sum back", (x) => tf.mul(x, tf.sum(x).dataSync()[0]!)],
    ["draws", "random numbers", (x) => tf.mul(tf.add(x, tf.randomUniform([2])), 0)],
    ["unknown", "operation Asinh is not known", (x) => tf.asinh(x)],
  ];
  const numTensors = tf.memory().numTensors;
  for (const [name, reason, f] of cases) {
    const warnings: string[] = [];
    const lenient = nativeCompile({ warn: (message) => warnings.push(message) });
    const step = ({ n }: Params, { x }: Params) => ({ state: { n: tf.add(n!, 1) }, outputs: { y: f(x!) } });
    for (let i = 0; i < 2; i++) {
      const compiled = lenient({ name, step }, { n: vector(0) }, { x: vector(1, 2) });
      const computed = tf.tidy(() => f(tf.tensor1d([1, 2])));
      const expected = vector(...computed.dataSync());
      computed.dispose();
      assertEquals(worstDifference({ y: expected }, await compiled.run({ x: vector(1, 2) })), 0);
      assertEquals(await compiled.readState(), { n: vector(1) });
      compiled.dispose();
    }
    assertEquals(warnings.length, 1, name);
    assert(warnings[0]!.includes(`step "${name}"`) && warnings[0]!.includes(reason), warnings[0]);
  }
  assertEquals(tf.memory().numTensors, numTensors);
});

Deno.test("dispose() ends a step", async () => {
  const step = compile(exampleForward(), exampleState({ width: 8, batch: 4, features: 3 }), {
    x: filled([4, 3], normals(1)),
  });
  step.dispose();
  step.dispose();
  assertThrows(() => step.run({ x: filled([4, 3], normals(1)) }), Error, "disposed");
  await assertRejects(() => step.readState(), Error, "disposed");
});

Deno.test("nativeCompile() traces steps of one identity once, and others apart", async () => {
  let traced = 0;
  const scaled = (factor: number, identity?: string): StepDefinition => ({
    name: "scaled",
    ...(identity === undefined ? {} : { identity }),
    step: (state, { x }) => {
      traced++;
      return { state, outputs: { y: tf.mul(tf.mul(x!, state["w"]!), factor) } };
    },
  });
  const run = async (definition: StepDefinition, w: number[], x: number[]) => {
    const inputs = { x: vector(...x) };
    const step = compile(definition, { w: vector(...w) }, inputs);
    const { data } = (await step.run(inputs))["y"]!;
    step.dispose();
    return [...data];
  };
  assertEquals(await run(scaled(2, "2"), [3], [1, 5]), [6, 30]);
  assertEquals(await run(scaled(2, "2"), [4], [1, 2]), [8, 16]);
  assertEquals(traced, 1);
  // Another identity, another shape, no identity: each is traced.
  assertEquals(await run(scaled(5, "5"), [4], [1, 2]), [20, 40]);
  assertEquals(await run(scaled(5, "5"), [1, 2], [1, 2]), [5, 20]);
  assertEquals(await run(scaled(7), [1], [1]), [7]);
  assertEquals(await run(scaled(7), [2], [1]), [14]);
  assertEquals(traced, 5);
});
