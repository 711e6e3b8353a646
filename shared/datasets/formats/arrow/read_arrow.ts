/**
 * Reads columns of numbers of an Arrow file, as Minari keeps episodes in them.
 *
 * Not left to a library: `apache-arrow` believes what a file says of itself, and damaged ones keep it busy forever. Here every place and
 * length is held against the file, and what is read against a budget, before anything is allocated.
 * @module
 */
import { type Numbers, type NumberType, toNumbers } from "@cugro/hdf5";
import type { Matrix } from "../matrix.ts";
import { ArrowFault, DAMAGED, listIn, longAt, numberIn, rootOf, type Table, tableIn } from "./flatbuffer.ts";
import { type Field, fieldsOf, type NumberKind } from "./schema.ts";

const MAGIC = "ARROW1";
const BLOCK_BYTES = 24;
const PAIR_BYTES = 16;
const RECORD_BATCH = 3;
const MOST_BATCHES = 100_000;
/** A number that is unpacked takes no more. */
const NUMBER_BYTES = 8;

/** Columns by their names (`observations.position` inside a struct), each with how a batch's rows of it are read. */
export interface ArrowFile {
  names: string[];
  /**
   * Rows of a column, batch by batch.
   *
   * @throws {ArrowFault} where it holds no numbers, or is damaged
   */
  read(name: string, budget: { left: number }): Matrix[];
}

/** A column's numbers: the list they are in, if they are, and they themselves. */
interface Leaf {
  name: string;
  field: Field;
  /** Numbers of the nodes and buffers that it begins with. */
  node: number;
  buffer: number;
}

/**
 * Opens a file.
 *
 * @param bytes of the whole file
 * @returns columns and batches, which are read when they are asked for
 * @throws {ArrowFault} for a damaged file, and for types that are not read
 */
export function openArrow(bytes: Uint8Array): ArrowFile {
  return damageOf(() => {
    const view = new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
    const end = bytes.length - MAGIC.length;
    const text = (from: number) =>
      new TextDecoder("latin1").decode(bytes.subarray(from, from + MAGIC.length));
    if (end < 12 || text(0) !== MAGIC || text(end) !== MAGIC) {
      throw new ArrowFault("it is no whole Arrow file: it is cut short, or still being written");
    }
    const size = view.getInt32(end - 4, true);
    if (size <= 0 || size > end - 4) throw new ArrowFault(DAMAGED);
    const footer = rootOf(part(view, end - 4 - size, size));
    const leaves = leavesOf(fieldsOf(tableIn(footer, 1) ?? lacking()));
    const batches = blocksOf(footer).map((block) => openBatch(view, block));
    return {
      names: leaves.map(({ name }) => name),
      read(name, budget) {
        const leaf = leaves.find((one) => one.name === name) ?? lacking();
        return damageOf(() => batches.map((batch) => readLeaf(batch, leaf, budget)));
      },
    };
  });
}

function lacking(): never {
  throw new ArrowFault(DAMAGED);
}

/** Reading outside of what is there is damage. */
function damageOf<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof ArrowFault || !(cause instanceof RangeError)) throw cause;
    throw new ArrowFault(DAMAGED, { cause });
  }
}

/** @throws {ArrowFault} where the file does not hold it */
function part(view: DataView<ArrayBuffer>, from: number, size: number): DataView<ArrayBuffer> {
  if (from < 0 || size < 0 || from + size > view.byteLength) throw new ArrowFault(DAMAGED);
  return new DataView(view.buffer, view.byteOffset + from, size);
}

/** In the order in which a batch keeps them: what is above, then what is below. */
function leavesOf(fields: readonly Field[]): Leaf[] {
  const leaves: Leaf[] = [];
  let node = 0, buffer = 0;
  const walk = (field: Field, path: string, isShown: boolean): void => {
    const isInside = field.type.kind === "struct";
    if (isShown && !isInside) leaves.push({ name: path, field, node, buffer });
    node++;
    buffer += field.buffers;
    for (const child of field.children) walk(child, `${path}.${child.name}`, isShown && isInside);
  };
  for (const field of fields) walk(field, field.name, true);
  return leaves;
}

interface Block {
  at: number;
  metaBytes: number;
  bodyBytes: number;
}

