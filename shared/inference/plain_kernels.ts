/**
 * The kernels in plain TypeScript, for where WebAssembly or its SIMD is missing: the same operations in the same order, each
 * rounded to float32, so the same bytes. A double's sum, product, quotient or root of float32 numbers, rounded, is the
 * float32 one.
 * @module
 */
import { expOf } from "./exponential.ts";
import { type KernelFunctions, LAYER_NORM_EPSILON, PANEL } from "./kernel_functions.ts";

const f = Math.fround;

/**
 * The kernels on a memory whose numbers `floats` gives, as it is at each call.
 *
 * @param floats the memory as numbers, which may be another view after it has grown
 * @returns the same bits as the WebAssembly kernels give
 */
export function plainKernels(floats: () => Float32Array): KernelFunctions {
  return {
    linear: (x, xStride, w, start, startStride, y, yStride, rows, inputs, panels) => {
      const memory = floats();
      for (let row = 0; row < rows; row++) {
        const xAt = (x + row * xStride) >>> 2;
        for (let panel = 0; panel < panels; panel++) {
          const wAt = (w >>> 2) + panel * inputs * PANEL, skipped = panel * PANEL;
          const from = ((start + row * startStride) >>> 2) + skipped;
          const to = ((y + row * yStride) >>> 2) + skipped;
          for (let c = 0; c < PANEL; c += 4) fourColumns(memory, xAt, wAt + c, from + c, to + c, inputs);
        }
      }
    },
    silu: (src, dst, count) => {
      const memory = floats(), from = src >>> 2, to = dst >>> 2;
      for (let i = 0; i < count; i++) memory[to + i] = siluOf(memory[from + i]!);
    },
    relu: (src, dst, count) => {
      const memory = floats(), from = src >>> 2, to = dst >>> 2;
      for (let i = 0; i < count; i++) memory[to + i] = memory[from + i]! < 0 ? 0 : memory[from + i]!;
    },
    add: (a, b, dst, count) => {
      const memory = floats(), left = a >>> 2, right = b >>> 2, to = dst >>> 2;
      for (let i = 0; i < count; i++) memory[to + i] = memory[left + i]! + memory[right + i]!;
    },
    layerNorm: (src, dst, stride, rows, columns) => {
      const memory = floats(), width = stride >>> 2;
      for (let row = 0; row < rows; row++) {
        normaliseRow(memory, (src >>> 2) + row * width, (dst >>> 2) + row * width, width, columns);
      }
    },
  };
}

/** Four columns at once: their sums stay in registers. */
function fourColumns(
  memory: Float32Array,
  x: number,
  w: number,
  start: number,
  y: number,
  inputs: number,
): void {
  let a = memory[start]!, b = memory[start + 1]!, c = memory[start + 2]!, d = memory[start + 3]!;
  for (let i = 0, at = w; i < inputs; i++, at += PANEL) {
    const value = memory[x + i]!;
    a = f(a + f(value * memory[at]!));
    b = f(b + f(value * memory[at + 1]!));
    c = f(c + f(value * memory[at + 2]!));
    d = f(d + f(value * memory[at + 3]!));
  }
  memory[y] = a;
  memory[y + 1] = b;
  memory[y + 2] = c;
  memory[y + 3] = d;
}

function siluOf(x: number): number {
  return f(x / f(1 + expOf(-x)));
}

function normaliseRow(memory: Float32Array, src: number, dst: number, width: number, columns: number): void {
  const mean = meanOf(columns, sumsOf(width, (i) => memory[src + i]!));
  for (let i = 0; i < width; i++) memory[dst + i] = i < columns ? memory[src + i]! - mean : 0;
  const variance = meanOf(columns, sumsOf(width, (i) => f(memory[dst + i]! * memory[dst + i]!)));
  const factor = f(1 / f(Math.sqrt(f(variance + LAYER_NORM_EPSILON))));
  for (let i = 0; i < width; i++) memory[dst + i] = memory[dst + i]! * factor;
}

function sumsOf(width: number, value: (i: number) => number): [number, number, number, number] {
  let a = 0, b = 0, c = 0, d = 0;
  for (let i = 0; i < width; i += 4) {
    a = f(a + value(i));
    b = f(b + value(i + 1));
    c = f(c + value(i + 2));
    d = f(d + value(i + 3));
  }
  return [a, b, c, d];
}

function meanOf(columns: number, [a, b, c, d]: [number, number, number, number]): number {
  return f(f(f(a + b) + f(c + d)) / columns);
}
