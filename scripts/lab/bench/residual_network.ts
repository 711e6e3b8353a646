/**
 * A plain residual MLP in the algorithm's own layers and optimiser, for `deno task bench`: the yardstick network whose cost
 * is known for other frameworks. No preset uses it.
 *
 *   h = W x;  four times h = h + V2 silu(V1 silu(h));  y = Wo silu(h)
 * @module
 */
import * as tf from "tf";
import type { Params, StepDefinition, Stored } from "@cugro/tensors/seam";
import {
  adamInputs,
  createRng,
  entry,
  initLinear,
  initOptimiser,
  linear,
  matrix,
  optimise,
  silu,
} from "@cugro/algorithm/numerics";

const FEATURES = 60;
const BLOCKS = 4;
const OPTIMISER = { gradientClip: 1, emaDecay: 0 };

/** A step with the state it starts from and inputs to run it on. */
export interface ResidualCase {
  definition: StepDefinition;
  state: Stored;
  inputs: Stored;
}

function weightsOf(width: number): Stored {
  const rng = createRng(0, "residual");
  const weights = initLinear(rng, "input", FEATURES, width);
  for (let layer = 0; layer < 2 * BLOCKS; layer++) {
    Object.assign(weights, initLinear(rng, `inner.${layer}`, width, width));
  }
  return Object.assign(weights, initLinear(rng, "output", width, FEATURES));
}

function forward(weights: Params, x: tf.Tensor): tf.Tensor {
  const dense = (name: string, rows: tf.Tensor) =>
    linear(rows, entry(weights, `${name}.kernel`), entry(weights, `${name}.bias`));
  let h = dense("input", x);
  for (let block = 0; block < BLOCKS; block++) {
    const change = dense(`inner.${2 * block + 1}`, silu(dense(`inner.${2 * block}`, silu(h))));
    h = tf.add(h, change) as typeof h;
  }
  return dense("output", silu(h));
}

/** One training step: mean squared error, gradient clip, Adam. Output `loss`, a scalar. */
export function residualTraining(width: number, batch: number): ResidualCase {
  const rng = createRng(1, "residual");
  return {
    definition: {
      name: `residual.${width}.train`,
      step: (state, inputs) => {
        const next = optimise(
          state,
          inputs,
          OPTIMISER,
          (weights) =>
            tf.mean(tf.square(tf.sub(forward(weights, entry(inputs, "x")), entry(inputs, "y")))) as tf.Scalar,
        );
        return { state: next.state, outputs: { loss: next.loss } };
      },
    },
    state: initOptimiser(weightsOf(width), OPTIMISER),
    inputs: {
      x: matrix(rng.normals(batch * FEATURES), FEATURES),
      y: matrix(rng.normals(batch * FEATURES), FEATURES),
      ...adamInputs(0, 1e-4),
    },
  };
}

/** One forward pass; its output `y` `[batch, 60]` comes back as an array. */
export function residualForward(width: number, batch: number): ResidualCase {
  return {
    definition: {
      name: `residual.${width}.forward`,
      step: (state, { x }) => ({ state, outputs: { y: forward(state, x!) } }),
    },
    state: weightsOf(width),
    inputs: { x: matrix(createRng(2, "residual").normals(batch * FEATURES), FEATURES) },
  };
}
