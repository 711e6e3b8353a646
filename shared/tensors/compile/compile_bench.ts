/**
 * How long a training step takes compiled and eager, interleaved, medians. One thread:
 *
 *     TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 deno run -A shared/tensors/compile/compile_bench.ts
 * @module
 */
import { activateNative } from "./activate_native.ts";
import { eagerStep } from "./eager_step.ts";
import {
  exampleBatch,
  exampleForward,
  type ExampleSizes,
  exampleState,
  exampleStep,
} from "../testing/example_step.ts";
import { nativeCompile } from "./native_compile.ts";
import type { CompiledStep, Stored } from "./step.ts";

const CASES: (ExampleSizes & { steps: number })[] = [
  { width: 64, batch: 256, features: 24, steps: 60 },
  { width: 256, batch: 512, features: 24, steps: 40 },
  { width: 512, batch: 1024, features: 24, steps: 15 },
];

function milliseconds(step: CompiledStep, inputs: Stored): number {
  const start = performance.now();
  step.run(inputs);
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function measure(sizes: ExampleSizes & { steps: number }, forward: boolean): Promise<void> {
  const definition = forward ? exampleForward() : exampleStep();
  const { x, y } = exampleBatch(sizes, 7);
  const inputs: Stored = forward ? { x: x! } : { x: x!, y: y! };
  const eager = eagerStep(definition, exampleState(sizes), inputs);
  const start = performance.now();
  const compiled = nativeCompile()(definition, exampleState(sizes), inputs);
  const compileMs = performance.now() - start;
  const firstMs = milliseconds(compiled, inputs);
  for (let i = 0; i < 3; i++) [eager, compiled].forEach((step) => step.run(inputs));
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < sizes.steps; i++) {
    [eager, compiled].forEach((step, which) => times[which]!.push(milliseconds(step, inputs)));
  }
  const [a, b] = times.map(median) as [number, number];
  const what = `${forward ? "forward" : "train  "} width ${sizes.width}, batch ${sizes.batch}`;
  console.log(
    `${what}: eager ${a.toFixed(2)} ms, compiled ${b.toFixed(2)} ms, ratio ${(b / a).toFixed(2)} ` +
      `(compile ${compileMs.toFixed(0)} ms, first run ${firstMs.toFixed(0)} ms)`,
  );
  await Promise.all([eager.dispose(), compiled.dispose()]);
}

await activateNative();
for (const sizes of CASES) for (const forward of [false, true]) await measure(sizes, forward);
