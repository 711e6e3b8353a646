/**
 * Opens tfjs' WASM backend with the kernels of training repaired.
 *
 * Stock WASM training is more than ten times slower than it need be: a matrix product with a transposed operand, which is
 * two of the three products of every dense layer's training step, runs a naive loop, and so does the bias gradient's sum over
 * the batch. The repaired kernels transpose first and sum by a matrix product, both of which run on XNNPACK. As they
 * replace kernels, not gradients, they serve every way of asking for the same product. (Products of batches of matrices
 * keep the naive loop: nothing here asks for them.)
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import type * as tf from "tf";

type Info = tf.TensorInfo;
interface WasmBackend {
  disposeData(id: object): boolean;
  readSync(id: object): Float32Array;
  write(values: Float32Array, shape: number[], dtype: string): object;
  wasm: { _malloc(bytes: number): number; _free(address: number): void; HEAPU8: Uint8Array };
}
interface Call {
  inputs: Record<string, Info>;
  backend: WasmBackend;
  attrs: Record<string, unknown>;
}
type Kernel = (call: Call) => Info;

/**
 * Registers the repaired WASM backend on the shared copy of tfjs-core and selects it.
 *
 * @returns tfjs' version with the first digits of the hash of the binary in use.
 * @throws {Error} when tfjs cannot start it (it would fall back to its far slower plain JS backend).
 */
export async function openWasm(): Promise<{ library: string }> {
  const core = await import("tf");
  await import("@tensorflow/tfjs-layers"); // registers the gradients
  const { setWasmPaths, version_wasm } = await import("@tensorflow/tfjs-backend-wasm");
  const manifest = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json");
  const folder = join(dirname(manifest), "wasm-out") + sep;
  setWasmPaths(folder);
  const selected = await core.setBackend("wasm");
  if (!selected || core.getBackend() !== "wasm") throw new Error("The WASM backend could not be started");
  repairKernels(core);
  refuseFullHeap(core);
  const simd = await core.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  const binary = readFileSync(`${folder}tfjs-backend-wasm${simd ? "-simd" : ""}.wasm`);
  return {
    library: `tfjs-${version_wasm}+${createHash("sha256").update(binary).digest("hex").slice(0, 12)}`,
  };
}

/**
 * Replaces the slow kernels; the originals do the work inside.
 *
 * @param core tfjs, with the WASM backend registered
 */
export function repairKernels(core: typeof tf): void {
  // cast: tfjs types kernels by what all backends share.
  const original = (name: string): Kernel => core.getKernel(name, "wasm").kernelFunc as unknown as Kernel;
  const replace = (kernelName: string, kernelFunc: Kernel) => {
    core.unregisterKernel(kernelName, "wasm");
    core.registerKernel({
      kernelName,
      backendName: "wasm",
      // cast: as above.
      kernelFunc: kernelFunc as unknown as tf.KernelFunc,
    });
  };
  const transpose = original("Transpose");
  const repaired = withOneShapePerOperand();
  const matMul = withExplicitTransposes(repaired(original("BatchMatMul")), transpose);
  replace("BatchMatMul", matMul);
  replace("_FusedMatMul", withExplicitTransposes(repaired(original("_FusedMatMul")), transpose));
  replace("Sum", withMatMulOverLeadingAxes(original("Sum"), matMul, original("Fill")));
}

/** `op(a)·op(b)` as transposes followed by a plain product, which is the one that runs on XNNPACK. */
function withExplicitTransposes(product: Kernel, transpose: Kernel): Kernel {
  return ({ inputs, backend, attrs }) => {
    const made: Info[] = [];
    const straighten = (x: Info, transposed: unknown): Info => {
      if (!transposed) return x;
      const perm = x.shape.map((_, axis) => axis);
      perm.push(...perm.splice(-2).reverse());
      made.push(transpose({ inputs: { x }, backend, attrs: { perm } }));
      return made.at(-1)!;
    };
    const a = straighten(inputs.a!, attrs.transposeA);
    const b = straighten(inputs.b!, attrs.transposeB);
    const plain = { ...attrs, transposeA: false, transposeB: false };
    const out = product({ inputs: { ...inputs, a, b }, backend, attrs: plain });
    for (const info of made) backend.disposeData(info.dataId);
    return out;
  };
}

/**
 * The stock backend packs the right operand for XNNPACK once per buffer, whatever its shape: a reshaped view of the same
 * buffer is then multiplied as if it still had its first shape, and reads out of bounds. Other shapes get a copy.
 */
function withOneShapePerOperand(): (product: Kernel) => Kernel {
  const shapes = new WeakMap<object, string>();
  return (product) => ({ inputs, backend, attrs }) => {
    const b = inputs.b!;
    const shape = b.shape.slice(-2).join("x");
    const first = shapes.get(b.dataId) ?? shape;
    shapes.set(b.dataId, first);
    if (first === shape) return product({ inputs, backend, attrs });
    const dataId = backend.write(backend.readSync(b.dataId), b.shape, b.dtype);
    const out = product({ inputs: { ...inputs, b: { ...b, dataId } }, backend, attrs });
    backend.disposeData(dataId);
    return out;
  };
}

/** Sums over leading axes, `[n…, m…] -> [m…]`, as `ones [1, n] · x [n, m]`; all other sums as before. */
function withMatMulOverLeadingAxes(sum: Kernel, matMul: Kernel, fill: Kernel): Kernel {
  return (call) => {
    const { x } = call.inputs as { x: Info };
    const axes = axesOf(call.attrs.axis, x.shape.length);
    const leading = axes.length > 0 && axes.length < x.shape.length && axes.every((axis, i) => axis === i);
    const n = size(x.shape.slice(0, axes.length));
    const rest = x.shape.slice(axes.length);
    if (!leading || x.dtype !== "float32" || n === 0 || size(rest) === 0) return sum(call);
    const { backend } = call;
    const ones = fill({ inputs: {}, backend, attrs: { shape: [1, n], value: 1, dtype: "float32" } });
    const rows: Info = { dataId: x.dataId, shape: [n, size(rest)], dtype: "float32" };
    const out = matMul({
      inputs: { a: ones, b: rows },
      backend,
      attrs: { transposeA: false, transposeB: false },
    });
    backend.disposeData(ones.dataId);
    out.shape = call.attrs.keepDims ? [...axes.map(() => 1), ...rest] : rest;
    return out;
  };
}

function axesOf(axis: unknown, rank: number): number[] {
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, i) => i);
  const list = Array.isArray(axis) ? axis as number[] : [axis as number];
  return list.map((a) => a < 0 ? a + rank : a).sort((a, b) => a - b);
}

function size(shape: number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * The heap ends at 4 GiB. Beyond it the stock allocator wraps around and hands out addresses that are not there: tensors
 * of zeros, then corruption. Hence every later allocation is refused too: the process has to end.
 */
function refuseFullHeap(core: typeof tf): void {
  // cast: tfjs types no backend's own members.
  const { wasm } = core.backend() as unknown as WasmBackend;
  wasm._free(wasm._malloc(1)); // Emscripten puts the real function in place on the first call
  const malloc = wasm._malloc;
  let full = false;
  wasm._malloc = (bytes) => {
    // Above 2^32 the size itself would wrap around to a small one.
    const address = full || bytes >= 2 ** 32 ? 0 : malloc(bytes) >>> 0;
    full ||= address + bytes > wasm.HEAPU8.length;
    if (full || (address === 0 && bytes > 0)) {
      throw new RangeError(
        `The WASM heap (4 GiB) is full: cannot allocate ${bytes} bytes; use smaller batches`,
      );
    }
    return address;
  };
}
