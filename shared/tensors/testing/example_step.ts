/**
 * A complete training step, as the algorithm writes them: what the tests and the benchmark of this room compile.
 * Residual MLP (4 blocks, LayerNorm, SiLU), mean squared error, global-norm clipping, Adam, EMA, all pure.
 * @module
 */
import * as tf from "tf";
import type { Params, StepDefinition, Stored, StoredTensor } from "../seam.ts";

/** Sizes of the example: `[batch, features]` in, `[batch, features]` out, `width` between. */
export interface ExampleSizes {
  width: number;
  batch: number;
  features: number;
}

const BLOCKS = 4;
const [RATE, BETA1, BETA2, EPSILON, EMA, MAX_NORM] = [3e-4, 0.9, 0.999, 1e-8, 0.995, 1];

/** The training step. State: weights, moments, average and step count; inputs: `x`, `y`; output: `loss`. */
export function exampleStep(): StepDefinition {
  return { name: "example", step: trainOnce };
}

/** One forward pass over the weights: a step whose state never changes. Input `x`, output `y`. */
export function exampleForward(): StepDefinition {
  return {
    name: "example-forward",
    step: (state, inputs) => ({ state, outputs: { y: forward(pick(state, "w/"), inputs["x"]!) } }),
  };
}

function trainOnce(state: Params, inputs: Params): { state: Params; outputs: Params } {
  const weights = pick(state, "w/");
  const names = Object.keys(weights);
  const lossOf = (...values: tf.Tensor[]) => {
    const predicted = forward(Object.fromEntries(names.map((name, i) => [name, values[i]!])), inputs["x"]!);
    return tf.mean(tf.squaredDifference(predicted, inputs["y"]!)) as tf.Scalar;
  };
  const { value, grads } = tf.valueAndGrads(lossOf)(Object.values(weights));
  const norm = tf.sqrt(tf.addN(grads.map((gradient) => tf.sum(tf.square(gradient)))));
  const scale = tf.minimum(1, tf.div(MAX_NORM, tf.add(norm, 1e-6)));
  const count = tf.add(state["count"]!, 1);
  const correction1 = tf.sub(1, tf.pow(BETA1, count));
  const correction2 = tf.sub(1, tf.pow(BETA2, count));
  const next: Params = { count };
  names.forEach((name, i) => {
    const gradient = tf.mul(grads[i]!, scale);
    const m = tf.add(tf.mul(state[`m/${name}`]!, BETA1), tf.mul(gradient, 1 - BETA1));
    const v = tf.add(tf.mul(state[`v/${name}`]!, BETA2), tf.mul(tf.square(gradient), 1 - BETA2));
    const update = tf.div(tf.div(m, correction1), tf.add(tf.sqrt(tf.div(v, correction2)), EPSILON));
    const weight = tf.sub(weights[name]!, tf.mul(update, RATE));
    next[`w/${name}`] = weight;
    next[`m/${name}`] = m;
    next[`v/${name}`] = v;
    next[`ema/${name}`] = tf.add(tf.mul(state[`ema/${name}`]!, EMA), tf.mul(weight, 1 - EMA));
  });
  return { state: next, outputs: { loss: value } };
}

function forward(w: Params, x: tf.Tensor): tf.Tensor {
  let h = dense(w, "in", x);
  for (let block = 0; block < BLOCKS; block++) {
    const inner = dense(w, `a${block}`, silu(layerNorm(w, `n${block}`, h)));
    h = tf.add(h, dense(w, `b${block}`, silu(inner)));
  }
  return dense(w, "out", silu(h));
}

function dense(w: Params, name: string, x: tf.Tensor): tf.Tensor {
  return tf.add(tf.matMul(x, w[`${name}/kernel`]!), w[`${name}/bias`]!);
}

function silu(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.sigmoid(x));
}

function layerNorm(w: Params, name: string, x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(normal, w[`${name}/kernel`]!), w[`${name}/bias`]!);
}

function pick(state: Params, prefix: string): Params {
  const names = Object.keys(state).filter((name) => name.startsWith(prefix));
  return Object.fromEntries(names.map((name) => [name.slice(prefix.length), state[name]!]));
}

/** Weights at random, everything else zero. */
export function exampleState({ width, features }: ExampleSizes, seed = 1): Stored {
  const normal = normals(seed);
  const weights: Stored = {};
  const layer = (name: string, from: number, to: number) => {
    weights[`${name}/kernel`] = filled([from, to], () => normal() / Math.sqrt(from));
    weights[`${name}/bias`] = filled([to], () => 0.01 * normal());
  };
  layer("in", features, width);
  for (let block = 0; block < BLOCKS; block++) {
    weights[`n${block}/kernel`] = filled([width], () => 1);
    weights[`n${block}/bias`] = filled([width], () => 0);
    layer(`a${block}`, width, width);
    layer(`b${block}`, width, width);
  }
  layer("out", width, features);
  const state: Stored = { count: filled([], () => 0) };
  for (const [name, { shape, data }] of Object.entries(weights)) {
    for (const kind of ["m", "v"]) state[`${kind}/${name}`] = filled(shape, () => 0);
    state[`w/${name}`] = { shape, data };
    state[`ema/${name}`] = { shape, data: data.slice() };
  }
  return state;
}

/** A batch of random inputs and smooth targets. */
export function exampleBatch({ batch, features }: ExampleSizes, seed: number): Stored {
  const normal = normals(seed);
  const x = filled([batch, features], normal);
  return { x, y: { shape: [...x.shape], data: Float32Array.from(x.data, (value) => Math.sin(2 * value)) } };
}

/** An array of `shape` whose values `draw` gives one by one. */
export function filled(shape: number[], draw: () => number): StoredTensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, data: Float32Array.from({ length: size }, draw) };
}

/** Normal deviates from a seed: mulberry32 and Box-Muller. */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
