import { encodeTensors, type TensorFile } from "@cugro/protocol";
import { createRandom } from "../simulation_rng.ts";
import { SNAPSHOTS } from "../policy.ts";

/** Sizes and names of a policy file; `outputs` stands in for 2 x actionDim where it is given. */
export interface SyntheticSizes {
  readonly model: string;
  readonly family: string;
  readonly inputDim: number;
  readonly hidden: number;
  readonly actionDim: number;
  readonly outputs?: number;
}

/**
 * A policy file with seeded random weights; `changes` break it in one way.
 *
 * @param changes a tensor that is left out, a first weight, other metadata
 * @param sizes of the network
 * @returns bytes of a policy file
 */
export function syntheticPolicy(
  { model, family, inputDim, hidden, actionDim, outputs = 2 * actionDim }: SyntheticSizes,
  changes: { drop?: string; value?: number; metadata?: Record<string, string> } = {},
): Uint8Array {
  const random = createRandom(1);
  const tensors: TensorFile = {};
  const add = (name: string, shape: number[]) => {
    if (name === changes.drop) return;
    const count = shape.reduce((product, length) => product * length, 1);
    const data = Float32Array.from({ length: count }, () => random.normal() / Math.sqrt(shape.at(-1)!));
    tensors[name] = { shape, data };
  };
  const widths = [inputDim, hidden, hidden, outputs];
  for (const snapshot of SNAPSHOTS) {
    [0, 2, 4].forEach((layer, i) => {
      add(`${snapshot}.${layer}.weight`, [widths[i + 1]!, widths[i]!]);
      add(`${snapshot}.${layer}.bias`, [widths[i + 1]!]);
    });
  }
  if (changes.value !== undefined) tensors["early.0.weight"]!.data[0] = changes.value;
  return encodeTensors(tensors, changes.metadata ?? { model, family });
}
