/**
 * The type of a field: which plain integers and floats are read, and what the others are called.
 * @module
 */
import { address, bytesIn, type Cursor, DAMAGED, type FileBytes, skip, StorageFault, uint } from "./bytes.ts";
import { MESSAGE, messagesOf } from "./object_header.ts";

/** How a number lies in the file. */
export interface NumberType {
  kind: "integer" | "float" | "bfloat";
  /** Bytes of one number. */
  size: number;
  signed: boolean;
  littleEndian: boolean;
}

const INTEGER = 0;
const FLOAT = 1;
const TEXT = 3;
const COMPOUND = 6;
const ENUMERATION = 8;
const VARYING = 9;

/** Class of a type -> what it is called; the three that are read are not here. */
const NAMES: Readonly<Record<number, string>> = {
  2: "times",
  3: "text",
  4: "bit fields",
  5: "opaque bytes",
  7: "references",
  9: "lists of varying length",
  10: "an array type",
};

/** Bits of sign and exponent, first bit and size of exponent and mantissa, bias: IEEE 754, and Google's bfloat16. */
const FLOATS: readonly [NumberType["kind"], number, string][] = [
  ["float", 2, "15 10 5 0 10 15"],
  ["bfloat", 2, "15 7 8 0 7 127"],
  ["float", 4, "31 23 8 0 23 127"],
  ["float", 8, "63 52 11 0 52 1023"],
];

/**
 * The fault of a type that is not read.
 *
 * @param name of the type, as after "it holds"
 * @param detail e.g. the members of a compound type
 * @returns a fault that says what to write instead
 */
export function typeFault(name: string, detail = ""): StorageFault {
  return new StorageFault(`it holds ${name}${detail} and not plain numbers: write integers or floats`);
}

/**
 * The type in a message, or where the message says it is.
 *
 * @param body of the message
 * @param isShared whether the message only says where the type is
 * @returns kind, size in bytes, sign and order of bytes
 * @throws {StorageFault} where it is no plain number
 */
export function readNumberType(file: FileBytes, body: Cursor, isShared: boolean): NumberType {
  return readType(isShared ? sharedType(file, body) : body);
}

/** The type of an attribute. */
export type TypeForm =
  & { size: number }
  & (
    | { kind: "numbers"; type: NumberType; isFlag: boolean }
    /** Of fixed length, or with an address of each. */
    | { kind: "text" | "texts" }
    | { kind: "odd" }
  );

/**
 * The type of an attribute, whatever it is.
 *
 * @param body of the message
 * @param isShared whether the message only says where the type is
 * @returns size in bytes, and whether it is numbers, text or neither
 * @throws {StorageFault} where it is damaged
 */
export function readTypeForm(file: FileBytes, body: Cursor, isShared: boolean): TypeForm {
  const at = { ...(isShared ? sharedType(file, body) : body) };
  const type = { ...at };
  const typeClass = uint(at, 1) & 0xf;
  const bits = uint(at, 3);
  const size = uint(at, 4);
  if (typeClass === TEXT) return { kind: "text", size };
  if (typeClass === VARYING) return { kind: (bits & 0xf) === 1 ? "texts" : "odd", size };
  if (![INTEGER, FLOAT, ENUMERATION].includes(typeClass)) return { kind: "odd", size };
  return { kind: "numbers", size, type: readType(type), isFlag: typeClass === ENUMERATION };
}

/** A named type: its own object header has the message. */
function sharedType(file: FileBytes, body: Cursor): Cursor {
  const version = uint(body, 1);
  const kind = uint(body, 1);
  if (version === 1) skip(body, 6);
  if (version === 3 && kind !== 2) {
    throw new StorageFault("its type lies in a table of shared messages, which is not read");
  }
  const at = address(body);
  const named = at !== undefined && messagesOf(file, at).find(({ type }) => type === MESSAGE.datatype);
  if (!named || named.isShared) throw new StorageFault(DAMAGED);
  return named.body;
}

function readType(body: Cursor): NumberType {
  const typeClass = uint(body, 1) & 0xf;
  const bits = uint(body, 3);
  const size = uint(body, 4);
  if (typeClass === INTEGER) return integerType(body, bits, size);
  if (typeClass === FLOAT) return floatType(body, bits, size);
  if (typeClass === ENUMERATION) return flagType(body, bits & 0xffff);
  if (typeClass === COMPOUND) throw typeFault("a compound type", membersOf(body, bits & 0xffff));
  if (typeClass === VARYING && (bits & 0xf) === 1) throw typeFault("text");
  throw typeFault(NAMES[typeClass] ?? `values of the unknown class ${typeClass}`);
}

/** Names in the description of a compound type: its first members. */
function membersOf(body: Cursor, count: number): string {
  const text = new TextDecoder("latin1").decode(bytesIn(body.file, body.at, body.end));
  const names = text.match(/[A-Za-z_][\w .-]*(?=\0)/g) ?? [];
  return count > 0 ? ` with the members ${names.slice(0, Math.min(count, 12)).join(", ")}` : "";
}

function integerType(body: Cursor, bits: number, size: number): NumberType {
  const from = uint(body, 2);
  const precision = uint(body, 2);
  if (![1, 2, 4, 8].includes(size) || from !== 0 || precision !== 8 * size) {
    throw typeFault(`integers of ${precision} bits in ${size} bytes`);
  }
  return { kind: "integer", size, signed: (bits & 8) !== 0, littleEndian: (bits & 1) === 0 };
}

function floatType(body: Cursor, bits: number, size: number): NumberType {
  const from = uint(body, 2);
  const precision = uint(body, 2);
  const [exponentAt, exponentSize, mantissaAt, mantissaSize] = [1, 1, 1, 1].map((n) => uint(body, n));
  const bias = uint(body, 4);
  const form = [(bits >> 8) & 0xff, exponentAt, exponentSize, mantissaAt, mantissaSize, bias].join(" ");
  const [kind] = FLOATS.find(([, bytes, wanted]) => bytes === size && wanted === form) ?? [];
  const isVax = (bits & 0x40) !== 0;
  if (!kind || isVax || from !== 0 || precision !== 8 * size) {
    throw typeFault(`floats of an unknown form (${precision} bits in ${size} bytes)`);
  }
  return { kind, size, signed: true, littleEndian: (bits & 1) === 0 };
}

/** An enumeration of two members, such as h5py's booleans; the judge sees whether the values are 0 and 1. */
function flagType(body: Cursor, members: number): NumberType {
  if (members > 2) throw typeFault("an enumeration");
  const base = readType(body);
  if (base.kind !== "integer") throw typeFault("an enumeration");
  return base;
}
