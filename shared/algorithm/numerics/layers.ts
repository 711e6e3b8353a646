/**
 * The few differentiable layers all networks here are made of. Each has its gradient written out: half the ops of automatic differentiation,
 * and only ops that every backend has.
 * @module
 */
import * as tf from "tf";
import type { Stored } from "@cugro/tensors/seam";
import type { Rng } from "./rng.ts";

const LAYER_NORM_EPSILON = 1e-5;

/**
 * x W + b.
 *
 * @param x `[B, I]`
 * @param kernel `[I, O]`
 * @param bias `[O]`
 * @returns `[B, O]`
 */
export function linear(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor2D {
  return tf.customGrad((...all) => {
    const [input, weight, offset, save] = all as [
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    save([input, weight]);
    return {
      value: tf.add(tf.matMul(input, weight), offset),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedInput, savedWeight] = saved as [tf.Tensor2D, tf.Tensor2D];
        const d = dy as tf.Tensor2D;
        return [
          tf.matMul(d, savedWeight, false, true),
          tf.matMul(savedInput, d, true, false),
          tf.sum(d, 0),
        ];
      },
    };
  })(x, kernel, bias) as tf.Tensor2D;
}

/**
 * x W for an x that needs no gradient (data, one-hot rows, time features): the product for dx is saved.
 *
 * @param x `[B, I]`, constant
 * @param kernel `[I, O]`
 * @returns `[B, O]`
 */
export function project(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor2D {
  return tf.customGrad((...all) => {
    const [weight, save] = all as [tf.Tensor2D, tf.GradSaveFunc];
    save([x]);
    return {
      value: tf.matMul(x as tf.Tensor2D, weight),
      gradFunc: (
        dy: tf.Tensor,
        saved: tf.Tensor[],
      ) => [tf.matMul(saved[0] as tf.Tensor2D, dy as tf.Tensor2D, true, false)],
    };
  })(kernel) as tf.Tensor2D;
}

/**
 * x sigmoid(x), any shape.
 * Source: SiLU (Elfwing et al. 2018).
 *
 * @param x `[...]`, any shape
 * @returns the same shape
 */
export function silu(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((...all) => {
    const [input, save] = all as [tf.Tensor, tf.GradSaveFunc];
    const gate = tf.sigmoid(input);
    const value = tf.mul(input, gate);
    save([gate, value]);
    return {
      value,
      // d/dx x s(x) = s + y (1 - s), with y = x s.
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [s, y] = saved as [tf.Tensor, tf.Tensor];
        return tf.mul(dy, tf.sub(tf.add(s, y), tf.mul(y, s)));
      },
    };
  })(x);
}

/**
 * Each row to mean 0 and variance 1, without gain and offset: the linear layer that follows has both.
 *
 * @param x `[B, W]`
 * @returns `[B, W]`
 */
export function layerNorm(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((...all) => {
    const [input, save] = all as [tf.Tensor, tf.GradSaveFunc];
    const centred = tf.sub(input, tf.mean(input, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), LAYER_NORM_EPSILON));
    const value = tf.mul(centred, inverse);
    save([value, inverse]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [y, scale] = saved as [tf.Tensor, tf.Tensor];
        const along = tf.mul(y, tf.mean(tf.mul(dy, y), -1, true));
        return tf.mul(scale, tf.sub(tf.sub(dy, tf.mean(dy, -1, true)), along));
      },
    };
  })(x);
}

/**
 * `<name>.kernel` `[inputs, outputs]` and `<name>.bias` `[outputs]`, uniform within 1 / sqrt(fan-in) as PyTorch's Linear.
 *
 * @param fanIn Counts as inputs if it differs from them (one layer kept as two kernels).
 * @param rng draws the weights
 * @param name prefix of both tensors
 * @param inputs rows of the kernel
 * @param outputs its columns
 * @returns both tensors, float32
 */
export function initLinear(rng: Rng, name: string, inputs: number, outputs: number, fanIn = inputs): Stored {
  const bound = 1 / Math.sqrt(Math.max(fanIn, 1));
  return {
    [`${name}.kernel`]: { shape: [inputs, outputs], data: rng.uniforms(inputs * outputs, -bound, bound) },
    [`${name}.bias`]: { shape: [outputs], data: rng.uniforms(outputs, -bound, bound) },
  };
}
