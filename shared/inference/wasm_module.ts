/**
 * A small assembler: WebAssembly functions over one imported memory, written as nested calls that give bytes. Only the
 * instructions that the kernels need.
 * @module
 */

/** Instructions, as bytes. */
export type Code = readonly number[];

const TYPES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
type ValueType = keyof typeof TYPES;

/** A function: parameters are all `i32`, it gives nothing back, and its instructions name its variables. */
export interface WasmFunction {
  name: string;
  params: readonly string[];
  locals: Readonly<Record<string, ValueType>>;
  body(variable: (name: string) => number): Code;
}

/**
 * The bytes of a module that imports `env.memory` and exports the functions.
 *
 * @param maximumPages of 64 KiB
 * @param shared whether threads share the memory
 * @returns a module that can be compiled
 */
export function wasmModule(
  functions: readonly WasmFunction[],
  maximumPages: number,
  shared = false,
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ params }) => [0x60, ...vector(params.map(() => [TYPES.i32])), 0]);
  const memory = [...text("env"), ...text("memory"), 2, shared ? 3 : 1, 0, ...unsigned(maximumPages)];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([memory])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]))),
    ...section(10, vector(functions.map(functionBody))),
  );
}

function functionBody({ name, params, locals, body }: WasmFunction): Code {
  const names = [...params, ...Object.keys(locals)];
  const variable = (wanted: string): number => {
    const index = names.indexOf(wanted);
    if (index < 0) throw new Error(`The kernel "${name}" has no variable "${wanted}"`);
    return index;
  };
  const declared = vector(Object.values(locals).map((type) => [1, TYPES[type]]));
  const code = [...declared, ...body(variable), 0x0b];
  return [...unsigned(code.length), ...code];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return vector([...new TextEncoder().encode(value)].map((byte) => [byte]));
}

/** LEB128 of a whole number from 0. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  do {
    const more = value >= 0x80;
    bytes.push((value & 0x7f) | (more ? 0x80 : 0));
    value = Math.floor(value / 0x80);
  } while (value > 0);
  return bytes;
}

/** LEB128 of a signed 32-bit number. */
function signed(value: number): Code {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    const last = (value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0);
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
}

function float(value: number): Code {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}

/** One after the other. */
export const all = (...parts: readonly Code[]): Code => parts.flat();
/** The value of a variable. */
export const get = (index: number): Code => [0x20, ...unsigned(index)];
/** A variable takes a value. */
export const set = (index: number, value: Code): Code => [...value, 0x21, ...unsigned(index)];
/** A 32-bit integer. */
export const i32 = (value: number): Code => [0x41, ...signed(value)];

/**
 * Runs the body as long as the condition is not 0; it is asked first.
 *
 * @param condition leaves a whole number on the stack
 * @param body leaves nothing on the stack
 * @returns code that leaves nothing on the stack
 */
export function loopWhile(condition: Code, body: Code): Code {
  return [0x02, 0x40, 0x03, 0x40, ...condition, 0x45, 0x0d, 1, ...body, 0x0c, 0, 0x0b, 0x0b];
}

const binary = (...opcode: number[]) => (a: Code, b: Code): Code => [...a, ...b, ...opcode];
const unary = (...opcode: number[]) => (a: Code): Code => [...a, ...opcode];

/** Integers. */
export const int = {
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  shiftRight: binary(0x76),
  isAtLeast: binary(0x4f),
};
/** Single floats. */
export const f32 = {
  constant: (value: number): Code => [0x43, ...float(value)],
  ofInteger: unary(0xb3),
  add: binary(0x92),
  mul: binary(0x94),
  div: binary(0x95),
  sqrt: unary(0x91),
  store: (address: Code, value: Code): Code => [...address, ...value, 0x38, 2, 0],
};

const vectorCode = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

/** Four floats at once. Addresses and offsets are in bytes. */
export const f32x4 = {
  load: (address: Code, offset = 0): Code => [...address, ...vectorCode(0x00), 2, ...unsigned(offset)],
  loadSplat: (address: Code, offset = 0): Code => [...address, ...vectorCode(0x09), 2, ...unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...[...address, ...value, ...vectorCode(0x0b), 2],
    ...unsigned(offset),
  ],
  constant: (value: number): Code => [
    ...[...vectorCode(0x0c), ...float(value), ...float(value), ...float(value), ...float(value)],
  ],
  splat: unary(...vectorCode(0x13)),
  lane: (value: Code, lane: number): Code => [...value, ...vectorCode(0x1f), lane],
  neg: unary(...vectorCode(0xe1)),
  add: binary(...vectorCode(0xe4)),
  sub: binary(...vectorCode(0xe5)),
  mul: binary(...vectorCode(0xe6)),
  div: binary(...vectorCode(0xe7)),
  /** `b < a ? b : a` */
  least: binary(...vectorCode(0xea)),
  /** `a < b ? b : a` */
  greatest: binary(...vectorCode(0xeb)),
  /** 2^n of whole numbers n from -126 to 127. */
  powerOfTwo: (n: Code): Code => [
    ...[...n, ...vectorCode(0xf8), ...i32(127), ...vectorCode(0x11), ...vectorCode(0xae)],
    ...[...i32(23), ...vectorCode(0xab)],
  ],
};
