/**
 * HDF5 files byte by byte, for what no library writes: any type, any layout, any chunk, any link. All structures are of the
 * newer form, whose checksums are right unless a test breaks them.
 * @module
 */
import { lookup3 } from "../checksums.ts";

/** A message of an object header: its type and body. */
export type MessageBytes = [type: number, body: number[]];

const UNSET = new Array<number>(8).fill(0xff);

/** An integer, little-endian, in `size` bytes. */
export function le(value: number | bigint, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
}

const ascii = (text: string) => Array.from(new TextEncoder().encode(text));

/** Types as they stand in a header. */
export const TYPE = {
  integer: (size: number, { signed = true, big = false, precision = 8 * size } = {}) => [
    ...[0x10, (big ? 1 : 0) | (signed ? 8 : 0), 0, 0, ...le(size, 4)],
    ...[...le(0, 2), ...le(precision, 2)],
  ],
  float: (size: 2 | 4 | 8, big = false) => {
    const [sign, at, bits, mantissa, bias] = {
      2: [15, 10, 5, 10, 15],
      4: [31, 23, 8, 23, 127],
      8: [63, 52, 11, 52, 1023],
    }[
      size
    ] as [number, number, number, number, number];
    const properties = [...le(0, 2), ...le(8 * size, 2), at, bits, 0, mantissa, ...le(bias, 4)];
    return [0x11, (big ? 1 : 0) | 0x20, sign, 0, ...le(size, 4), ...properties];
  },
  bfloat: () => [0x11, 0x20, 15, 0, ...le(2, 4), ...le(0, 2), ...le(16, 2), 7, 8, 0, 7, ...le(127, 4)],
  text: (size: number) => [0x13, 0, 0, 0, ...le(size, 4)],
  bits: (size: number) => [0x14, 0, 0, 0, ...le(size, 4), ...le(0, 2), ...le(8 * size, 2)],
  opaque: (size: number) => [0x15, 8, 0, 0, ...le(size, 4), ...ascii("tag\0\0\0\0\0")],
  compound: (members: [string, number[], number][]) => [
    ...[0x36, members.length, 0, 0, ...le(members.reduce((sum, [, , size]) => sum + size, 0), 4)],
    ...members.flatMap(([name, type], i) => {
      const offset = members.slice(0, i).reduce((sum, [, , size]) => sum + size, 0);
      return [...ascii(`${name}\0`), offset, ...type];
    }),
  ],
  flags: () => [
    ...[0x38, 2, 0, 0, ...le(1, 4), ...TYPE.integer(1)],
    ...[...ascii("FALSE\0TRUE\0"), 0, 1],
  ],
  colours: () => [0x38, 3, 0, 0, ...le(1, 4), ...TYPE.integer(1), ...ascii("RED\0BLUE\0PINK\0"), 0, 1, 2],
  reference: () => [0x37, 0, 0, 0, ...le(8, 4)],
} as const;

/** A field, as it is to lie in the file. */
export interface FieldBytes {
  shape: number[];
  type: number[];
  /** What lies in the file; absent: nothing was ever written. */
  data?: Uint8Array | readonly number[];
  /** One chunk of this shape, with filters as `[id, ...parameters]` and the mask of those skipped. @default one piece */
  chunk?: { shape?: number[]; filters?: number[][]; mask?: number };
  /** Instead: the values lie in this other file. */
  external?: string;
  /** Further messages, e.g. a fill value. */
  messages?: MessageBytes[];
}

/** A link that is not to a field of the file. */
export type LinkBytes = { soft: string } | { external: [file: string, path: string] } | { group: string[] };

/** An attribute: its type, its shape (none: a scalar; null: no value at all), its bytes. */
export interface AttributeBytes {
  type: number[];
  shape?: number[] | null;
  data: number[];
}

/** A file in the making. */
interface Parts {
  bytes: number[];
}

function put(parts: Parts, block: readonly number[]): number {
  while (parts.bytes.length % 8 !== 0) parts.bytes.push(0);
  const at = parts.bytes.length;
  for (const byte of block) parts.bytes.push(byte);
  return at;
}

function withSum(block: number[]): number[] {
  return [...block, ...le(lookup3(Uint8Array.from(block)), 4)];
}

function objectHeader(messages: readonly MessageBytes[]): number[] {
  const body = messages.flatMap(([type, bytes]) => [type, ...le(bytes.length, 2), 0, ...bytes]);
  return withSum([...ascii("OHDR"), 2, 2, ...le(body.length, 4), ...body]);
}

function space(shape: readonly number[] | null): number[] {
  if (shape === null) return [2, 0, 0, 2];
  return [2, shape.length, 0, shape.length === 0 ? 0 : 1, ...shape.flatMap((side) => le(side, 8))];
}

