/**
 * Bytes of a field -> numbers. Nothing is rounded, but for integers beyond 2^53.
 * @module
 */
import type { NumberType } from "./number_type.ts";

/** Numbers as a file holds them. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/**
 * The numbers in bytes; 64-bit integers become float64, 16-bit floats float32.
 *
 * @param bytes of whole numbers, which begin their buffer; their order is changed in place, and they may be what is
 *   given
 * @returns an array of the type that {@link arrayTypeOf} gives, on the same memory where it can be
 */
export function toNumbers(
  bytes: Uint8Array<ArrayBuffer>,
  { kind, size, signed, littleEndian }: NumberType,
): Numbers {
  if (!littleEndian && size > 1) swap(bytes, size);
  const { buffer } = bytes;
  const count = bytes.length / size;
  if (kind === "bfloat") return fromBfloat(new Uint16Array(buffer, 0, count));
  if (kind === "float") {
    if (size === 2) return Float32Array.from(new Float16Array(buffer, 0, count));
    return size === 4 ? new Float32Array(buffer, 0, count) : new Float64Array(buffer, 0, count);
  }
  if (size === 8) return fromInteger64(buffer, count, signed);
  const types = signed ? [Int8Array, Int16Array, Int32Array] : [Uint8Array, Uint16Array, Uint32Array];
  return new types[Math.log2(size)]!(buffer, 0, count) as Numbers;
}

/**
 * Of which type the numbers are that {@link toNumbers} gives.
 *
 * @param type of numbers in a file
 * @returns constructor of an array
 */
export function arrayTypeOf({ kind, size, signed }: NumberType): new (length: number) => Numbers {
  if (kind === "bfloat") return Float32Array;
  if (kind === "float") return size === 8 ? Float64Array : Float32Array;
  if (size === 8) return Float64Array;
  const types = signed ? [Int8Array, Int16Array, Int32Array] : [Uint8Array, Uint16Array, Uint32Array];
  return types[Math.log2(size)]!;
}

function swap(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** A bfloat16 is the upper half of a float32. */
function fromBfloat(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

function fromInteger64(buffer: ArrayBuffer, count: number, signed: boolean): Float64Array {
  const words = new Uint32Array(buffer, 0, 2 * count);
  const upper = signed ? new Int32Array(buffer, 0, 2 * count) : words;
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = upper[2 * i + 1]! * 2 ** 32 + words[2 * i]!;
  return values;
}
