/**
 * The kernels in WebAssembly with 128-bit SIMD: multiplications and additions, no relaxed ones, so the bytes are the same on
 * every machine. `plain_kernels.ts` documents and repeats what they compute, in the same order.
 * @module
 */
import { EXP } from "./exponential.ts";
import { type KernelFunctions, LAYER_NORM_EPSILON, PANEL } from "./kernel_functions.ts";
import {
  all,
  type Code,
  f32,
  f32x4,
  get,
  i32,
  int,
  loopWhile,
  set,
  type WasmFunction,
  wasmModule,
} from "./wasm_module.ts";

/** 4 GB, all that 32 bits address. */
export const MAXIMUM_PAGES = 65_536;
const FLOAT = 4, VECTOR = 16, PANEL_BYTES = PANEL * FLOAT;
/** Rows and vectors of columns whose sums are in registers at once: 8 of the 16 there are. */
const TILES = [{ rows: 4, vectors: 2 }, { rows: 1, vectors: 8 }] as const;
/** Inputs a turn of the innermost loop. */
const UNROLLED = 4;
type Variable = (name: string) => number;

/**
 * Compiles the kernels for a memory.
 * @param shared whether threads share the memory
 * @returns functions that take addresses in bytes
 */
export function wasmKernels(memory: WebAssembly.Memory, shared = false): KernelFunctions {
  const module = new WebAssembly.Module(
    wasmModule([linear, silu, relu, layerNorm, add], MAXIMUM_PAGES, shared),
  );
  // cast: the module's exports are the functions above, with these parameters.
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelFunctions;
}

const step = (v: Variable, name: string, by: Code): Code => set(v(name), int.add(get(v(name)), by));

/** Panels of 32 columns; in each first four rows at a time, then one. */
const linear: WasmFunction = {
  name: "linear",
  params: ["x", "xStride", "w", "start", "startStride", "y", "yStride", "rows", "inputs", "panels"],
  locals: {
    ...Object.fromEntries(
      ["left", "turns", "wAt", "xRow", "sRow", "yRow"].map((name) => [name, "i32" as const]),
    ),
    ...Object.fromEntries(["x0", "x1", "x2", "x3"].map((name) => [name, "i32" as const])),
    ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`sum${i}`, "v128" as const])),
    ...Object.fromEntries(["w0", "w1", "splat"].map((name) => [name, "v128" as const])),
  },
  body: (v) =>
    loopWhile(
      get(v("panels")),
      all(
        set(v("left"), get(v("rows"))),
        ...[["xRow", "x"], ["sRow", "start"], ["yRow", "y"]].map(([row, all]) => set(v(row!), get(v(all!)))),
        ...TILES.map((tile) =>
          loopWhile(
            int.isAtLeast(get(v("left")), i32(tile.rows)),
            all(
              ...Array.from({ length: PANEL / 4 / tile.vectors }, (_, i) => tileOf(v, tile, i)),
              ...[["xRow", "xStride"], ["sRow", "startStride"], ["yRow", "yStride"]].map(([row, stride]) =>
                step(v, row!, int.mul(get(v(stride!)), i32(tile.rows)))
              ),
              step(v, "left", i32(-tile.rows)),
            ),
          )
        ),
        step(v, "w", int.mul(get(v("inputs")), i32(PANEL_BYTES))),
        step(v, "start", i32(PANEL_BYTES)),
        step(v, "y", i32(PANEL_BYTES)),
        step(v, "panels", i32(-1)),
      ),
    ),
};

/** The sums of a few rows and columns: from their start, over all inputs, to y. */
function tileOf(v: Variable, tile: { rows: number; vectors: number }, part: number): Code {
  const { rows, vectors } = tile;
  const cells = Array.from({ length: rows * vectors }, (_, i) => ({
    sum: v(`sum${i}`),
    row: Math.floor(i / vectors),
    offset: (part * vectors + i % vectors) * VECTOR,
  }));
  const rowAt = (name: string, stride: string, row: number) =>
    int.add(get(v(name)), int.mul(get(v(stride)), i32(row)));
  const turn = (inputs: number) =>
    all(
      ...Array.from({ length: inputs }, (_, i) => inputOf(v, tile, i)),
      ...Array.from({ length: rows }, (_, row) => step(v, `x${row}`, i32(inputs * FLOAT))),
      step(v, "wAt", i32(inputs * PANEL_BYTES)),
      step(v, "turns", i32(-1)),
    );
  return all(
    ...Array.from({ length: rows }, (_, row) => set(v(`x${row}`), rowAt("xRow", "xStride", row))),
    ...cells.map(({ sum, row, offset }) => set(sum, f32x4.load(rowAt("sRow", "startStride", row), offset))),
    set(v("wAt"), int.add(get(v("w")), i32(part * vectors * VECTOR))),
    set(v("turns"), int.shiftRight(get(v("inputs")), i32(2))),
    loopWhile(get(v("turns")), turn(UNROLLED)),
    set(v("turns"), int.and(get(v("inputs")), i32(UNROLLED - 1))),
    loopWhile(get(v("turns")), turn(1)),
    ...cells.map(({ sum, row, offset }) => f32x4.store(rowAt("yRow", "yStride", row), get(sum), offset)),
  );
}

