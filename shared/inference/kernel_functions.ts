/**
 * What a kernel can do, whichever it is. All numbers are float32 in one memory; places and strides are in bytes; a row has
 * a stride of whole panels, and its columns behind the last own one are 0.
 *
 * The order of every sum is part of the interface: two kernels give the same bytes, and a row's answer does not depend on
 * the rows beside it.
 * @module
 */

/** Columns that lie together: weights are `[O / 32][I][32]`, filled up with zeros. */
export const PANEL = 32;
/** As in the networks' training. */
export const LAYER_NORM_EPSILON = Math.fround(1e-5);

/** The kernels. */
export interface KernelFunctions {
  /**
   * y[r, o] = start[r, o] + x[r, 0] w[0, o] + x[r, 1] w[1, o] + ...: from left to right, product and sum each rounded.
   * With a stride of 0 all rows have the same start, a bias.
   */
  linear(
    x: number,
    xStride: number,
    w: number,
    start: number,
    startStride: number,
    y: number,
    yStride: number,
    rows: number,
    inputs: number,
    panels: number,
  ): void;
  /** dst = x / (1 + exp(-x)) of `count` numbers, a multiple of 4, with the exp of `exponential.ts`; dst may be src. */
  silu(src: number, dst: number, count: number): void;
  /** dst = max(x, 0) of `count` numbers, a multiple of 4; dst may be src. */
  relu(src: number, dst: number, count: number): void;
  /** dst = a + b of `count` numbers, a multiple of 4; dst may be either. */
  add(a: number, b: number, dst: number, count: number): void;
  /**
   * Each row to mean 0 and variance 1. Sums are four, over columns 0, 4, 8 ..., over 1, 5, 9 ... and so on, then
   * (first + second) + (third + fourth). dst may be src.
   */
  layerNorm(src: number, dst: number, stride: number, rows: number, columns: number): void;
}
