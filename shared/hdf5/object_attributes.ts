/**
 * The known attributes of the group at the top.
 * @module
 */
import {
  address,
  bytesIn,
  type Cursor,
  cursorAt,
  DAMAGED,
  expectSignature,
  type FileBytes,
  length,
  skip,
  spend,
  StorageFault,
  textAt,
  uint,
} from "./bytes.ts";
import { readSpace } from "./field_form.ts";
import { openHeap } from "./fractal_heap.ts";
import { readTypeForm, type TypeForm } from "./number_type.ts";
import { toNumbers } from "./numbers.ts";
import { bodyOf, MESSAGE, type Message } from "./object_header.ts";
import { TREE2, walkTree2 } from "./tree2.ts";

/** An attribute whose value was not read yet. */
export interface Attribute {
  name: string;
  /** @throws {StorageFault} */
  read(): unknown;
}

/** An attribute that is neither numbers nor text; the judge says what it should be. */
const ODD = { kind: "neither numbers nor text" };
const MOST_BYTES = 2 ** 16;

/**
 * The attributes of an object.
 *
 * @param messages of the object's header
 * @returns names and values, those that are in a heap included
 * @throws {StorageFault} where they are damaged
 */
export function attributesOf(file: FileBytes, messages: readonly Message[]): Attribute[] {
  const found: Attribute[] = [];
  for (const { type, isShared, body } of messages) {
    if (type === MESSAGE.attribute && !isShared) found.push(readAttribute(file, { ...body }));
  }
  const info = bodyOf(messages, MESSAGE.attributeInfo);
  if (info) addOfHeap(file, info, found);
  return found;
}

/** Many attributes: messages in a heap, which a tree lists. */
function addOfHeap(file: FileBytes, body: Cursor, found: Attribute[]): void {
  skip(body, 1);
  const flags = uint(body, 1);
  if (flags & 1) skip(body, 2);
  const heap = address(body);
  const tree = address(body);
  if (heap === undefined || tree === undefined) return;
  const object = openHeap(file, heap);
  walkTree2(file, tree, [TREE2.attributes], (record) => {
    const id = cursorAt(file, skip(record, 8), 8);
    const isShared = (uint(record, 1) & 2) !== 0;
    if (!isShared) found.push(readAttribute(file, object(id)));
  });
}

/** Version 1 aligns its parts to 8 bytes. */
function readAttribute(file: FileBytes, body: Cursor): Attribute {
  const version = uint(body, 1);
  const flags = uint(body, 1);
  if (version < 1 || version > 3) throw new StorageFault(DAMAGED);
  const sizes = [uint(body, 2), uint(body, 2), uint(body, 2)] as const;
  if (version === 3) skip(body, 1);
  const part = (size: number) => {
    const at = skip(body, version === 1 ? Math.ceil(size / 8) * 8 : size);
    return cursorAt(file, at, size);
  };
  const label = part(sizes[0]);
  spend(file, sizes[0]);
  const [type, space] = [part(sizes[1]), part(sizes[2])];
  const read = () => {
    const extent = readSpace(space);
    const form = readTypeForm(file, type, version > 1 && (flags & 1) !== 0);
    return extent ? valueOf(file, body, form, extent.shape) : [];
  };
  return { name: textAt(bytesIn(file, label.at, label.end)), read };
}

/** A number, a flag or text, or a list of them. */
function valueOf(file: FileBytes, body: Cursor, form: TypeForm, shape: readonly number[]): unknown {
  const count = shape.reduce((product, side) => product * side, 1);
  const bytes = count * form.size;
  if (!(bytes <= MOST_BYTES)) throw new StorageFault("it has too many values");
  const at = skip(body, bytes);
  const values = Array.from({ length: count }, (_, i) => cursorAt(file, at + i * form.size, form.size));
  if (form.kind === "odd") return ODD;
  const read = form.kind === "numbers"
    ? numbersIn(file, at, bytes, form)
    : values.map((value) => textIn(file, value, form));
  return shape.length === 0 ? read[0] : read;
}

function numbersIn(
  file: FileBytes,
  at: number,
  bytes: number,
  form: TypeForm & { kind: "numbers" },
): unknown[] {
  const numbers = Array.from(toNumbers(new Uint8Array(bytesIn(file, at, at + bytes)), form.type));
  return form.isFlag ? numbers.map((value) => value !== 0) : numbers;
}

function textIn(file: FileBytes, value: Cursor, form: TypeForm): string {
  if (form.kind === "text") return textAt(bytesIn(file, value.at, value.end));
  const size = uint(value, 4);
  const collection = address(value);
  const index = uint(value, 4);
  if (collection === undefined || size === 0) return "";
  const found = globalObject(file, collection, index);
  if (size > found.end - found.at || size > MOST_BYTES) throw new StorageFault(DAMAGED);
  return textAt(bytesIn(file, found.at, found.at + size));
}

/** An object in a collection that fields and attributes share. */
function globalObject(file: FileBytes, at: number, wanted: number): Cursor {
  const collection = cursorAt(file, at);
  expectSignature(collection, "GCOL");
  skip(collection, 4);
  const size = length(collection);
  const end = cursorAt(file, at, size).end;
  while (collection.at < end) {
    spend(file, 16);
    const index = uint(collection, 2);
    skip(collection, 6);
    const bytes = length(collection);
    // The last one is what is free.
    if (index === 0) break;
    const found = skip(collection, Math.ceil(bytes / 8) * 8);
    if (index === wanted) return cursorAt(file, found, bytes);
  }
  throw new StorageFault(DAMAGED);
}