function putField(parts: Parts, field: FieldBytes): number {
  const { data } = field;
  const at = data === undefined ? UNSET : le(put(parts, Array.from(data)), 8);
  const elementSize = field.type[4]!;
  const messages: MessageBytes[] = [
    [0x01, space(field.shape)],
    [0x03, field.type],
    ...(field.messages ?? [[0x05, [3, 0x0a]]] as MessageBytes[]),
  ];
  if (field.external !== undefined) messages.push([0x07, externalFiles(parts, field)]);
  if (field.chunk?.filters) messages.push([0x0b, pipeline(field.chunk.filters)]);
  const bytes = field.shape.reduce((product, side) => product * side, elementSize);
  const layout = field.chunk
    ? oneChunk(field.chunk, field.shape, elementSize, data?.length ?? 0, at)
    : [3, 1, ...(field.external === undefined ? at : UNSET), ...le(bytes, 8)];
  messages.push([0x08, layout]);
  return put(parts, objectHeader(messages));
}

function oneChunk(
  { shape: chunk, filters, mask = 0 }: NonNullable<FieldBytes["chunk"]>,
  shape: readonly number[],
  elementSize: number,
  stored: number,
  at: number[],
): number[] {
  const sides = [...(chunk ?? shape), elementSize];
  // As few bytes as the longest side takes: the library insists.
  const width = Math.floor(Math.log2(Math.max(...sides)) / 8) + 1;
  return [
    ...[4, 2, filters ? 2 : 0, sides.length, width, ...sides.flatMap((side) => le(side, width)), 1],
    ...(filters ? [...le(stored, 8), ...le(mask, 4)] : []),
    ...at,
  ];
}

function pipeline(filters: readonly number[][]): number[] {
  return [
    ...[2, filters.length],
    ...filters.flatMap(([id = 0, ...parameters]) => [
      ...le(id, 2),
      ...(id < 256 ? [] : le(0, 2)),
      ...[...le(0, 2), ...le(parameters.length, 2), ...parameters.flatMap((value) => le(value, 4))],
    ]),
  ];
}

function externalFiles(parts: Parts, { external, shape, type }: FieldBytes): number[] {
  const names = [...new Array<number>(8).fill(0), ...ascii(`${external}\0`)];
  const segment = put(parts, names);
  const heap = put(parts, [
    ...ascii("HEAP"),
    0,
    0,
    0,
    0,
    ...le(names.length, 8),
    ...le(1, 8),
    ...le(segment, 8),
  ]);
  const bytes = shape.reduce((product, side) => product * side, type[4]!);
  return [1, 0, 0, 0, ...le(1, 2), ...le(1, 2), ...le(heap, 8), ...le(8, 8), ...le(0, 8), ...le(bytes, 8)];
}

function link(name: string, type: 0 | 1 | 64, target: number[]): MessageBytes {
  return [0x06, [1, 8, type, ascii(name).length, ...ascii(name), ...target]];
}

function groupHeader(links: MessageBytes[], attributes: MessageBytes[] = []): number[] {
  return objectHeader([[0x02, [0, 0, ...UNSET, ...UNSET]], [0x0a, [0, 0]], ...links, ...attributes]);
}

function linkTo(parts: Parts, name: string, target: LinkBytes): MessageBytes {
  if ("soft" in target) return link(name, 1, [...le(target.soft.length, 2), ...ascii(target.soft)]);
  if ("group" in target) {
    const members = target.group.map((member) => linkTo(parts, member, { group: [] }));
    return link(name, 0, le(put(parts, groupHeader(members)), 8));
  }
  const value = [0, ...target.external.flatMap((text) => ascii(`${text}\0`))];
  return link(name, 64, [...le(value.length, 2), ...value]);
}

function attribute(name: string, { type, shape, data }: AttributeBytes): MessageBytes {
  const extent = space(shape === undefined ? [] : shape);
  const label = ascii(`${name}\0`);
  return [0x0c, [
    3,
    0,
    ...[label, type, extent].flatMap((part) => le(part.length, 2)),
    0,
    ...label,
    ...type,
    ...extent,
    ...data,
  ]];
}

/**
 * Bytes of a file with these fields, links and attributes.
 *
 * @param open whether its writer has not closed it
 */
export function hdf5Bytes(
  fields: Readonly<Record<string, FieldBytes>>,
  { links = {}, attributes = {}, open = false }: {
    links?: Readonly<Record<string, LinkBytes>>;
    attributes?: Readonly<Record<string, AttributeBytes>>;
    open?: boolean;
  } = {},
): Uint8Array<ArrayBuffer> {
  const parts: Parts = { bytes: new Array<number>(48).fill(0) };
  const all = [
    ...Object.entries(fields).map(([name, field]) => link(name, 0, le(putField(parts, field), 8))),
    ...Object.entries(links).map(([name, target]) => linkTo(parts, name, target)),
  ];
  const known = Object.entries(attributes).map(([name, value]) => attribute(name, value));
  const root = put(parts, groupHeader(all, known));
  const begin = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 3, 8, 8, open ? 5 : 0];
  const superblock = withSum([...begin, ...le(0, 8), ...UNSET, ...le(parts.bytes.length, 8), ...le(root, 8)]);
  const bytes = Uint8Array.from(parts.bytes);
  bytes.set(superblock, 0);
  return bytes;
}

/** Numbers as their bytes. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
