/**
 * A network that can be asked: rows in, rows out, on the kernel in whose memory it is.
 * @module
 */
import type { Stored } from "@cugro/algorithm/arrays";
import type { Computing, Kernels } from "./kernels.ts";
import type { NetworkDescription } from "./network_layers.ts";
import { BATCH_ROWS } from "./row_batches.ts";
import {
  panelsOf,
  type PlacedInput,
  type PlacedLayer,
  type PlacedNetwork,
  placeNetwork,
} from "./placed_network.ts";

/** Inputs of a network's call. */
export interface NetworkCall {
  /** `[n, S]`, contiguous. */
  states: Float32Array;
  /** n */
  stateRows: number;
  /** `[n c, I]`, those of one state together; absent where the network has no such input. */
  candidates?: Float32Array;
  /** c: rows of each state. */
  perState: number;
  /** The task's place in the network's task rows. */
  taskRow: number;
  /** Which outputs are read, from and to. */
  columns: readonly [number, number];
}

/** A network in memory. */
export interface Network {
  readonly placed: PlacedNetwork;
  /** S */
  readonly stateInputs: number;
  /** Numbers of a candidate; 0 for a network that is not given any. */
  readonly candidateInputs: number;
  readonly outputs: number;
  /** @returns the columns asked for, `[n c, columns]` */
  run(call: NetworkCall): Float32Array;
  /** Gives its memory back. */
  dispose(): void;
}

/** Rows at an address; `stride` in bytes, `columns` of them in use. */
interface Rows {
  at: number;
  stride: number;
  columns: number;
}

/**
 * Opens a network.
 *
 * @param weights by name
 * @param description which of them are multiplied in which order
 * @returns a network that must be disposed of
 * @throws {InvalidInputError} naming the first tensor that does not fit
 */
export function openNetwork(weights: Stored, description: NetworkDescription, kernels: Kernels): Network {
  const placed = placeNetwork(weights, description, kernels.memory);
  return { ...networkOf(placed, kernels), dispose: () => placed.addresses.forEach(kernels.memory.release) };
}

/**
 * A network that is in memory already; its owner, who placed it, disposes of it.
 *
 * @param placed weights by their addresses
 * @returns a network that frees nothing
 */
export function networkOf(placed: PlacedNetwork, kernels: Computing): Network {
  return {
    placed,
    stateInputs: placed.states.inputs,
    candidateInputs: placed.candidates?.inputs ?? 0,
    outputs: placed.outputs,
    run: (call) => run(kernels, placed, call),
    dispose: () => {},
  };
}

/**
 * What a call of at most {@linkcode BATCH_ROWS} rows writes to, in bytes.
 *
 * @param placed a network
 * @returns bytes, for its inputs and the outputs of its layers
 */
export function workBytes(placed: PlacedNetwork): number {
  const inputs = placed.states.inputs + (placed.candidates?.inputs ?? 0);
  return buffersOf(placed) * BATCH_ROWS * placed.widest * 4 + BATCH_ROWS * inputs * 4;
}

/** Buffers of a call: an input, an output, one for each residual layer inside another, one for the sums over states. */
function buffersOf(placed: PlacedNetwork): number {
  return placed.depth + 3;
}

function run(kernels: Computing, placed: PlacedNetwork, call: NetworkCall): Float32Array {
  const rows = call.stateRows * call.perState;
  const bufferBytes = rows * placed.widest * 4;
  const inputFloats = call.states.length + (call.candidates?.length ?? 0);
  const buffers = buffersOf(placed) - 1;
  const scratch = kernels.scratch((buffers + 1) * bufferBytes + inputFloats * 4);
  const free = Array.from({ length: buffers }, (_, i) => scratch + i * bufferBytes);
  const inputs = scratch + (buffers + 1) * bufferBytes;
  const first = firstLayer(kernels, placed, call, free.pop()!, scratch + buffers * bufferBytes, inputs);
  const last = runLayers({ kernels, free, rows, taskRow: call.taskRow }, placed.layers, first, false);
  return readColumns(kernels.floats(), last, rows, call.columns);
}

