/**
 * Which kernel computes, and the memory it computes in. One of each kind a thread.
 * @module
 */
import type { KernelFunctions } from "./kernel_functions.ts";
import { type Growing, type Memory, openMemory, plainGrowing, wasmGrowing } from "./memory.ts";
import { plainKernels } from "./plain_kernels.ts";
import { MAXIMUM_PAGES, wasmKernels } from "./wasm_kernels.ts";

/** `wasm`: WebAssembly with SIMD; `plain`: TypeScript, for where there is none. Answers are the same bytes. */
export type KernelName = "wasm" | "plain";

/** A kernel with its memory. */
export interface Kernels extends KernelFunctions {
  readonly name: KernelName;
  readonly memory: Memory;
  /** A place of at least so many bytes that every call may write to; what was in it is lost. */
  scratch(bytes: number): number;
}

const opened: Partial<Record<KernelName, Kernels>> = {};
/** What was found when nothing was asked for. */
let usual: KernelName | undefined;

/**
 * The kernel of this thread, which all its sessions share.
 *
 * @param name the one that is wanted; by default WebAssembly, and plain TypeScript where that is missing
 * @throws Error where WebAssembly is wanted and missing
 */
export function kernelsOf(name?: KernelName): Kernels {
  const wanted = name ?? usual ?? opened.wasm?.name;
  const present = wanted && opened[wanted];
  if (present !== undefined) return present;
  const kernels = openKernels(wanted);
  if (name === undefined) usual = kernels.name;
  return opened[kernels.name] ??= kernels;
}

/** Opens a kernel with a memory of its own; which one, and errors, as {@linkcode kernelsOf}. */
export function openKernels(name?: KernelName): Kernels {
  if (name === "plain") return withScratch("plain", (memory) => plainKernels(memory.floats), plainGrowing());
  try {
    const { memory, growing } = wasmGrowing(MAXIMUM_PAGES);
    return withScratch("wasm", () => wasmKernels(memory), growing);
  } catch (error) {
    if (name === "wasm") throw error;
    return openKernels("plain");
  }
}

function withScratch(
  name: KernelName,
  functionsOf: (memory: Memory) => KernelFunctions,
  growing: Growing,
): Kernels {
  const memory = openMemory(growing);
  let place: { address: number; bytes: number } | undefined;
  const scratch = (bytes: number) => {
    if (place !== undefined && place.bytes >= bytes) return place.address;
    if (place !== undefined) memory.release(place.address);
    place = { address: memory.take(bytes), bytes };
    return place.address;
  };
  return { name, memory, scratch, ...functionsOf(memory) };
}
