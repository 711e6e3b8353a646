/**
 * A network's weights in a kernel's memory: kernels in panels of columns, biases with each task's row added.
 * @module
 */
import { entry, InvalidInputError, type Stored, type StoredTensor } from "@cugro/algorithm/arrays";
import { PANEL } from "./kernel_functions.ts";
import type { InputKernel, Layer, LinearLayer, NetworkDescription } from "./network_layers.ts";
import type { Memory } from "./memory.ts";

/** A linear layer in memory. */
export interface PlacedLinear {
  layer: "linear";
  kernel: number;
  inputs: number;
  outputs: number;
  panels: number;
  /** One for each task, or one for all. */
  biases: readonly number[];
}

/** A layer in memory. */
export type PlacedLayer =
  | PlacedLinear
  | { layer: "layerNorm" | "silu" | "relu" }
  | { layer: "residual"; layers: readonly PlacedLayer[] };

/** A part of the first layer in memory. */
export type PlacedInput = Pick<PlacedLinear, "kernel" | "inputs">;

/** A network in memory. */
export interface PlacedNetwork {
  states: PlacedInput;
  candidates: PlacedInput | undefined;
  biases: readonly number[];
  /** Of the first layer. */
  firstOutputs: number;
  layers: readonly PlacedLayer[];
  outputs: number;
  /** Columns of its widest rows, whole panels. */
  widest: number;
  /** Residual layers inside each other. */
  depth: number;
  /** All its places. */
  addresses: readonly number[];
}

/** State while layers are placed. */
interface Placing {
  weights: Stored;
  memory: Memory;
  addresses: number[];
  widest: number;
}

/** How many whole panels hold `columns` columns. */
export const panelsOf = (columns: number): number => Math.ceil(columns / PANEL);

/**
 * Copies weights into memory.
 *
 * @param weights by name
 * @param description which of them are multiplied in which order
 * @returns addresses in bytes, and sizes; on an error nothing stays taken
 * @throws {InvalidInputError} naming a tensor that is missing, of another shape or not finite; RangeError when
 *   memory is full
 * @throws {InvalidInputError} naming a tensor that is missing, of another shape or not finite
 * @throws {RangeError} when memory is full
 */
export function placeNetwork(
  weights: Stored,
  description: NetworkDescription,
  memory: Memory,
): PlacedNetwork {
  const placing: Placing = { weights, memory, addresses: [], widest: 0 };
  try {
    const firstOutputs = tensor(weights, description.bias, 1).shape[0]!;
    const states = placeInput(placing, description.states, firstOutputs);
    const candidates = description.candidates && placeInput(placing, description.candidates, firstOutputs);
    const biases = placeBiases(placing, description, firstOutputs);
    const { layers, outputs } = placeLayers(placing, description.layers, firstOutputs);
    const { addresses, widest } = placing;
    const parts = { states, candidates, biases, firstOutputs, layers, outputs };
    return { ...parts, widest, addresses, depth: depthOf(layers) };
  } catch (error) {
    placing.addresses.forEach(memory.release);
    throw error;
  }
}

function placeInput(placing: Placing, { kernel, rows }: InputKernel, outputs: number): PlacedInput {
  const whole = tensor(placing.weights, kernel, 2);
  const [from, to] = rows ?? [0, whole.shape[0]!];
  if (to > whole.shape[0]! || from >= to) {
    throw new InvalidInputError(
      `Cannot open network as ${kernel} must have more than ${from} inputs: current shape is [${whole.shape}]`,
    );
  }
  checkOutputs(kernel, whole, outputs);
  return { kernel: placeKernel(placing, whole, from, to), inputs: to - from };
}

