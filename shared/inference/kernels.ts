/**
 * Which kernel computes, and the memory it computes in. One of each kind a thread.
 * @module
 */
import type { KernelFunctions } from "./kernel_functions.ts";
import { floatsOf, type Growing, type Memory, openMemory, plainGrowing, wasmGrowing } from "./memory.ts";
import { plainKernels } from "./plain_kernels.ts";
import { MAXIMUM_PAGES, wasmKernels } from "./wasm_kernels.ts";

/** `wasm`: WebAssembly with SIMD; `plain`: TypeScript, for where there is none. Answers are the same bytes. */
export type KernelName = "wasm" | "plain";

/** A kernel that computes with what is placed in a memory. */
export interface Computing extends KernelFunctions {
  /** All numbers of the memory, until it grows. */
  floats(): Float32Array;
  /** Scratch memory of at least `bytes` bytes that every call may write to; what was in it is lost. */
  scratch(bytes: number): number;
}

/** A kernel with its memory. */
export interface Kernels extends Computing {
  readonly name: KernelName;
  readonly memory: Memory;
  /** The memory itself, where threads may be given it. */
  readonly shared: WebAssembly.Memory | undefined;
}

const opened: Partial<Record<KernelName | "shared", Kernels>> = {};
/** The default kernel, once determined. */
let usual: KernelName | undefined;

/**
 * The kernel of this thread, which all its sessions share.
 *
 * @param name the one that is wanted; by default WebAssembly, and plain TypeScript where that is missing
 * @returns the same one for the same name
 * @throws {Error} where WebAssembly is wanted and missing
 */
export function kernelsOf(name?: KernelName): Kernels {
  const wanted = name ?? usual ?? opened.wasm?.name;
  const present = wanted && opened[wanted];
  if (present !== undefined) return present;
  const kernels = openKernels(wanted);
  if (name === undefined) usual = kernels.name;
  return opened[kernels.name] ??= kernels;
}

/**
 * The kernel of all sessions of this thread that others may join in; one that they cannot where WebAssembly is missing.
 *
 * @returns in shared memory, or plain ones
 */
export function sharedKernels(): Kernels {
  if (opened.shared) return opened.shared;
  try {
    return opened.shared = openWasm(true);
  } catch {
    return kernelsOf("plain");
  }
}

/**
 * Opens a kernel with a memory of its own.
 *
 * @param name as for {@linkcode kernelsOf}
 * @returns plain TypeScript where WebAssembly is not asked for by name, and missing
 * @throws {Error} where WebAssembly is wanted and missing
 */
export function openKernels(name?: KernelName): Kernels {
  if (name === "plain") return withScratch("plain", (memory) => plainKernels(memory.floats), plainGrowing());
  try {
    return openWasm(false);
  } catch (error) {
    if (name === "wasm") throw error;
    return openKernels("plain");
  }
}

function openWasm(shared: boolean): Kernels {
  const { memory, growing } = wasmGrowing(MAXIMUM_PAGES, shared);
  return withScratch("wasm", () => wasmKernels(memory, shared), growing, shared ? memory : undefined);
}

function withScratch(
  name: KernelName,
  functionsOf: (memory: Memory) => KernelFunctions,
  growing: Growing,
  shared?: WebAssembly.Memory,
): Kernels {
  const memory = openMemory(growing);
  let place: { address: number; bytes: number } | undefined;
  const scratch = (bytes: number) => {
    if (place !== undefined && place.bytes >= bytes) return place.address;
    if (place !== undefined) memory.release(place.address);
    place = { address: memory.take(bytes), bytes };
    return place.address;
  };
  return { name, memory, shared, floats: memory.floats, scratch, ...functionsOf(memory) };
}

/** A place in a shared memory that one thread alone computes in. */
export interface WorkPlace {
  address: number;
  bytes: number;
}

/**
 * A kernel in the memory of another thread, which alone gives out places; `place` says which one is its own, at each call.
 *
 * @param memory shared, of another thread
 * @param place the bytes that this thread may write to
 * @returns throws a RangeError where a call needs more
 */
export function openJoined(memory: WebAssembly.Memory, place: () => WorkPlace): Computing {
  const scratch = (bytes: number) => {
    const { address, bytes: given } = place();
    if (bytes <= given) return address;
    throw new RangeError(`Cannot compute in ${given} bytes as ${bytes} are needed`);
  };
  return { floats: floatsOf(() => memory.buffer), scratch, ...wasmKernels(memory, true) };
}
