/**
 * Online elastic weight consolidation (Schwarz et al. 2018): weights are held near the parent's, each as strongly as what was
 * learnt before depends on it, which the diagonal of the Fisher information says. It stands beside the weights in their file.
 *
 *   loss = fit + strength sum_w F_w (w - w_parent)^2;   F <- decay F + F_new
 *
 * F is that of outputs with unit Gaussian noise, so that F_new is the mean over rows of the squared gradients of the outputs.
 * @module
 */
import * as tf from "tf";
import type { Compile, Params, StepDefinition, Stored, StoredTensor } from "@cugro/tensors/seam";
import { InvalidInputError } from "./errors.ts";
import { entry, FISHER, withoutPrefix, withPrefix, zeros } from "./weights.ts";

/** Prefix in a step's state of the weights that training began with. */
const ANCHOR = "anchor/";
const SUM = "sum/";
const WEIGHTS = "weights/";
const ROWS_BETWEEN = 16;

/**
 * What a step's state holds of the tasks before: nothing where the parent kept no Fisher information.
 *
 * @param start weights of a training
 * @param parent published weights
 * @returns the parent's weights and their Fisher information, under prefixes; nothing if there is none
 */
export function heldState(start: Stored, parent: Stored | undefined): Stored {
  const fisher = withoutPrefix(parent ?? {}, FISHER);
  const names = Object.keys(fisher);
  const anchor = Object.fromEntries(names.map((name) => [name, entry(start, name)]));
  const grown = Object.fromEntries(names.map((name) => [name, padded(fisher[name]!, anchor[name]!.shape)]));
  return { ...withPrefix(anchor, ANCHOR), ...withPrefix(grown, FISHER) };
}

/**
 * A training's own tensors.
 *
 * @param state of a step
 * @returns its entries but those of {@linkcode heldState}
 */
export function withoutHeld(state: Stored): Stored {
  return Object.fromEntries(
    Object.entries(state).filter(([name]) => !name.startsWith(FISHER) && !name.startsWith(ANCHOR)),
  );
}

/**
 * strength sum_w F_w (w - w_parent)^2, a scalar; 0 where nothing is held.
 * Source: EWC (Kirkpatrick et al. 2017), whose lambda / 2 is `strength`.
 *
 * @param weights the present ones
 * @param state of the step, with what is held
 * @param strength factor of the penalty
 * @returns scalar
 */
export function ewcPenalty(weights: Params, state: Params, strength: number): tf.Scalar {
  const fisher = withoutPrefix(state, FISHER);
  const parts = Object.keys(fisher).sort().map((name) =>
    tf.sum(tf.mul(fisher[name]!, tf.squaredDifference(entry(weights, name), entry(state, ANCHOR + name))))
  );
  return parts.length === 0 ? tf.scalar(0) : tf.mul(tf.sum(tf.stack(parts)), strength) as tf.Scalar;
}

/** Input of the measurement of Fisher information. */
export interface FisherInput {
  /** Of the network, for the step's name. */
  name: string;
  /** Those that are trained, without prefix. */
  weights: Stored;
  /** One row, `[1, D]` whatever it is made of. */
  output: (weights: Params, inputs: Params) => tf.Tensor;
  /** D */
  outputs: number;
  rows: number;
  /** Inputs of a row, drawn from the task that has just been learnt; `probe` `[1, D]` is added. */
  next: (row: number) => Stored;
  /** Standard normal numbers, `[D]`. */
  probe: () => Float32Array;
  compile: Compile;
}

/**
 * Measures the diagonal of the Fisher information: mean over rows of (d (xi . output) / d w)^2 with xi standard normal,
 * whose expectation is sum_d (d output_d / d w)^2.
 * Source: EWC (Kirkpatrick et al. 2017), with xi as in Hutchinson 1990.
 *
 * @param input weights, rows and the network's output as a step
 * @yields rows done, now and then, so that the caller can do other work in between
 */
export async function* measureFisher(input: FisherInput): AsyncGenerator<number, Stored> {
  const { name, weights, outputs, rows, compile } = input;
  const inputsOf = (row: number): Stored => ({
    ...input.next(row),
    probe: { shape: [1, outputs], data: input.probe() },
  });
  const sums = Object.fromEntries(Object.entries(weights).map(([key, { shape }]) => [key, zeros(shape)]));
  const state = { ...withPrefix(weights, WEIGHTS), ...withPrefix(sums, SUM) };
  const first = inputsOf(0);
  const compiled = compile(fisherStep(`${name}.fisher`, input.output), state, first);
  try {
    for (let row = 0; row < rows; row++) {
      await compiled.run(row === 0 ? first : inputsOf(row));
      if (row % ROWS_BETWEEN === 0) yield row;
    }
    const measured = withoutPrefix(await compiled.readState(), SUM);
    return Object.fromEntries(
      Object.entries(measured).map(([key, { shape, data }]) => [
        key,
        { shape, data: Float32Array.from(data, (value) => value / rows) },
      ]),
    );
  } finally {
    compiled.dispose();
  }
}

function fisherStep(name: string, output: FisherInput["output"]): StepDefinition {
  return {
    name,
    step: (state, inputs) => {
      const weights = withoutPrefix(state, WEIGHTS);
      const names = Object.keys(weights).sort();
      const { grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
        const own = Object.fromEntries(names.map((key, i) => [key, tensors[i]!]));
        return tf.sum(tf.mul(output(own, inputs), entry(inputs, "probe"))) as tf.Scalar;
      })(names.map((key) => weights[key]!));
      const next: Params = { ...state };
      names.forEach((key, i) => {
        next[SUM + key] = tf.add(entry(state, SUM + key), tf.square(grads[i]!));
      });
      // A step has an output; nobody looks at this one.
      return { state: next, outputs: { probed: tf.sum(entry(inputs, "probe")) } };
    },
  };
}

/**
 * The Fisher information to publish: the parent's, decayed and with 0 for weights that it did not have, plus the new task's.
 * Source: online EWC (Schwarz et al. 2018).
 *
 * @param parent published weights, with Fisher information or without
 * @param measured that of the new task
 * @param decay of the parent's, 0 to 1
 * @returns under {@linkcode FISHER}
 */
export function consolidated(parent: Stored | undefined, measured: Stored, decay: number): Stored {
  const before = withoutPrefix(parent ?? {}, FISHER);
  const summed = Object.entries(measured).map(([name, { shape, data }]) => {
    const old = before[name] && padded(before[name], shape).data;
    return [name, { shape, data: Float32Array.from(data, (value, i) => value + decay * (old?.[i] ?? 0)) }];
  });
  return withPrefix(Object.fromEntries(summed), FISHER);
}

/** An array with zeros where rows or columns have been added since. */
function padded(old: StoredTensor, shape: readonly number[]): StoredTensor {
  if (old.shape.join() === shape.join()) return old;
  const grown = zeros(shape);
  const [columns, wide] = [old.shape.at(-1)!, shape.at(-1)!];
  if (old.shape.length !== shape.length || old.shape.some((size, axis) => size > shape[axis]!)) {
    throw new InvalidInputError(
      `Cannot hold weights of shape [${shape}] by Fisher information of [${old.shape}]`,
    );
  }
  old.data.forEach((value, i) => {
    grown.data[Math.floor(i / columns) * wide + i % columns] = value;
  });
  return grown;
}
