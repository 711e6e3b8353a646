import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import * as tf from "tf";
import { openBackend } from "./backend.ts";
import { nativeInstalled } from "./native_files.ts";
import { numbers, parameters, probeGradients, probeLoss } from "./testing/backend_probe.ts";

const backend = await openBackend({ backend: "wasm" });

Deno.test("openBackend() starts WASM, with a profile that is the same on every CPU", () => {
  assertEquals(tf.getBackend(), "wasm");
  assertEquals({ name: backend.name, device: backend.device, threads: backend.threads }, {
    name: "wasm",
    device: "cpu",
    threads: 1,
  });
  assertEquals(backend.profile.cpuFeatures, "any");
  assertEquals(backend.profile.compile, false);
  assertEquals(backend.warning, undefined);
});

Deno.test("WASM gradients agree with central differences of the loss", () => {
  const gradients = probeGradients();
  const step = 1e-2;
  gradients.forEach((gradient, which) => {
    for (let i = 0; i < gradient.length; i += 3) {
      const shifted = (delta: number) => {
        const values = parameters();
        values[which]![i]! += delta;
        return probeLoss(values);
      };
      const difference = (shifted(step) - shifted(-step)) / (2 * step);
      assertLess(
        Math.abs(difference - gradient[i]!),
        5e-3,
        `parameter ${which}[${i}]: ${difference}, ${gradient[i]}`,
      );
    }
  });
});

Deno.test({
  name: "WASM gradients agree with libtensorflow's",
  ignore: !nativeInstalled(),
  async fn() {
    const program = new URL("testing/backend_probe.ts", import.meta.url).pathname;
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program],
      env: { CUGRO_BACKEND: "native" },
    });
    const { stdout, success } = await command.output();
    assert(success);
    const native = JSON.parse(new TextDecoder().decode(stdout)) as number[][];
    const wasm = probeGradients();
    assertEquals(wasm.map((g) => g.length), native.map((g) => g.length));
    const worst = Math.max(...wasm.flatMap((g, i) => g.map((v, j) => Math.abs(v - native[i]![j]!))));
    assertLess(worst, 2e-6);
  },
});

Deno.test("a product with transposed operands is the very product of the transposes", () => {
  tf.tidy(() => {
    const a = tf.tensor2d(numbers(300 * 40, 1), [300, 40]), b = tf.tensor2d(numbers(300 * 24, 2), [300, 24]);
    const expected = tf.matMul(tf.transpose(a), b).dataSync();
    // Bit by bit: the stock kernel's naive loop rounds differently, so this fails where it runs.
    assertEquals(tf.matMul(a, b, true, false).dataSync(), expected);
    assertEquals(tf.matMul(a, tf.transpose(b), true, true).dataSync(), expected);
    const batched = tf.matMul(tf.stack([a, a]) as tf.Tensor3D, tf.stack([b, b]) as tf.Tensor3D, true, false);
    for (const part of tf.unstack(batched)) {
      part.dataSync().forEach((v, i) => assertLess(Math.abs(v - expected[i]!), 1e-4));
    }
  });
});

Deno.test("sums over any axes are right, with and without keepDims", () => {
  const values = numbers(2 * 3 * 4, 5);
  const at = (i: number, j: number, k: number) => values[(i * 3 + j) * 4 + k]!;
  tf.tidy(() => {
    const x = tf.tensor3d(values, [2, 3, 4]);
    for (const axes of [[0], [1], [2], [0, 1], [1, 0], [-3], [0, 2], [1, 2], [0, 1, 2], undefined]) {
      const kept = [0, 1, 2].filter((d) => axes && !axes.map((a) => (a + 3) % 3).includes(d));
      const expected = new Map<string, number>();
      for (let i = 0; i < 2; i++) {
        for (let j = 0; j < 3; j++) {
          for (let k = 0; k < 4; k++) {
            const key = kept.map((d) => [i, j, k][d]).join();
            expected.set(key, (expected.get(key) ?? 0) + at(i, j, k));
          }
        }
      }
      const sum = tf.sum(x, axes);
      assertEquals(sum.shape, kept.map((d) => [2, 3, 4][d]!));
      assertEquals(tf.sum(x, axes, true).shape, [2, 3, 4].map((n, d) => kept.includes(d) ? n : 1));
      [...expected.values()].forEach((v, i) =>
        assertLess(Math.abs(v - sum.dataSync()[i]!), 1e-5, `axes ${axes}`)
      );
    }
    assertEquals(Array.from(tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], "int32"), 0).dataSync()), [4, 6]);
  });
});

Deno.test("the repaired kernels leave no memory behind", () => {
  const wasm = tf.backend() as unknown as { numDataIds(): number };
  probeGradients();
  const before = { ids: wasm.numDataIds(), tensors: tf.memory().numTensors };
  for (let i = 0; i < 20; i++) probeGradients();
  assertEquals({ ids: wasm.numDataIds(), tensors: tf.memory().numTensors }, before);
});

Deno.test("one buffer may be the right operand in several shapes", () => {
  tf.tidy(() => {
    const values = numbers(24, 3);
    const x = tf.tensor2d(values, [4, 6]);
    const plain = (rows: number, cols: number) =>
      Array.from({ length: cols }, (_, j) =>
        Array.from({ length: rows }, (_, i) => values[i * cols + j]!)
          .reduce((a, b) => a + b, 0));
    for (const [rows, cols] of [[4, 6], [6, 4], [2, 12], [4, 6], [12, 2]] as const) {
      const product = tf.matMul(tf.ones([1, rows]), tf.reshape(x, [rows, cols]) as tf.Tensor2D).dataSync();
      plain(rows, cols).forEach((v, j) => assertLess(Math.abs(v - product[j]!), 1e-5, `${rows} x ${cols}`));
    }
  });
});

// The last test: the heap is of no use after it.
Deno.test("a full heap is an error, not zeros, and stays one", () => {
  assertThrows(() => tf.fill([1200, 1000, 1000], 0), RangeError, "heap");
  const { wasm } = tf.backend() as unknown as { wasm: { _malloc(bytes: number): number } };
  const fill = () => {
    for (let i = 0; i < 5; i++) wasm._malloc(1e9); // never touched, so it costs no memory
  };
  assertThrows(fill, RangeError, "heap");
  assertThrows(() => tf.scalar(1), RangeError, "heap");
});
