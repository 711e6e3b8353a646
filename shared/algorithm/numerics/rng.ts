/**
 * Everything random in this room comes from here: xoshiro128** (Blackman and Vigna 2018) with a Ziggurat for normals
 * (Marsaglia and Tsang 2000). All of it is integer arithmetic and float64 in JS, so every tensor backend sees the same numbers, and the whole
 * position is four integers that fit in JSON.
 * @module
 */
import { InvalidInputError } from "./errors.ts";

/** A seeded stream of random numbers. */
export interface Rng {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, `n`); the bias of at most n / 2^32 is below any use here. */
  integer(n: number): number;
  /** `n` standard normals. */
  normals(n: number): Float32Array;
  /** `n` uniforms in [`low`, `high`). */
  uniforms(n: number, low: number, high: number): Float32Array;
  /** Fills `target[from .. to)` with standard normals, without allocating. */
  fillNormals(target: Float32Array, from?: number, to?: number): void;
  /** A random order of 0 .. n-1. */
  permutation(n: number): Int32Array;
  /** The position: four uint32 from which {@linkcode createRng} goes on. */
  state(): number[];
}

const TWO_POW_MINUS_32 = 2 ** -32;
const LAYERS = 128;
const TAIL_START = 3.442619855899;
const LAYER_AREA = 9.91256303526217e-3;

/** Ziggurat tables for 128 layers and 31-bit draws: acceptance limits, widths, heights. */
function zigguratTables(): { limit: Float64Array; width: Float64Array; height: Float64Array } {
  const scale = 2 ** 31;
  const limit = new Float64Array(LAYERS);
  const width = new Float64Array(LAYERS);
  const height = new Float64Array(LAYERS);
  let x = TAIL_START;
  let above = TAIL_START;
  const q = LAYER_AREA / Math.exp(-0.5 * x * x);
  limit[0] = (x / q) * scale;
  limit[1] = 0;
  width[0] = q / scale;
  width[LAYERS - 1] = x / scale;
  height[0] = 1;
  height[LAYERS - 1] = Math.exp(-0.5 * x * x);
  for (let i = LAYERS - 2; i >= 1; i--) {
    x = Math.sqrt(-2 * Math.log(LAYER_AREA / x + Math.exp(-0.5 * x * x)));
    limit[i + 1] = (x / above) * scale;
    above = x;
    height[i] = Math.exp(-0.5 * x * x);
    width[i] = x / scale;
  }
  return { limit, width, height };
}

const TABLES = zigguratTables();

/** FNV-1a over the UTF-16 units of `text`: separates named streams of one seed. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Four well-mixed words from a seed and a stream name (splitmix32). */
function expandSeed(seed: number, stream: string): number[] {
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  let z = (seed >>> 0) ^ Math.imul(high, 0x85ebca6b) ^ hashText(stream);
  return Array.from({ length: 4 }, () => {
    z = (z + 0x9e3779b9) | 0;
    let mixed = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  });
}

/**
 * Opens a stream.
 * Source: xoshiro128** (Blackman and Vigna 2018), the ziggurat (Marsaglia and Tsang 2000).
 *
 * @param seed A whole number, or a position that `state()` returned.
 * @param stream Name of the stream: different names of one seed give independent streams. Not used with a position.
 * @returns uniform and normal numbers, with a position that can be stored
 * @throws {InvalidInputError} If the position is not four numbers, or all of them are zero.
 */
export function createRng(seed: number | readonly number[], stream = ""): Rng {
  const words = typeof seed === "number" ? expandSeed(seed, stream) : seed;
  if (words.length !== 4 || words.every((word) => word === 0)) {
    throw new InvalidInputError(
      `Cannot open random stream as position must be four numbers, not all 0: current value is [${words}]`,
    );
  }
  const { next, state } = xoshiro(words as [number, number, number, number]);
  const uniform = (): number => (next() >>> 0) * TWO_POW_MINUS_32;
  const normal = (): number => drawNormal(next, uniform);
  const integer = (n: number): number => Math.floor(uniform() * n);
  const fillNormals = (target: Float32Array, from = 0, to = target.length): void => {
    for (let i = from; i < to; i++) target[i] = normal();
  };
  const normals = (n: number): Float32Array => {
    const out = new Float32Array(n);
    fillNormals(out);
    return out;
  };
  return {
    uniform,
    normal,
    integer,
    normals,
    fillNormals,
    uniforms: (n, low, high) => {
      const out = new Float32Array(n);
      for (let i = 0; i < n; i++) out[i] = low + (high - low) * uniform();
      return out;
    },
    permutation(n) {
      const order = new Int32Array(n);
      for (let i = 0; i < n; i++) order[i] = i;
      return shuffle(order, integer);
    },
    state,
  };
}

/** xoshiro128**: signed 32-bit words, and the position as unsigned ones. */
function xoshiro(words: [number, number, number, number]): { next: () => number; state: () => number[] } {
  let [a, b, c, d] = words;
  const next = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return { next, state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0] };
}

/** One normal by the Ziggurat. Layer and value come from two words: sharing bits would correlate them. */
function drawNormal(next: () => number, uniform: () => number): number {
  while (true) {
    const layer = next() & (LAYERS - 1);
    const value = next();
    const x = value * TABLES.width[layer]!;
    if (Math.abs(value) < TABLES.limit[layer]!) return x;
    if (layer === 0) return normalTail(value < 0, uniform);
    const low = TABLES.height[layer]!;
    if (low + uniform() * (TABLES.height[layer - 1]! - low) < Math.exp(-0.5 * x * x)) return x;
  }
}

/** A normal beyond the last layer (Marsaglia 1964). */
function normalTail(negative: boolean, uniform: () => number): number {
  while (true) {
    // 1 - uniform is in (0, 1]: its logarithm is finite.
    const x = -Math.log(1 - uniform()) / TAIL_START;
    const y = -Math.log(1 - uniform());
    if (y + y >= x * x) return negative ? -(TAIL_START + x) : TAIL_START + x;
  }
}

/** Fisher-Yates, in place. */
function shuffle(order: Int32Array, integer: (n: number) => number): Int32Array {
  for (let i = order.length - 1; i > 0; i--) {
    const j = integer(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}