/** One input's products, added to the sums. With few vectors they are kept for all rows, with one row its value is. */
function inputOf(v: Variable, { rows, vectors }: { rows: number; vectors: number }, input: number): Code {
  const weights = (i: number) => f32x4.load(get(v("wAt")), input * PANEL_BYTES + i * VECTOR);
  const held = rows > 1;
  return all(
    ...(held ? Array.from({ length: vectors }, (_, i) => set(v(`w${i}`), weights(i))) : []),
    ...Array.from({ length: rows }, (_, row) =>
      all(
        set(v("splat"), f32x4.loadSplat(get(v(`x${row}`)), input * FLOAT)),
        ...Array.from({ length: vectors }, (_, i) => {
          const sum = v(`sum${row * vectors + i}`);
          const product = f32x4.mul(get(v("splat")), held ? get(v(`w${i}`)) : weights(i));
          return set(sum, f32x4.add(get(sum), product));
        }),
      )),
  );
}

/** Vector by vector from src to dst. */
function elementwise(
  name: string,
  sources: readonly string[],
  locals: WasmFunction["locals"],
  body: (v: Variable, load: (source: string) => Code, store: (value: Code) => Code) => Code,
): WasmFunction {
  return {
    name,
    params: [...sources, "dst", "count"],
    locals,
    body: (v) => {
      const load = (source: string) => f32x4.load(get(v(source)));
      const store = (value: Code) => f32x4.store(get(v("dst")), value);
      return loopWhile(
        get(v("count")),
        all(
          body(v, load, store),
          ...[...sources, "dst"].map((name) => step(v, name, i32(VECTOR))),
          step(v, "count", i32(-4)),
        ),
      );
    },
  };
}

const add = elementwise("add", ["a", "b"], {}, (_, load, store) => store(f32x4.add(load("a"), load("b"))));
const relu = elementwise(
  "relu",
  ["src"],
  {},
  (_, load, store) => store(f32x4.greatest(load("src"), f32x4.constant(0))),
);

const siluLocals = { x: "v128", t: "v128", n: "v128", r: "v128", p: "v128" } as const;
const silu = elementwise("silu", ["src"], siluLocals, (v, load, store) => {
  const { constant, add, sub, mul, div, neg, least, greatest, powerOfTwo } = f32x4;
  const [x, t, n, r, p] = ["x", "t", "n", "r", "p"].map((name) => get(v(name))) as [
    Code,
    Code,
    Code,
    Code,
    Code,
  ];
  const rounder = constant(EXP.rounder);
  const [first, ...rest] = EXP.polynomial.map(constant) as [Code, ...Code[]];
  const power = mul(add(add(mul(p, mul(r, r)), r), constant(1)), powerOfTwo(n));
  return all(
    set(v("x"), load("src")),
    set(v("t"), greatest(least(neg(x), constant(EXP.greatest)), constant(EXP.least))),
    set(v("n"), sub(add(mul(t, constant(EXP.log2e)), rounder), rounder)),
    set(v("r"), sub(sub(t, mul(n, constant(EXP.ln2High))), mul(n, constant(EXP.ln2Low)))),
    set(v("p"), first),
    ...rest.map((coefficient) => set(v("p"), add(mul(p, r), coefficient))),
    store(div(x, add(constant(1), power))),
  );
});

/** From one address to another, which a variable holds each time. */
function along(v: Variable, from: Code, to: Code, stride: number, body: (at: Code) => Code): Code {
  const at = get(v("at"));
  return all(
    set(v("at"), from),
    set(v("end"), to),
    loopWhile(int.sub(get(v("end")), at), all(body(at), step(v, "at", i32(stride)))),
  );
}

/** The mean of a row, from its four sums. */
function meanOf(v: Variable, sum: Code): Code {
  const lane = (i: number) => f32x4.lane(sum, i);
  const total = f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)));
  return f32.div(total, f32.ofInteger(get(v("columns"))));
}

/** A row at a time. Columns behind the row's own are 0, so that they add nothing to the sums. */
const layerNorm: WasmFunction = {
  name: "layerNorm",
  params: ["src", "dst", "stride", "rows", "columns"],
  locals: { at: "i32", end: "i32", sum: "v128", factor: "v128" },
  body: (v) => {
    const [src, dst, sum, factor] = ["src", "dst", "sum", "factor"].map((name) => get(v(name))) as Row;
    const alongRow = (row: Code, body: (at: Code) => Code) =>
      along(v, row, int.add(row, get(v("stride"))), VECTOR, body);
    const inDst = (at: Code) => int.add(at, int.sub(dst, src));
    const adding = (value: (at: Code) => Code) => (at: Code) => set(v("sum"), f32x4.add(sum, value(at)));
    const square = (at: Code) => f32x4.mul(f32x4.load(at), f32x4.load(at));
    const deviation = f32.sqrt(f32.add(meanOf(v, sum), f32.constant(LAYER_NORM_EPSILON)));
    const ownEnd = int.add(dst, int.mul(get(v("columns")), i32(FLOAT))), end = int.add(dst, get(v("stride")));
    const row = all(
      set(v("sum"), f32x4.constant(0)),
      alongRow(src, adding(f32x4.load)),
      set(v("factor"), f32x4.splat(meanOf(v, sum))),
      alongRow(src, (at) => f32x4.store(inDst(at), f32x4.sub(f32x4.load(at), factor))),
      along(v, ownEnd, end, FLOAT, (at) => f32.store(at, f32.constant(0))),
      set(v("sum"), f32x4.constant(0)),
      alongRow(dst, adding(square)),
      set(v("factor"), f32x4.splat(f32.div(f32.constant(1), deviation))),
      alongRow(dst, (at) => f32x4.store(at, f32x4.mul(f32x4.load(at), factor))),
    );
    const next = ["src", "dst"].map((name) => step(v, name, get(v("stride"))));
    return loopWhile(get(v("rows")), all(row, ...next, step(v, "rows", i32(-1))));
  },
};
type Row = [src: Code, dst: Code, sum: Code, factor: Code];
