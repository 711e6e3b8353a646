import { assert } from "@std/assert";
import { activateNative } from "./activate_native.ts";
import { eagerStep } from "./eager_step.ts";
import { exampleBatch, exampleState, exampleStep } from "./example_step.ts";
import { nativeCompile } from "./native_compile.ts";

await activateNative();

Deno.test("nativeCompile() trains a residual network as eager does", async () => {
  const sizes = { width: 256, batch: 64, features: 12 };
  const fail = (message: string) => {
    throw new Error(message);
  };
  const [eager, compiled] = [eagerStep, nativeCompile({ warn: fail })].map((compile) =>
    compile(exampleStep(), exampleState(sizes), exampleBatch(sizes, 0))
  );
  for (let i = 1; i <= 20; i++) {
    const batch = exampleBatch(sizes, i);
    const [a, b] = [eager!.run(batch), compiled!.run(batch)];
    console.log(a["loss"]!.data[0], b["loss"]!.data[0]);
  }
  const [expected, actual] = [await eager!.readState(), await compiled!.readState()];
  let worst = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    data.forEach((value, i) => worst = Math.max(worst, Math.abs(value - actual[name]!.data[i]!)));
  }
  console.log(worst);
  assert(worst <= 2e-6, `the weights differ by ${worst}`);
  eager!.dispose();
  compiled!.dispose();
});
