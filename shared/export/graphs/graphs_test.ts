import { assert, assertEquals } from "@std/assert";
import { openCompute } from "@cugro/tensors";
import { readyOnnxRuntime } from "../testing/ready_runtime.ts";
import { checkModel } from "../checking/check_model.ts";
import { randomInputs } from "../checking/inputs.ts";
import { openOurs } from "../checking/ours.ts";
import { openOnnxModel } from "../onnx/runtime.ts";
import { partsOf } from "../parts.ts";
import { examplePolicy, EXAMPLES } from "../testing/example_policy.ts";
import { modelBytes, MODELS } from "./decision_graphs.ts";

const ignore = !await readyOnnxRuntime();
const { compile } = await openCompute();
/**
 * Untrained denoisers let samples grow by a factor of 150 (1 / alpha at t = 1), and rounding errors with them; trained ones do
 * not. What is wrong in a graph shows at once in the first digits.
 */
const within = 5e-4;

for (const [name, kind] of Object.entries(EXAMPLES)) {
  Deno.test(`every graph gives what the policy gives: ${name}`, { ignore }, async () => {
    const policy = examplePolicy(kind);
    const parts = partsOf(policy), inputs = randomInputs(parts, 100, 5);
    const ours = openOurs(policy, compile);
    const made: string[] = [];
    try {
      for (const model of MODELS) {
        const bytes = modelBytes(parts, model, {});
        if (bytes === undefined) continue;
        const { passed, greatestError, undecided } = await checkModel(model, bytes, {
          parts,
          inputs,
          ours,
          within,
        });
        assert(passed, `${model}: ${greatestError}`);
        assert(undecided <= 1, `${model}: ${undecided} undecided`);
        made.push(model);
      }
    } finally {
      ours.dispose();
    }
    const wanted = [...(["actor", "proposer"] as const).filter((one) => kind.has?.includes(one))];
    assertEquals(made, [...wanted, "sampler", "critic", "generators"]);
  });
}

Deno.test(
  "a graph of other weights does not pass, nor one that differs in a single task",
  { ignore },
  async () => {
    const kind = EXAMPLES["residual network, two groups of candidates"]!;
    const policy = examplePolicy(kind);
    const parts = partsOf(policy), inputs = randomInputs(parts, 30, 5);
    const ours = openOurs(policy, compile);
    try {
      const weights = policy.actor!;
      const embedding = weights["taskEmbedding"]!;
      const changed = Float32Array.from(embedding.data);
      changed[2]! += 1e-2; // of the first task alone
      const actor = { ...weights, taskEmbedding: { ...embedding, data: changed } };
      const bytes = modelBytes(partsOf({ ...policy, actor }), "actor", {})!;
      const checked = await checkModel("actor", bytes, { parts, inputs, ours });
      assertEquals([checked.passed, checked.undecided], [false, 0]);
      assert(checked.greatestError > 1e-5);
    } finally {
      ours.dispose();
    }
  },
);

Deno.test("a graph answers a task that it does not know with NaN, and the others beside it as ever", {
  ignore,
}, async () => {
  const { stateDim, ...parts } = partsOf(
    examplePolicy(EXAMPLES["residual network, two groups of candidates"]!),
  );
  const model = await openOnnxModel(modelBytes({ stateDim, ...parts }, "actor", {})!);
  const ask = (tasks: bigint[]) =>
    model.run({
      observation: {
        shape: [tasks.length, stateDim],
        data: new Float32Array(tasks.length * stateDim).fill(0.1),
      },
      task: { shape: [tasks.length], data: BigInt64Array.from(tasks) },
    });
  const alone = (await ask([9n])).action!.data as Float32Array;
  const beside = (await ask([5n, 9n])).action!.data as Float32Array;
  assertEquals([...beside.subarray(0, 3)], [NaN, NaN, NaN]);
  assertEquals(beside.slice(3), alone);
  await model.close();
});

Deno.test("the same policy makes the same bytes", () => {
  const make = () =>
    modelBytes(partsOf(examplePolicy(EXAMPLES["discrete actions, one candidate drawn"]!)), "sampler", {});
  assertEquals(make(), make());
});
