import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import * as tf from "tf";
import { openBackend } from "../backend.ts";
import { filled, normals } from "../testing/example_step.ts";
import { nativeBackend } from "./native_backend.ts";
import { nativeCompile } from "./native_compile.ts";
import { closeIdleSessions } from "./graph_session.ts";
import type { CompiledStep, Params } from "../seam.ts";

await openBackend({ backend: "native" });
const compile = nativeCompile();
const { binding } = nativeBackend() as unknown as {
  binding: { getNumOfSavedModels(): number; getNumOfTensors(): number };
};

/** A step with 4 MB of state that adds `amount`. */
function adder(amount: number): CompiledStep {
  const step = ({ sum }: Params) => {
    const next = tf.add(sum!, amount);
    return { state: { sum: next }, outputs: { mean: tf.mean(next) } };
  };
  return compile({ name: "adder", step }, { sum: { shape: [1 << 20], data: new Float32Array(1 << 20) } }, {});
}

Deno.test("steps with the same graph share a loaded graph in turn, never a state", async () => {
  closeIdleSessions();
  const loaded = binding.getNumOfSavedModels();
  const [one, two] = [adder(1), adder(1)];
  assertEquals(binding.getNumOfSavedModels(), loaded + 2);
  await one.run({});
  assertEquals((await one.run({}))["mean"]!.data[0], 2);
  assertEquals((await two.run({}))["mean"]!.data[0], 1);
  one.dispose();
  const three = adder(1);
  assertEquals(binding.getNumOfSavedModels(), loaded + 2);
  assertEquals((await three.run({}))["mean"]!.data[0], 1);
  assertEquals((await two.run({}))["mean"]!.data[0], 2);
  [two, three].forEach((step) => step.dispose());
  closeIdleSessions();
  assertEquals(binding.getNumOfSavedModels(), loaded);
});

Deno.test("memory stays flat when different steps come and go, and at most 8 graphs wait", async () => {
  const cycle = async (amount: number) => {
    const step = adder(amount);
    await step.run({});
    step.dispose();
  };
  for (let i = 0; i < 20; i++) await cycle(i);
  const [tensors, rss] = [binding.getNumOfTensors(), process.memoryUsage().rss];
  for (let i = 0; i < 60; i++) await cycle(100 + i);
  assertEquals(binding.getNumOfTensors(), tensors);
  const grownMb = (process.memoryUsage().rss - rss) / 2 ** 20;
  // 60 forgotten states would be 240 MB; arrays that wait for the garbage collector make some tens.
  assert(grownMb < 120, `resident memory grew by ${grownMb.toFixed(0)} MB`);
  const before = binding.getNumOfSavedModels();
  closeIdleSessions();
  assertEquals(before - binding.getNumOfSavedModels(), 8);
});

Deno.test("memory stays flat over 3,000 runs", async () => {
  const step = compile(
    {
      name: "walk",
      step: ({ at }: Params, { by }: Params) => {
        const next = tf.add(at!, by!);
        return { state: { at: next }, outputs: { norm: tf.sum(tf.square(next)) } };
      },
    },
    { at: filled([128, 128], () => 0) },
    { by: filled([128, 128], () => 0) },
  );
  const by = filled([128, 128], normals(1));
  for (let i = 0; i < 500; i++) await step.run({ by });
  const [tensors, numTensors, rss] = [
    binding.getNumOfTensors(),
    tf.memory().numTensors,
    process.memoryUsage().rss,
  ];
  for (let i = 0; i < 3000; i++) await step.run({ by });
  assertEquals([binding.getNumOfTensors(), tf.memory().numTensors], [tensors, numTensors]);
  const grownMb = (process.memoryUsage().rss - rss) / 2 ** 20;
  // 3,000 forgotten inputs or states would be 190 MB.
  assert(grownMb < 95, `resident memory grew by ${grownMb.toFixed(0)} MB`);
  step.dispose();
});
