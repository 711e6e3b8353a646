import { assertAlmostEquals, assertLess } from "@std/assert";
import * as tf from "tf";
import { layerNorm, linear, project, silu } from "./layers.ts";
import { noLeaks } from "../testing/no_leaks.ts";

const rows = () => tf.tensor2d([[0.3, -1.2, 2.0], [-0.5, 0.1, 0.7]]);

/** Compares the written gradient of sum(w * f(x)) with central differences. */
function checkGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): void {
  tf.tidy(() => {
    const weights = (y: tf.Tensor) => tf.reshape(tf.range(1, y.size + 1), y.shape);
    const objective = (t: tf.Tensor) => {
      const y = f(t);
      return tf.sum(tf.mul(y, weights(y))) as tf.Scalar;
    };
    const gradient = tf.grad(objective)(x).dataSync();
    const values = x.dataSync();
    const step = 1e-2;
    for (let i = 0; i < values.length; i++) {
      const at = (delta: number) => {
        const moved = Float32Array.from(values);
        moved[i]! += delta;
        return objective(tf.tensor(moved, x.shape)).dataSync()[0]!;
      };
      const numeric = (at(step) - at(-step)) / (2 * step);
      assertLess(Math.abs(gradient[i]! - numeric), 2e-2 * Math.max(1, Math.abs(numeric)), `entry ${i}`);
    }
  });
}

Deno.test(
  "silu(), layerNorm() and linear() have the gradient that differences show",
  noLeaks(() =>
    tf.tidy(() => {
      const kernel = tf.tensor2d([[0.5, -0.2], [1.0, 0.3], [-0.7, 0.9]]);
      const bias = tf.tensor1d([0.1, -0.4]);
      checkGradient(silu, rows());
      checkGradient(layerNorm, rows());
      checkGradient((x) => linear(x, kernel, bias), rows());
      checkGradient((w) => linear(rows(), w, bias), kernel);
      checkGradient((b) => linear(rows(), kernel, b), bias);
      checkGradient((w) => project(rows(), w), kernel);
    })
  ),
);

Deno.test(
  "layerNorm() gives rows of mean 0 and variance 1",
  noLeaks(() => {
    const [mean, variance] = tf.tidy(() => {
      const y = layerNorm(rows());
      return [tf.mean(y).dataSync()[0]!, tf.mean(tf.square(y)).dataSync()[0]!];
    });
    assertAlmostEquals(mean, 0, 1e-5);
    assertAlmostEquals(variance, 1, 1e-3);
  }),
);
