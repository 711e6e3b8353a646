/**
 * Many numbers, in memory or read by ranges.
 * @module
 */
import type { FilePlace } from "./byte_source.ts";
import type { Numbers } from "./numbers.ts";

/** How an array of numbers is made. */
export type NumbersType = new (length: number) => Numbers;

/** Numbers that are read piece by piece. */
export interface Values {
  /** How many there are. */
  readonly length: number;
  /** Of which type each piece is. */
  readonly type: NumbersType;
  /**
   * Numbers `from` up to `to`, to be used before the next call.
   *
   * @throws where the file is damaged there
   */
  read(from: number, to: number): Numbers;
  /** Where on disk they lie as the machine would write them, one after the other; absent where they do not. */
  readonly place?: FilePlace;
}

/**
 * Numbers as pieces, wherever they lie.
 *
 * @param numbers in memory, or already in pieces
 * @returns reads without copying what is in memory
 */
export function valuesIn(numbers: Numbers | Values): Values {
  if (!ArrayBuffer.isView(numbers)) return numbers;
  return {
    length: numbers.length,
    type: numbers.constructor as NumbersType,
    read: (from, to) => from === 0 && to === numbers.length ? numbers : numbers.subarray(from, to),
  };
}