/** Sums over the state's inputs are made once a state, and go on with each candidate's. */
function firstLayer(
  kernels: Computing,
  placed: PlacedNetwork,
  call: NetworkCall,
  at: number,
  stateSums: number,
  inputsAt: number,
): Rows {
  const { stateRows, perState, states, candidates, taskRow } = call;
  const panels = panelsOf(placed.firstOutputs), stride = panels * 128;
  const floats = kernels.floats();
  const candidatesAt = inputsAt + states.length * 4;
  floats.set(states, inputsAt / 4);
  if (candidates) floats.set(candidates, candidatesAt / 4);
  const sum = (
    { kernel, inputs }: PlacedInput,
    x: number,
    start: number,
    startStride: number,
    y: number,
    rows: number,
  ) => kernels.linear(x, inputs * 4, kernel, start, startStride, y, stride, rows, inputs, panels);
  const bias = placed.biases[placed.biases.length === 1 ? 0 : taskRow]!;
  const once = perState === 1 ? at : stateSums;
  sum(placed.states, inputsAt, bias, 0, once, stateRows);
  if (perState > 1) repeatRows(floats, once, at, stride, stateRows, perState);
  if (placed.candidates) sum(placed.candidates, candidatesAt, at, stride, at, stateRows * perState);
  return { at, stride, columns: placed.firstOutputs };
}

function repeatRows(
  floats: Float32Array,
  from: number,
  to: number,
  stride: number,
  count: number,
  times: number,
): void {
  for (let row = 0, target = to / 4; row < count; row++) {
    const start = (from + row * stride) / 4;
    for (let copy = 0; copy < times; copy++, target += stride / 4) {
      floats.copyWithin(target, start, start + stride / 4);
    }
  }
}

interface Running {
  kernels: Computing;
  /** Buffers that nobody uses. */
  free: number[];
  rows: number;
  taskRow: number;
}

/** Layer after layer; `keep` leaves the input as it is. */
function runLayers(running: Running, layers: readonly PlacedLayer[], input: Rows, keep: boolean): Rows {
  let current = input;
  for (const layer of layers) {
    const isKept = keep && current.at === input.at;
    const next = runLayer(running, layer, current, isKept);
    if (next.at !== current.at && !isKept) running.free.push(current.at);
    current = next;
  }
  return current;
}

function runLayer(
  { kernels, free, rows, taskRow }: Running,
  layer: PlacedLayer,
  input: Rows,
  keep: boolean,
): Rows {
  const { at, stride, columns } = input;
  const count = rows * stride / 4;
  if (layer.layer === "linear") {
    const output = { at: free.pop()!, stride: layer.panels * 128, columns: layer.outputs };
    const bias = layer.biases[layer.biases.length === 1 ? 0 : taskRow]!;
    kernels.linear(
      at,
      stride,
      layer.kernel,
      bias,
      0,
      output.at,
      output.stride,
      rows,
      layer.inputs,
      layer.panels,
    );
    return output;
  }
  if (layer.layer === "residual") {
    const change = runLayers({ kernels, free, rows, taskRow }, layer.layers, input, true);
    const target = keep ? change.at : at;
    kernels.add(at, change.at, target, count);
    if (!keep && change.at !== at) free.push(change.at);
    return { ...input, at: target };
  }
  const target = keep ? free.pop()! : at;
  if (layer.layer === "layerNorm") kernels.layerNorm(at, target, stride, rows, columns);
  else kernels[layer.layer](at, target, count);
  return { ...input, at: target };
}

function readColumns(
  floats: Float32Array,
  { at, stride }: Rows,
  rows: number,
  [from, to]: readonly [number, number],
): Float32Array {
  const out = new Float32Array(rows * (to - from));
  for (let row = 0; row < rows; row++) {
    const start = (at + row * stride) / 4;
    for (let column = from; column < to; column++) {
      out[row * (to - from) + column - from] = floats[start + column]!;
    }
  }
  return out;
}
