import { assertAlmostEquals } from "@std/assert";
import * as tf from "tf";
import type { DenoiserShape } from "../diffusion/denoiser_shape.ts";
import { createRng } from "../numerics/rng.ts";
import { noLeaks } from "../testing/no_leaks.ts";
import { vaeFamily, vaeLoss, vaePass } from "./vae.ts";

const shape: DenoiserShape = {
  ...{ architecture: "resnet", dim: 2, conditionDim: 1, width: 8, blocks: 1, tasks: 2 },
};
const LATENT = 4;

/** Weights that are 0 but for the biases of the last layers: the encoder says m and log s^2, the decoder d, whatever is asked. */
function constantVae(mean: number, logVariance: number, decoded: number, spread: number): tf.NamedTensorMap {
  const { init } = vaeFamily({ klWeight: 1, decoderSpread: "learned" });
  const stored = Object.entries(init(shape, createRng(1))).map(([name, { shape }]) => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (name === "encoder.output.bias") data.fill(mean, 0, LATENT).fill(logVariance, LATENT);
    if (name === "decoder.output.bias") data.fill(decoded);
    if (name === "decoder.logSpread") data.fill(Math.log(spread));
    return [name, tf.tensor(data, shape)] as const;
  });
  return Object.fromEntries(stored);
}

const inputs = () => ({
  sample: tf.tensor2d([[0.5, -1]]),
  noise: tf.tensor2d([[1, -2, 0, 3]]),
  condition: tf.tensor2d([[0.3]]),
  taskOneHot: tf.tensor2d([[0, 1]]),
});

Deno.test(
  "vaeLoss() is the squared error by the spread, its logarithm, and the divergence in closed form",
  noLeaks(() => {
    const lossOf = (mean: number, logVariance: number, decoded: number, spread: number, klWeight: number) =>
      tf.tidy(() =>
        vaeLoss(constantVae(mean, logVariance, decoded, spread), shape, inputs(), klWeight).dataSync()[0]!
      );
    const fit = (0.25 ** 2 + 1.25 ** 2) / (2 * 0.5 ** 2) + 2 * Math.log(0.5);
    assertAlmostEquals(lossOf(0, 0, 0.25, 0.5, 1), fit, 1e-5);
    const divergence = LATENT / 2 * (0.7 ** 2 + Math.exp(-0.4) - 1 + 0.4);
    assertAlmostEquals(lossOf(0.7, -0.4, 0.25, 0.5, 1), fit + divergence, 1e-5);
    assertAlmostEquals(lossOf(0.7, -0.4, 0.25, 0.5, 3), fit + 3 * divergence, 1e-5);
    return Promise.resolve();
  }),
);

Deno.test(
  "vaePass() draws the decoder's answer with its own noise, within the limits",
  noLeaks(() => {
    tf.tidy(() => {
      const { draw, noiseDim } = vaePass(shape);
      const drawn = draw(constantVae(0, 0, 0.25, 0.5), {
        noise: tf.tensor2d([[1, 2, 3, 4, 1, -100]], [1, noiseDim]),
        condition: tf.tensor2d([[0.3]]),
        taskOneHot: tf.tensor2d([[1, 0]]),
        low: tf.tensor2d([[-1, -0.5]]),
        high: tf.tensor2d([[1, 1]]),
      });
      const [first, second] = drawn.dataSync();
      assertAlmostEquals(first!, 0.75, 1e-6);
      assertAlmostEquals(second!, -0.5, 1e-6);
    });
    return Promise.resolve();
  }),
);
