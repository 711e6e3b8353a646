import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "tf";
import { createRng, InvalidInputError, type Stored } from "@cugro/algorithm/arrays";
import { initLinear } from "@cugro/algorithm/numerics";
import { noLeaks } from "../algorithm/testing/no_leaks.ts";
import { openKernels } from "./kernels.ts";
import type { NetworkDescription } from "./network_layers.ts";
import { openNetwork } from "./network.ts";
import { criticNetworks, oneStepNetwork } from "./network_files.ts";
import { bitsOf, criticWeights, DEFAULT, ODD, oneStepWeights } from "./testing/example_networks.ts";
import { oneStepTensor } from "./testing/tensor_networks.ts";

const both = (["wasm", "plain"] as const).map(openKernels);
const [wasm] = both as [typeof both[0]];

/** The greatest difference of two arrays. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

Deno.test(
  "one-step networks answer as TensorFlow's within 1e-5, and alike in both kernels to the last bit",
  noLeaks(() => {
    for (const sizes of [ODD, DEFAULT]) {
      for (const kind of ["actor", "proposer"] as const) {
        const weights = oneStepWeights(kind, sizes);
        const rng = createRng(3, kind), stateRows = 3, perState = kind === "actor" ? 1 : 4;
        const states = rng.normals(stateRows * sizes.stateDim);
        const noise = kind === "actor" ? undefined : rng.normals(stateRows * perState * sizes.actionDim);
        for (const [taskRow, task] of sizes.tasks.entries()) {
          const answers = both.map((kernels) => {
            const network = openNetwork(weights, oneStepNetwork(kind, weights), kernels);
            const columns = [0, sizes.actionDim] as const;
            const call = {
              states,
              stateRows,
              perState,
              taskRow,
              columns,
              ...(noise ? { candidates: noise } : {}),
            };
            const answer = network.run(call);
            network.dispose();
            return answer;
          });
          const expected = tf.tidy(() => {
            const repeated = Array.from(
              { length: stateRows * perState },
              (
                _,
                row,
              ) => [...states.subarray(Math.floor(row / perState) * sizes.stateDim).slice(0, sizes.stateDim)],
            );
            const drawn = noise && tf.tensor2d(noise, [stateRows * perState, sizes.actionDim]);
            return oneStepTensor(weights, tf.tensor2d(repeated), task, drawn).dataSync();
          });
          assert(
            apart(answers[0]!, expected) < 1e-5,
            `${kind}, task ${task}: ${apart(answers[0]!, expected)} apart`,
          );
          assertEquals(bitsOf(answers[0]!), bitsOf(answers[1]!));
        }
      }
    }
  }),
);

/** Residuals inside each other, a first layer of one kernel's rows, and every kind of layer. */
const nested: NetworkDescription = {
  states: { kernel: "a.kernel", rows: [1, 4] },
  bias: "a.bias",
  taskRows: "rows",
  layers: [
    {
      layer: "residual",
      layers: [
        {
          layer: "residual",
          layers: [{ layer: "relu" }, { layer: "linear", kernel: "b.kernel", bias: "b.bias" }],
        },
        { layer: "layerNorm" },
      ],
    },
    { layer: "silu" },
  ],
};

Deno.test("a description of any layers is computed as it says", () => {
  const rng = createRng(5, "nested");
  const weights: Stored = {
    ...initLinear(rng, "a", 4, 5),
    ...initLinear(rng, "b", 5, 5),
    rows: { shape: [2, 5], data: rng.normals(10) },
  };
  const states = Float32Array.of(0.5, -1, 2);
  const [first, second] = both.map((kernels) => {
    const network = openNetwork(weights, nested, kernels);
    const found = network.run({ states, stateRows: 1, perState: 1, taskRow: 1, columns: [1, 4] });
    network.dispose();
    return found;
  });
  const linear = (x: number[], kernel: number[], bias: number[]) =>
    bias.map((b, o) => x.reduce((sum, value, i) => sum + value * kernel[i * 5 + o]!, b));
  const numbers = (name: string) => [...weights[name]!.data];
  const added = numbers("a.bias").map((bias, o) => bias + numbers("rows")[5 + o]!);
  const x = linear([...states], numbers("a.kernel").slice(5), added);
  const inner = linear(x.map((value) => Math.max(value, 0)), numbers("b.kernel"), numbers("b.bias"));
  const sums = x.map((value, o) => value + inner[o]!);
  const mean = sums.reduce((a, b) => a + b) / 5;
  const deviation = Math.sqrt(sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5 + 1e-5);
  const h = x.map((value, o) => value + (sums[o]! - mean) / deviation);
  const expected = h.map((value) => value / (1 + Math.exp(-value))).slice(1, 4);
  assert(apart(first!, expected) < 1e-6);
  assertEquals(bitsOf(first!), bitsOf(second!));
});

Deno.test("weights that do not fit are refused by the name of the tensor, and leave nothing in memory", () => {
  const cases: [(weights: Stored) => void, string][] = [
    [(weights) => delete weights["block.1.0.kernel"], 'tensor "block.1.0.bias" does not belong to it'],
    [(weights) => delete weights["output.bias"], '"output.bias" is missing'],
    [(weights) => delete weights["block.0.0.kernel"], '"block.0.0.kernel" is missing'],
    [
      (weights) => weights["time.0.kernel"] = weights["output.kernel"]!,
      'tensor "time.0.kernel" does not belong',
    ],
    [(weights) => weights["output.kernel"] = weights["condition.kernel"]!, "output.kernel must be [37, "],
    [
      (weights) => weights["block.1.1.bias"] = { shape: [5], data: new Float32Array(5) },
      "block.1.1.bias must have 37",
    ],
    [(weights) => weights["taskEmbedding"]!.data[3] = NaN, "taskEmbedding must be finite: number 3 is NaN"],
    [(weights) => weights["condition.kernel"]!.data[0] = Infinity, "condition.kernel must be finite"],
    [
      (weights) => weights["input.bias"] = { shape: [37], data: new Int32Array(37) },
      "input.bias must be float32",
    ],
    [(weights) => weights["input.bias"] = { shape: [37], data: new Float32Array(36) }, "[37] of 36 numbers"],
    [
      (weights) => weights["output.kernel"] = { shape: [37, 0], data: new Float32Array(0) },
      "output.kernel must be",
    ],
  ];
  const before = wasm.memory.usedBytes();
  for (const [spoil, sentence] of cases) {
    const weights = oneStepWeights("proposer", ODD);
    spoil(weights);
    const open = () => openNetwork(weights, oneStepNetwork("proposer", weights), wasm);
    assertThrows(open, InvalidInputError, sentence);
    assertEquals(wasm.memory.usedBytes(), before, sentence);
  }
});

Deno.test("a critic is as many networks as it has trunks, of its own layers and heads", () => {
  const weights = criticWeights(ODD, { ensemble: 3, layers: 4 });
  const networks = criticNetworks(weights, ODD.stateDim, true).map((one) => openNetwork(weights, one, wasm));
  assertEquals(networks.map(({ outputs }) => outputs), [3, 3, 3]);
  assertEquals(networks.map(({ candidateInputs }) => candidateInputs), [3, 3, 3]);
  networks.forEach((network) => network.dispose());
  const open = () => criticNetworks(weights, 8, true).map((one) => openNetwork(weights, one, wasm));
  assertThrows(open, InvalidInputError, "trunk.0.0.kernel must have more than 8 inputs");
});