function blocksOf(footer: Table): Block[] {
  const { view } = footer;
  const { at, count } = listIn(footer, 3, BLOCK_BYTES);
  if (count > MOST_BATCHES) throw new ArrowFault(`it has ${count} batches: at most ${MOST_BATCHES} are read`);
  return Array.from({ length: count }, (_, i) => {
    const from = at + i * BLOCK_BYTES;
    return {
      at: longAt(view, from),
      metaBytes: view.getInt32(from + 8, true),
      bodyBytes: longAt(view, from + 16),
    };
  });
}

interface Batch {
  rows: number;
  /** Length of each node. */
  lengths: (node: number) => { length: number; absent: number };
  buffers: (buffer: number) => DataView<ArrayBuffer>;
}

function openBatch(file: DataView<ArrayBuffer>, { at, metaBytes, bodyBytes }: Block): Batch {
  // Four bytes that say a message follows, and four of its length.
  const message = rootOf(part(file, at + 8, metaBytes - 8));
  if (numberIn(message, 1, 1) !== RECORD_BATCH) throw new ArrowFault(DAMAGED);
  const batch = tableIn(message, 2) ?? lacking();
  if (tableIn(batch, 3)) throw new ArrowFault("it is compressed: write it without compression");
  const body = part(file, at + metaBytes, bodyBytes);
  const [nodes, buffers] = [listIn(batch, 1, PAIR_BYTES), listIn(batch, 2, PAIR_BYTES)];
  const pair = (list: { at: number; count: number }, i: number): [number, number] => {
    if (i >= list.count) throw new ArrowFault(DAMAGED);
    const from = list.at + i * PAIR_BYTES;
    return [longAt(batch.view, from), longAt(batch.view, from + 8)];
  };
  return {
    rows: numberIn(batch, 0, 8),
    lengths: (node) => {
      const [length, absent] = pair(nodes, node);
      return { length, absent };
    },
    buffers: (buffer) => part(body, ...pair(buffers, buffer)),
  };
}

function readLeaf(batch: Batch, { field, node, buffer }: Leaf, budget: { left: number }): Matrix {
  const isList = field.type.kind === "list";
  const numbers = isList ? field.children[0] ?? lacking() : field;
  const width = field.type.kind === "list" ? field.type.size : 1;
  const { type } = numbers;
  if (type.kind !== "integer" && type.kind !== "float" && type.kind !== "bits") {
    throw new ArrowFault("it holds no numbers, or lists of other lengths");
  }
  const { rows } = batch;
  const count = rows * width;
  budget.left -= NUMBER_BYTES * count;
  if (!(width >= 1) || !(budget.left >= 0)) {
    throw new ArrowFault("it has too many values for a file of this size");
  }
  const own = isList ? { node: node + 1, buffer: buffer + field.buffers } : { node, buffer };
  const outer = batch.lengths(node), inner = batch.lengths(own.node);
  if (outer.length !== rows || inner.length !== count) throw new ArrowFault(DAMAGED);
  const integer = type.kind === "integer" && outer.absent + inner.absent === 0;
  let data = valuesIn(batch.buffers(own.buffer + 1), count, type);
  if (isList && outer.absent > 0) data = withoutAbsent(data, batch.buffers(buffer), width);
  if (inner.absent > 0) data = withoutAbsent(data, batch.buffers(own.buffer), 1);
  return { rows, width, data, integer };
}

function valuesIn(buffer: DataView<ArrayBuffer>, count: number, type: NumberKind): Numbers {
  const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (type.kind === "bits") {
    if (8 * bytes.length < count) throw new ArrowFault(DAMAGED);
    return Uint8Array.from({ length: count }, (_, i) => (bytes[i >> 3]! >> (i & 7)) & 1);
  }
  const { kind, bytes: size } = type;
  const isKnown = kind === "float" ? [2, 4, 8].includes(size) : [1, 2, 4, 8].includes(size);
  if (!isKnown || bytes.length < count * size) throw new ArrowFault(DAMAGED);
  const form: NumberType = { kind, size, signed: kind === "float" || type.signed, littleEndian: true };
  return toNumbers(bytes.slice(0, count * size), form);
}

/**
 * Absent values become NaN.
 *
 * @param valid a bit for each list of `width` numbers
 */
function withoutAbsent(data: Numbers, valid: DataView<ArrayBuffer>, width: number): Numbers {
  const values = Float64Array.from(data);
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / width);
    if (((valid.getUint8(row >> 3) >> (row & 7)) & 1) === 0) values[i] = NaN;
  }
  return values;
}
