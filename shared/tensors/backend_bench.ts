/**
 * Speed of the backends on the residual MLP (4 blocks of silu-dense-silu-dense, forward, backward, clipping, Adam):
 * libtensorflow, WASM as we repair it, and WASM as it comes. Each in processes of its own, interleaved, one thread. Processor
 * time is counted, so that what else the machine does matters less.
 *
 * `deno run -A shared/tensors/backend_bench.ts [--quick]`; prints a table and the ratio of repaired to stock WASM.
 * @module
 */
import * as tf from "tf";
import process from "node:process";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openBackend } from "./backend.ts";
import { numbers } from "./testing/backend_probe.ts";

/** What is compared. */
export type BenchBackend = "native" | "wasm" | "wasm-stock";

/** One process's measurement: median and least processor time of a step in milliseconds, and the last loss (all must agree). */
export interface BenchResult {
  backend: BenchBackend;
  width: number;
  batch: number;
  stepMs: number;
  leastMs: number;
  loss: number;
}

const DIMENSION = 60;
const BLOCKS = 4;

interface Layer {
  kernel: number;
  bias: number;
}

/** Kernels and biases in one list, as `tf.grads` wants them, and where each layer's are. */
function residualMlp(width: number): { params: tf.Tensor[]; layers: Layer[] } {
  const sizes = [[DIMENSION, width], ...Array(2 * BLOCKS).fill([width, width]), [width, DIMENSION]] as [
    number,
    number,
  ][];
  const params: tf.Tensor[] = [];
  const layers = sizes.map(([i, o], n) => {
    const kernel = params.push(tf.tensor2d(numbers(i * o, n).map((v) => v / Math.sqrt(i)), [i, o])) - 1;
    return { kernel, bias: params.push(tf.zeros([o])) - 1 };
  });
  return { params, layers };
}

function forward(x: tf.Tensor2D, params: tf.Tensor[], layers: Layer[]): tf.Tensor2D {
  const silu = (h: tf.Tensor2D) => tf.mul(h, tf.sigmoid(h)) as tf.Tensor2D;
  const dense = (h: tf.Tensor2D, { kernel, bias }: Layer) =>
    tf.add(tf.matMul(h, params[kernel] as tf.Tensor2D), params[bias]!) as tf.Tensor2D;
  let h = dense(x, layers[0]!);
  for (let b = 0; b < BLOCKS; b++) {
    h = tf.add(h, dense(silu(dense(silu(h), layers[2 * b + 1]!)), layers[2 * b + 2]!));
  }
  return dense(silu(h), layers.at(-1)!);
}

/** A training step on fixed random data; each call returns the loss before it. */
export function residualStep(width: number, batch: number): () => number {
  const { params, layers } = residualMlp(width);
  const x = tf.tensor2d(numbers(batch * DIMENSION, 100), [batch, DIMENSION]);
  const y = tf.tensor2d(numbers(batch * DIMENSION, 101), [batch, DIMENSION]);
  const gradients = tf.valueAndGrads((...p) =>
    tf.mean(tf.square(tf.sub(forward(x, p, layers), y))) as tf.Scalar
  );
  let state = { params, m: params.map((p) => tf.zerosLike(p)), v: params.map((p) => tf.zerosLike(p)) };
  let t = 0;
  return () => {
    t++;
    const previous = state;
    const { value, params, m, v } = tf.tidy(() => {
      const { value, grads } = gradients(previous.params);
      return { value, ...adam(previous, grads, t) };
    });
    tf.dispose([previous.params, previous.m, previous.v]);
    state = { params, m, v };
    const loss = value.dataSync()[0]!;
    value.dispose();
    return loss;
  };
}

interface AdamState {
  params: tf.Tensor[];
  m: tf.Tensor[];
  v: tf.Tensor[];
}

