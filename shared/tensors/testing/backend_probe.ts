/**
 * Gradients of a small network made of every operation the algorithm differentiates: two backends must agree on them.
 * Run as a program, with the backend that the environment names, it prints them as JSON.
 */
import * as tf from "tf";
import { openBackend } from "../backend.ts";

const BATCH = 7;
const WIDTH = 5;

/** Deterministic numbers in (-1, 1) that no backend has a hand in. */
export function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 2 * (x - Math.floor(x)) - 1;
  });
}

/** Shapes of the network's parameters. */
export const PARAMETER_SHAPES: readonly number[][] = [
  [WIDTH, WIDTH], // first kernel
  [WIDTH], // its bias, broadcast over the batch
  [3, WIDTH], // task embedding, taken by one-hot product
  [2 * WIDTH, 4], // second kernel
  [4], // its bias
  [BATCH, 4], // mixed element by element
];

/** Parameters as flat arrays. */
export function parameters(): Float32Array[] {
  return PARAMETER_SHAPES.map((shape, i) => numbers(shape.reduce((a, b) => a * b, 1), i));
}

function loss(x: tf.Tensor2D, ...p: tf.Tensor[]): tf.Scalar {
  const [kernel1, bias1, embedding, kernel2, bias2, mixed] = p as [
    tf.Tensor2D,
    tf.Tensor1D,
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor1D,
    tf.Tensor2D,
  ];
  const h = tf.add(tf.matMul(x, kernel1), bias1);
  const tasks = tf.cast(tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0], "int32"), 3), "float32") as tf.Tensor2D;
  const conditioned = tf.add(tf.mul(h, tf.sigmoid(h)), tf.matMul(tasks, embedding));
  const mean = tf.mean(conditioned, 1, true);
  const variance = tf.mean(tf.square(tf.sub(conditioned, mean)), 1, true);
  const normal = tf.div(tf.sub(conditioned, mean), tf.sqrt(tf.add(variance, 1e-5)));
  const waves = tf.concat([tf.sin(normal), tf.cos(conditioned)], 1) as tf.Tensor2D;
  const out = tf.fused.matMul({ a: waves, b: kernel2, bias: bias2 });
  const left = tf.slice(out, [0, 0], [BATCH, 2]), right = tf.slice(out, [0, 2], [BATCH, 2]);
  const pinched = tf.maximum(tf.minimum(left, right), tf.clipByValue(right, -0.5, 0.5));
  const smooth = tf.sum(tf.softplus(tf.reshape(mixed, [4, BATCH])), 0);
  const positive = tf.log(tf.add(tf.exp(tf.mul(mixed, 0.5)), 1));
  const chosen = tf.where(tf.greater(x, 0), x, tf.mul(x, 0.3));
  const parts = [
    tf.square(out),
    tf.abs(pinched),
    smooth,
    tf.mul(positive, tf.sub(out, 1)),
    tf.mul(chosen, h),
  ];
  return tf.addN(parts.map((part) => tf.mean(part))) as tf.Scalar;
}

/** The loss for the given parameters. */
export function probeLoss(values: Float32Array[]): number {
  return tf.tidy(() => loss(input(), ...tensors(values)).dataSync()[0]!);
}

/** The loss' gradient by each parameter, in the order of `PARAMETER_SHAPES`. */
export function probeGradients(): number[][] {
  return tf.tidy(() =>
    tf.grads((...p: tf.Tensor[]) => loss(input(), ...p))(tensors(parameters())).map((g) =>
      Array.from(g.dataSync())
    )
  );
}

function input(): tf.Tensor2D {
  return tf.tensor2d(numbers(BATCH * WIDTH, 99), [BATCH, WIDTH]);
}

function tensors(values: Float32Array[]): tf.Tensor[] {
  return values.map((value, i) => tf.tensor(value, PARAMETER_SHAPES[i]! as number[]));
}

if (import.meta.main) {
  await openBackend();
  console.log(JSON.stringify(probeGradients()));
}
