import { assertAlmostEquals } from "@std/assert";
import { type Stored, toParams } from "@cugro/tensors/seam";
import * as tf from "tf";
import type { DenoiserShape } from "../diffusion/denoiser_shape.ts";
import { createRng } from "../numerics/rng.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { discriminate, initDiscriminator } from "./discriminator.ts";
import { discriminatorLoss } from "./gan.ts";

const softplus = (x: number) => Math.log1p(Math.exp(x));

Deno.test(
  "discriminatorLoss() of a linear judge: softplus on either side, and the squared length of its weights",
  noLeaks(() => {
    tf.tidy(() => {
      const weights = tf.tensor2d([[3], [-4]]);
      const judge = (rows: tf.Tensor) => tf.matMul(rows as tf.Tensor2D, weights);
      const real = tf.tensor2d([[1, 0], [0, 1]]), fake = tf.tensor2d([[0.5, 0.5], [0, 0]]);
      const { rowLoss, slope } = discriminatorLoss(judge, real, fake);
      const [first, second] = rowLoss.dataSync();
      assertAlmostEquals(first!, softplus(-3) + softplus(-0.5), 1e-5);
      assertAlmostEquals(second!, softplus(4) + softplus(0), 1e-5);
      assertAlmostEquals(slope.dataSync()[0]!, 25, 1e-4);
    });
    return Promise.resolve();
  }),
);

Deno.test(
  "the slope's own gradient reaches the weights of every layer: it is that of a difference",
  noLeaks(() => {
    const shape: DenoiserShape = {
      ...{ architecture: "resnet", dim: 2, conditionDim: 1, width: 6, blocks: 1, tasks: 2 },
    };
    const stored = initDiscriminator(shape, createRng(3));
    const slopeOf = (weights: Stored | tf.NamedTensorMap) =>
      discriminatorLoss(
        (rows) =>
          discriminate(weights as tf.NamedTensorMap, shape, rows, {
            condition: tf.tensor2d([[0.2], [-0.7]]),
            taskOneHot: tf.tensor2d([[1, 0], [0, 1]]),
          }),
        tf.tensor2d([[0.4, -0.3], [0.9, 0.1]]),
        tf.tensor2d([[0, 0], [0, 0]]),
      ).slope as tf.Scalar;
    tf.tidy(() => {
      const params = toParams(stored);
      for (
        const name of [
          "discriminator.input.kernel",
          "discriminator.hidden.1.kernel",
          "discriminator.hidden.0.bias",
        ]
      ) {
        const gradient = tf.grad((own: tf.Tensor) => slopeOf({ ...params, [name]: own }))(params[name]!)
          .dataSync();
        const shifted = (by: number) => {
          const data = (stored[name]!.data as Float32Array).slice();
          data[0]! += by;
          return slopeOf({ ...params, [name]: tf.tensor(data, stored[name]!.shape) }).dataSync()[0]!;
        };
        const difference = (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
        assertAlmostEquals(gradient[0]!, difference, 1e-4 + 0.02 * Math.abs(difference), name);
      }
    });
    return Promise.resolve();
  }),
);
