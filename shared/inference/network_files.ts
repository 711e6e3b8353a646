/**
 * What the tensors of our networks are called, and which layers they make: the one place that knows.
 * @module
 */
import { entry, FISHER, InvalidInputError, type Stored } from "@cugro/algorithm/arrays";
import type { Layer, NetworkDescription } from "./network_layers.ts";

/**
 * The one-step networks g(s, k) and g(z, s, k): the residual MLP of the default denoiser without its embedding of time.
 *
 * @param kind which network
 * @param weights published weights
 * @returns its layers in order
 * @throws {InvalidInputError} naming a tensor that is missing or does not belong to it
 */
export function oneStepNetwork(kind: "actor" | "proposer", weights: Stored): NetworkDescription {
  const blocks = countOf(weights, (block) => `block.${block}.0.kernel`);
  const description: NetworkDescription = {
    states: { kernel: "condition.kernel" },
    ...(kind === "proposer" ? { candidates: { kernel: "input.kernel" } } : {}),
    bias: "input.bias",
    layers: [
      ...Array.from({ length: blocks }, (_, block): Layer => ({
        layer: "residual",
        layers: [
          { layer: "layerNorm" },
          { ...linear(`block.${block}.0`), taskRows: "taskEmbedding" },
          { layer: "silu" },
          linear(`block.${block}.1`),
        ],
      })),
      { layer: "silu" },
      linear("output"),
    ],
  };
  checkNames(`the ${kind}`, weights, [description], ["tasks"]);
  return description;
}

/**
 * The critic's trunks, each with all its heads: one network for each of the ensemble.
 *
 * @param weights published weights
 * @param stateDim S
 * @param layerNorm whether trunks have layer normalisation
 * @returns layers of each network in order
 * @throws {InvalidInputError} naming a tensor that is missing or does not belong to it
 */
export function criticNetworks(weights: Stored, stateDim: number, layerNorm: boolean): NetworkDescription[] {
  const trunks = countOf(weights, (trunk) => `trunk.${trunk}.0.kernel`);
  const descriptions = Array.from({ length: trunks }, (_, e): NetworkDescription => {
    const kernel = `trunk.${e}.0.kernel`;
    const inputs = entry(weights, kernel).shape[0]!;
    const layers = countOf(weights, (layer) => `trunk.${e}.${layer}.kernel`);
    const activation: Layer[] = [...(layerNorm ? [{ layer: "layerNorm" as const }] : []), { layer: "silu" }];
    return {
      states: { kernel, rows: [0, stateDim] },
      candidates: { kernel, rows: [stateDim, inputs] },
      bias: `trunk.${e}.0.bias`,
      layers: [
        ...activation,
        ...Array.from({ length: layers - 1 }, (_, l) => [linear(`trunk.${e}.${l + 1}`), ...activation])
          .flat(),
        linear(`head.${e}`),
      ],
    };
  });
  checkNames("the critic", weights, descriptions, ["tasks", "returns.mean", "returns.std"]);
  return descriptions;
}

function linear(name: string) {
  return { layer: "linear" as const, kernel: `${name}.kernel`, bias: `${name}.bias` };
}

/**
 * Tensors that are numbered from 0.
 *
 * @throws {InvalidInputError} if there is none
 */
function countOf(weights: Stored, name: (index: number) => string): number {
  let count = 0;
  while (weights[name(count)] !== undefined) count++;
  if (count === 0) entry(weights, name(0));
  return count;
}

/** A tensor that no layer reads says that these are weights of something else. */
function checkNames(
  what: string,
  weights: Stored,
  descriptions: readonly NetworkDescription[],
  others: readonly string[],
): void {
  const used = new Set([...descriptions.flatMap(tensorNames), ...others]);
  for (const name of used) entry(weights, name);
  // What stands beside weights for their next training is none of theirs.
  const strange = Object.keys(weights).find((name) => !used.has(name) && !name.startsWith(FISHER));
  if (strange === undefined) return;
  throw new InvalidInputError(
    `Cannot open ${what} as tensor "${strange}" does not belong to it: it has ${[...used].sort().join(", ")}`,
  );
}

function tensorNames({ states, candidates, bias, taskRows, layers }: NetworkDescription): string[] {
  const first = [
    states.kernel,
    ...(candidates ? [candidates.kernel] : []),
    bias,
    ...(taskRows ? [taskRows] : []),
  ];
  return [...first, ...layers.flatMap(namesOf)];
}

function namesOf(layer: Layer): string[] {
  if (layer.layer === "residual") return layer.layers.flatMap(namesOf);
  if (layer.layer !== "linear") return [];
  return [layer.kernel, layer.bias, ...(layer.taskRows ? [layer.taskRows] : [])];
}
