/**
 * The four field encodings of protocol buffers that a SavedModel needs. By hand, since fifty lines that only write cost
 * less than a dependency with a schema compiler.
 * @see {@link https://protobuf.dev/programming-guides/encoding/}
 * @module
 */

/**
 * Joins encoded fields into one message.
 *
 * @param parts bytes, in their order
 * @returns a new array of all of them
 */
export function joinBytes(parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/**
 * A number as a varint; negative numbers take ten bytes, as an int64 does.
 *
 * @param value a whole number
 * @returns 1 to 10 bytes, 7 bits in each, the lowest first
 */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/**
 * Field holding an integer, a boolean or an enum.
 *
 * @param field number of the field
 * @returns bytes of the field, with its tag
 */
export function integerField(field: number, value: number): Uint8Array {
  return joinBytes([varint(field << 3), varint(value)]);
}

/**
 * Field holding a 32-bit float.
 *
 * @param field number of the field
 * @returns bytes of the field, with its tag
 */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joinBytes([varint((field << 3) | 5), bytes]);
}

/**
 * Field holding bytes or another message.
 *
 * @param field number of the field
 * @param bytes content of the field
 * @returns bytes of the field, with its tag
 */
export function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return joinBytes([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

/**
 * Field holding UTF-8 text.
 *
 * @param field number of the field
 * @returns bytes of the field, with its tag
 */
export function textField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text));
}