/** Adam (Kingma & Ba, 2015) at 1e-4 after clipping the gradient's norm to 1. */
function adam(state: AdamState, gradients: tf.Tensor[], t: number): AdamState {
  const norm = tf.sqrt(tf.addN(gradients.map((g) => tf.sum(tf.square(g)))));
  const scale = tf.minimum(1, tf.div(1, tf.add(norm, 1e-6)));
  const clipped = gradients.map((g) => tf.mul(g, scale));
  const m = state.m.map((m, i) => tf.add(tf.mul(m, 0.9), tf.mul(clipped[i]!, 0.1)));
  const v = state.v.map((v, i) => tf.add(tf.mul(v, 0.999), tf.mul(tf.square(clipped[i]!), 0.001)));
  const params = state.params.map((p, i) => {
    const direction = tf.div(
      tf.div(m[i]!, 1 - 0.9 ** t),
      tf.add(tf.sqrt(tf.div(v[i]!, 1 - 0.999 ** t)), 1e-8),
    );
    return tf.sub(p, tf.mul(direction, 1e-4));
  });
  return { params, m, v };
}

/** Measures one backend in this process. */
async function measure(
  backend: BenchBackend,
  width: number,
  batch: number,
  steps: number,
): Promise<BenchResult> {
  if (backend === "wasm-stock") await openStockWasm();
  else await openBackend({ backend });
  const step = residualStep(width, batch);
  step();
  const times: number[] = [];
  let loss = 0;
  for (let i = 0; i < steps; i++) {
    const start = process.cpuUsage().user;
    loss = step();
    times.push((process.cpuUsage().user - start) / 1000);
  }
  times.sort((a, b) => a - b);
  return { backend, width, batch, stepMs: times[steps >> 1]!, leastMs: times[0]!, loss };
}

/** The WASM backend as its package has it. */
async function openStockWasm(): Promise<void> {
  await import("@tensorflow/tfjs-layers");
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  const folder = new URL("../../node_modules/@tensorflow/tfjs-backend-wasm/wasm-out/", import.meta.url);
  setWasmPaths(fileURLToPath(folder));
  if (!await tf.setBackend("wasm")) throw new Error("The WASM backend could not be started");
}

function measureInProcess(backend: BenchBackend, width: number, batch: number, steps: number): BenchResult {
  const script = fileURLToPath(import.meta.url);
  const args = [
    "run",
    "-A",
    "--no-check",
    script,
    "--one",
    backend,
    String(width),
    String(batch),
    String(steps),
  ];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`The benchmark of ${backend} failed: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

/** Measures all backends, `rounds` times in turn, and keeps each one's best round: what disturbs only ever slows. */
export function benchBackends(sizes: [width: number, batch: number][], rounds: number): BenchResult[] {
  return sizes.flatMap(([width, batch]) => {
    const best = new Map<BenchBackend, BenchResult>();
    for (let round = 0; round < rounds; round++) {
      for (const [backend, steps] of [["native", 8], ["wasm", 6], ["wasm-stock", 3]] as const) {
        const result = measureInProcess(backend, width, batch, steps);
        const before = best.get(backend);
        if (!before || result.stepMs < before.stepMs) best.set(backend, result);
      }
    }
    return [...best.values()];
  });
}

function printTable(results: BenchResult[]): void {
  const stock = (r: BenchResult) =>
    results.find((s) => s.backend === "wasm-stock" && s.width === r.width)!.stepMs;
  console.log("width  batch  backend      step ms  least ms  times stock WASM's speed");
  for (const r of results) {
    const cells = [String(r.width).padEnd(7), String(r.batch).padEnd(7), r.backend.padEnd(13)];
    const figures = [r.stepMs.toFixed(1).padStart(7), r.leastMs.toFixed(1).padStart(10)];
    console.log(cells.join("") + figures.join("") + (stock(r) / r.stepMs).toFixed(1).padStart(10));
  }
}

if (import.meta.main) {
  const [flag, backend, width, batch, steps] = process.argv.slice(2);
  if (flag === "--one") {
    console.log(
      JSON.stringify(await measure(backend as BenchBackend, Number(width), Number(batch), Number(steps))),
    );
  } else {printTable(
      benchBackends(
        flag === "--quick" ? [[256, 512]] : [[256, 512], [512, 1024]],
        flag === "--quick" ? 1 : 2,
      ),
    );}
}
