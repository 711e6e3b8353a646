import { decodeTensors, type TensorFile } from "@cugro/protocol";
import { readFile } from "node:fs/promises";
import { createRandom } from "./simulation_rng.ts";
import type { Act } from "./rollout.ts";

/** How far a policy had been trained: about 20 %, 50 % and 100 %. */
export const SNAPSHOTS = ["early", "medium", "final"] as const;
/** One of {@linkcode SNAPSHOTS}. */
export type Snapshot = typeof SNAPSHOTS[number];

/** A fully connected layer, `y = W x + b`. */
export interface Layer {
  /** numbers in x */
  readonly inputs: number;
  /** numbers in y */
  readonly outputs: number;
  /** W, `[outputs, inputs]` row-major */
  readonly weight: Float32Array;
  /** b, `[outputs]` */
  readonly bias: Float32Array;
}

/** A goal-conditioned Gaussian policy squashed by tanh; ReLU between its layers. */
export interface Policy {
  /** size of concat(state, goal) */
  readonly inputDim: number;
  /** A; the last layer has 2 A outputs, mean then log_std */
  readonly actionDim: number;
  /** applied in order */
  readonly layers: readonly Layer[];
}

/** A policy file: three snapshots of one policy for all goals of a family. */
export interface PolicyFile {
  /** the family it was trained for */
  readonly family: string;
  /** the robot it moves */
  readonly model: string;
  /** the policy at each stage of its training */
  readonly snapshots: Readonly<Record<Snapshot, Policy>>;
  /** everything the file says of itself */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where the layers of a snapshot sit in its file; 1 and 3 are the ReLUs between them. */
const LAYERS = [0, 2, 4] as const;

function readTensors(bytes: Uint8Array): ReturnType<typeof decodeTensors> {
  try {
    return decodeTensors(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyntaxError(`Cannot read policy: ${reason}`, { cause });
  }
}

/** A float32 tensor of the file. */
function readTensor(
  tensors: TensorFile,
  name: string,
  rank: number,
): { shape: readonly number[]; data: Float32Array } {
  const entry = tensors[name];
  if (entry === undefined) throw new SyntaxError(`Cannot read policy as it has no tensor ${name}`);
  const { shape, data } = entry;
  if (!(data instanceof Float32Array) || shape.length !== rank) {
    throw new SyntaxError(
      `Cannot read policy as ${name} must be F32 of rank ${rank}: current type is ${data.constructor.name} [${shape}]`,
    );
  }
  if (!data.every(Number.isFinite)) {
    throw new SyntaxError(`Cannot read policy as ${name} holds a number that is not finite`);
  }
  return { shape, data };
}

function readSnapshot(tensors: TensorFile, snapshot: Snapshot): Policy {
  const layers = LAYERS.map((index) => {
    const weight = readTensor(tensors, `${snapshot}.${index}.weight`, 2);
    const bias = readTensor(tensors, `${snapshot}.${index}.bias`, 1);
    const [outputs, inputs] = weight.shape as [number, number];
    if (bias.shape[0] !== outputs) {
      throw new SyntaxError(
        `Cannot read policy as ${snapshot}.${index} has ${outputs} outputs but ${bias.shape[0]} biases`,
      );
    }
    return { inputs, outputs, weight: weight.data, bias: bias.data };
  });
  layers.slice(1).forEach((layer, i) => {
    if (layer.inputs !== layers[i]!.outputs) {
      throw new SyntaxError(
        `Cannot read policy as layer ${LAYERS[i + 1]} of ${snapshot} does not fit the layer before it`,
      );
    }
  });
  const outputs = layers.at(-1)!.outputs;
  if (outputs % 2 !== 0) {
    throw new SyntaxError(
      `Cannot read policy as ${snapshot} must end in mean and log_std: current size is ${outputs}`,
    );
  }
  return { inputDim: layers[0]!.inputs, actionDim: outputs / 2, layers };
}

/**
 * Reads a policy file: safetensors with tensors `<early|medium|final>.{0,2,4}.{weight,bias}`, float32, weights
 * row-major `[out, in]`, and the metadata `family` and `model`.
 *
 * @param bytes `[n]`, safetensors
 * @returns three snapshots of the policy
 * @throws {SyntaxError} when the file is not of that form
 */
export function readPolicy(bytes: Uint8Array): PolicyFile {
  const { tensors, metadata } = readTensors(bytes);
  const { family, model } = metadata;
  if (family === undefined || model === undefined) {
    throw new SyntaxError("Cannot read policy as its metadata does not name family and model");
  }
  const [early, medium, final] = SNAPSHOTS.map((snapshot) => readSnapshot(tensors, snapshot)) as [
    Policy,
    Policy,
    Policy,
  ];
  return { family, model, snapshots: { early, medium, final }, metadata };
}

/** Robots whose trained policies come with this room: one file each, for all goals of one family. */
const SHIPPED: readonly string[] = ["half_cheetah", "swimmer", "hopper", "walker2d"];

/**
 * The trained policy that comes with this room (`policies/README.md` says where it comes from).
 *
 * @param model the robot: `half_cheetah` (for cheetah-vel), `swimmer` (swimmer-dir), `hopper` (hopper-vel) or `walker2d` (walker-params)
 * @returns three snapshots of the policy
 * @throws {RangeError} when no policy for that robot is shipped
 */
export async function shippedPolicy(model: string): Promise<PolicyFile> {
  if (!SHIPPED.includes(model)) {
    throw new RangeError(
      `Cannot read shipped policy as there is one for ${SHIPPED.join(", ")} only: current value is ${model}`,
    );
  }
  return readPolicy(await readFile(new URL(`./policies/${model}.safetensors`, import.meta.url)));
}

/** `target = W source + b`, four outputs at a time; sums run in float64 and are rounded once. */
function applyLayer(layer: Layer, source: Float32Array, target: Float32Array, relu: boolean): void {
  const { inputs, outputs, weight, bias } = layer;
  let o = 0;
  for (; o + 4 <= outputs; o += 4) {
    const [r0, r1, r2, r3] = [o * inputs, (o + 1) * inputs, (o + 2) * inputs, (o + 3) * inputs];
    let [s0, s1, s2, s3] = [bias[o]!, bias[o + 1]!, bias[o + 2]!, bias[o + 3]!];
    for (let i = 0; i < inputs; i++) {
      const x = source[i]!;
      s0 += weight[r0 + i]! * x;
      s1 += weight[r1 + i]! * x;
      s2 += weight[r2 + i]! * x;
      s3 += weight[r3 + i]! * x;
    }
    target[o] = relu && s0 < 0 ? 0 : s0;
    target[o + 1] = relu && s1 < 0 ? 0 : s1;
    target[o + 2] = relu && s2 < 0 ? 0 : s2;
    target[o + 3] = relu && s3 < 0 ? 0 : s3;
  }
  for (; o < outputs; o++) {
    let sum = bias[o]!;
    for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i]! * source[i]!;
    target[o] = relu && sum < 0 ? 0 : sum;
  }
}

/**
 * Lets a policy act: `a = tanh(mean + exp(clamp(log_std, -5, 2)) * noise)`.
 *
 * @param goal what the policy gets as its task (`policyGoal()`); states must have `inputDim - goalDim` numbers
 * @param noiseSeeds one seed per environment; without them the noise is 0 (the deterministic action). Row i draws from
 *   its own stream, so that an episode does not depend on its neighbours
 * @param policy weights of one snapshot
 * @returns states `[n, S]` -> actions `[n, A]`
 * @throws {RangeError} (when acting) when the states have another size
 */
export function policyAct(policy: Policy, goal: readonly number[], noiseSeeds?: readonly number[]): Act {
  const { inputDim, actionDim, layers } = policy;
  const stateDim = inputDim - goal.length;
  const random = noiseSeeds?.map(createRandom);
  const buffers = [new Float32Array(inputDim), ...layers.map((layer) => new Float32Array(layer.outputs))];
  buffers[0]!.set(goal, stateDim);
  const output = buffers.at(-1)!;
  return (states, _step, active) => {
    if (states.length !== active.length * stateDim) {
      throw new RangeError(
        `Cannot act as states must be [${active.length}, ${stateDim}]: current length is ${states.length}`,
      );
    }
    const actions = new Float32Array(active.length * actionDim);
    for (let row = 0; row < active.length; row++) {
      if (active[row] === 0) continue;
      buffers[0]!.set(states.subarray(row * stateDim, (row + 1) * stateDim));
      layers.forEach((layer, l) => applyLayer(layer, buffers[l]!, buffers[l + 1]!, l < layers.length - 1));
      for (let j = 0; j < actionDim; j++) {
        const deviation = Math.exp(Math.min(2, Math.max(-5, output[actionDim + j]!)));
        const noise = random === undefined ? 0 : random[row]!.normal();
        actions[row * actionDim + j] = Math.tanh(output[j]! + deviation * noise);
      }
    }
    return actions;
  };
}