function placeLayers(
  placing: Placing,
  layers: readonly Layer[],
  columns: number,
): { layers: PlacedLayer[]; outputs: number } {
  let width = columns;
  const placed = layers.map((layer): PlacedLayer => {
    if (layer.layer === "linear") {
      const linear = placeLinear(placing, layer, width);
      width = linear.outputs;
      return linear;
    }
    if (layer.layer !== "residual") return layer;
    const inner = placeLayers(placing, layer.layers, width);
    if (inner.outputs === width) return { layer: "residual", layers: inner.layers };
    throw new InvalidInputError(
      `Cannot open network as a residual layer must give ${width} numbers, which it is given: it gives ${inner.outputs}`,
    );
  });
  return { layers: placed, outputs: width };
}

function placeLinear(placing: Placing, layer: LinearLayer, inputs: number): PlacedLinear {
  const whole = tensor(placing.weights, layer.kernel, 2);
  const [rows, outputs] = whole.shape as [number, number];
  if (rows !== inputs) {
    throw new InvalidInputError(
      `Cannot open network as ${layer.kernel} must be [${inputs}, ${outputs}]: current shape is [${whole.shape}]`,
    );
  }
  const kernel = placeKernel(placing, whole, 0, rows);
  const biases = placeBiases(placing, layer, outputs);
  return { layer: "linear", kernel, inputs, outputs, panels: panelsOf(outputs), biases };
}

/** Rows of a kernel as `[panels][I][32]`, zeros behind the last column. */
function placeKernel(placing: Placing, { shape, data }: StoredTensor, from: number, to: number): number {
  const outputs = shape[1]!, rows = to - from;
  const address = take(placing, panelsOf(outputs) * rows * PANEL, panelsOf(outputs) * PANEL);
  const floats = placing.memory.floats();
  for (let panel = 0, at = address / 4; panel < panelsOf(outputs); panel++) {
    const end = Math.min((panel + 1) * PANEL, outputs);
    for (let row = from; row < to; row++, at += PANEL) {
      floats.set(data.subarray(row * outputs + panel * PANEL, row * outputs + end), at);
    }
  }
  return address;
}

function placeBiases(
  placing: Placing,
  { bias, taskRows }: Pick<LinearLayer, "bias" | "taskRows">,
  outputs: number,
): number[] {
  const own = tensor(placing.weights, bias, 1);
  checkOutputs(bias, own, outputs);
  const rows = taskRows === undefined ? undefined : tensor(placing.weights, taskRows, 2);
  if (rows) checkOutputs(taskRows!, rows, outputs);
  return Array.from({ length: rows?.shape[0] ?? 1 }, (_, task) => {
    const address = take(placing, panelsOf(outputs) * PANEL, panelsOf(outputs) * PANEL);
    const floats = placing.memory.floats();
    for (let o = 0; o < outputs; o++) {
      floats[address / 4 + o] = rows ? rows.data[task * outputs + o]! + own.data[o]! : own.data[o]!;
    }
    return address;
  });
}

function take(placing: Placing, floats: number, rowColumns: number): number {
  const address = placing.memory.take(floats * 4);
  placing.addresses.push(address);
  placing.widest = Math.max(placing.widest, rowColumns);
  return address;
}

function tensor(weights: Stored, name: string, rank: number): StoredTensor {
  const found = entry(weights, name);
  const { shape, data } = found;
  const size = shape.reduce((product, n) => product * n, 1);
  if (shape.length !== rank || size === 0 || size !== data.length || !(data instanceof Float32Array)) {
    throw new InvalidInputError(
      `Cannot open network as ${name} must be float32 numbers in ${rank} dimensions: current shape is [${shape}] of ${data.length} numbers`,
    );
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return found;
  throw new InvalidInputError(`Cannot open network as ${name} must be finite: number ${bad} is ${data[bad]}`);
}

function checkOutputs(name: string, { shape }: StoredTensor, outputs: number): void {
  if (shape.at(-1) === outputs) return;
  throw new InvalidInputError(
    `Cannot open network as ${name} must have ${outputs} outputs: current shape is [${shape}]`,
  );
}

function depthOf(layers: readonly PlacedLayer[]): number {
  return Math.max(0, ...layers.map((layer) => layer.layer === "residual" ? 1 + depthOf(layer.layers) : 0));
}
