/**
 * How long a training step takes compiled and eager, interleaved, medians:
 *
 *     deno run -A shared/tensors/compile/compile_bench.ts
 * @module
 */
import {
  exampleBatch,
  exampleForward,
  type ExampleSizes,
  exampleState,
  exampleStep,
} from "../testing/example_step.ts";
import { openCompute } from "../open_compute.ts";
import { type Compile, type CompiledStep, eager, type Stored } from "../seam.ts";

const CASES: (ExampleSizes & { steps: number })[] = [
  { width: 64, batch: 256, features: 24, steps: 60 },
  { width: 256, batch: 512, features: 24, steps: 40 },
  { width: 512, batch: 1024, features: 24, steps: 15 },
];

async function milliseconds(step: CompiledStep, inputs: Stored): Promise<number> {
  const start = performance.now();
  await step.run(inputs);
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function measure(
  compile: Compile,
  sizes: ExampleSizes & { steps: number },
  forward: boolean,
): Promise<void> {
  const definition = forward ? exampleForward() : exampleStep();
  const { x, y } = exampleBatch(sizes, 7);
  const inputs: Stored = forward ? { x: x! } : { x: x!, y: y! };
  const loose = eager(definition, exampleState(sizes), inputs);
  const start = performance.now();
  const compiled = compile(definition, exampleState(sizes), inputs);
  const compileMs = performance.now() - start;
  const firstMs = await milliseconds(compiled, inputs);
  for (let i = 0; i < 3; i++) for (const step of [loose, compiled]) await step.run(inputs);
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < sizes.steps; i++) {
    for (const [which, step] of [loose, compiled].entries()) {
      times[which]!.push(await milliseconds(step, inputs));
    }
  }
  const [a, b] = times.map(median) as [number, number];
  const what = `${forward ? "forward" : "train  "} width ${sizes.width}, batch ${sizes.batch}`;
  console.log(
    `${what}: eager ${a.toFixed(2)} ms, compiled ${b.toFixed(2)} ms, ratio ${(b / a).toFixed(2)} ` +
      `(compile ${compileMs.toFixed(0)} ms, first run ${firstMs.toFixed(0)} ms)`,
  );
  for (const step of [loose, compiled]) step.dispose();
}

const { compile } = await openCompute({ backend: "native" });
for (const sizes of CASES) for (const forward of [false, true]) await measure(compile, sizes, forward);
