/**
 * Datasets of any size for tests and benchmarks, written piece by piece: a point with 17 numbers that drifts at random.
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { tensorLayout } from "@cugro/protocol";

const STATE = 17;
const ACTION = 6;
const HORIZON = 1000;
const BLOCK = 8 * HORIZON;
const ROW_BYTES = 4 * (2 * STATE + ACTION + 1) + 2;

/**
 * Writes a safetensors file of at least this size, to the next whole episode.
 *
 * @returns rows in it
 */
export function writeLarge(path: string, bytes: number): number {
  const rows = HORIZON * Math.ceil(bytes / ROW_BYTES / HORIZON);
  const matrix = (columns: number) => ({ shape: [rows, columns], dtype: "F32" } as const);
  const tensors = {
    observations: matrix(STATE),
    next_observations: matrix(STATE),
    actions: matrix(ACTION),
    rewards: { shape: [rows], dtype: "F32" },
    terminals: { shape: [rows], dtype: "U8" },
    timeouts: { shape: [rows], dtype: "U8" },
  } as const;
  const { start, names } = tensorLayout(tensors);
  const file = openSync(path, "w");
  try {
    writeSync(file, start);
    const places = new Map<string, number>();
    let at = start.length;
    for (const name of names as (keyof typeof tensors)[]) {
      places.set(name, at);
      const { shape, dtype } = tensors[name];
      at += shape.reduce((product, side) => product * side, dtype === "U8" ? 1 : 4);
    }
    for (const block of blocksOf(rows)) {
      for (const [name, { buffer, byteLength }] of Object.entries(block)) {
        const place = places.get(name)!;
        writeSync(file, new Uint8Array(buffer), 0, byteLength, place);
        places.set(name, place + byteLength);
      }
    }
  } finally {
    closeSync(file);
  }
  return rows;
}

/** Numbers in [-1, 1) that look random and are the same each time. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function* blocksOf(rows: number) {
  const random = randomNumbers(5);
  const state = new Float32Array(STATE);
  for (let from = 0; from < rows; from += BLOCK) {
    const size = Math.min(BLOCK, rows - from);
    const block = {
      observations: new Float32Array(size * STATE),
      next_observations: new Float32Array(size * STATE),
      actions: Float32Array.from({ length: size * ACTION }, random),
      rewards: new Float32Array(size),
      terminals: new Uint8Array(size),
      timeouts: Uint8Array.from({ length: size }, (_, row) => row % HORIZON === HORIZON - 1 ? 1 : 0),
    };
    for (let row = 0; row < size; row++) {
      if (row % HORIZON === 0) { for (let i = 0; i < STATE; i++) state[i] = random(); }
      block.observations.set(state, row * STATE);
      for (let i = 0; i < STATE; i++) state[i] = 0.99 * state[i]! + 0.1 * random();
      block.next_observations.set(state, row * STATE);
      block.rewards[row] = state[0]! + 0.1 * random();
    }
    yield block;
  }
}
