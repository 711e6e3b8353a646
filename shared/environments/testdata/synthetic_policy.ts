import { createRandom } from "../random.ts";
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

/** A policy file with seeded random weights; `changes` break it in one way. */
export function syntheticPolicy(
  { model, family, inputDim, hidden, actionDim, outputs = 2 * actionDim }: SyntheticSizes,
  changes: { drop?: string; value?: number; metadata?: Record<string, string> } = {},
): Uint8Array {
  const random = createRandom(1);
  const header: Record<string, unknown> = { __metadata__: changes.metadata ?? { model, family } };
  const data: number[] = [];
  const add = (name: string, shape: number[]) => {
    if (name === changes.drop) return;
    const from = 4 * data.length;
    const count = shape.reduce((product, length) => product * length, 1);
    for (let i = 0; i < count; i++) data.push(random.normal() / Math.sqrt(shape.at(-1)!));
    header[name] = { dtype: "F32", shape, data_offsets: [from, 4 * data.length] };
  };
  const widths = [inputDim, hidden, hidden, outputs];
  for (const snapshot of SNAPSHOTS) {
    [0, 2, 4].forEach((layer, i) => {
      add(`${snapshot}.${layer}.weight`, [widths[i + 1]!, widths[i]!]);
      add(`${snapshot}.${layer}.bias`, [widths[i + 1]!]);
    });
  }
  if (changes.value !== undefined) data[0] = changes.value;
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + 4 * data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(new Uint8Array(Float32Array.from(data).buffer), 8 + text.length);
  return bytes;
}
