/**
 * Which kernel computes, and the memory it computes in. One of each kind a thread.
 * @module
 */
import type { KernelFunctions } from "./kernel_functions.ts";
import { type Memory, openMemory, plainGrowing, wasmGrowing } from "./memory.ts";
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

const open: Partial<Record<KernelName, Kernels>> = {};

/**
 * The kernel of this thread.
 *
 * @param name the one that is wanted; by default WebAssembly, and plain TypeScript where that is missing
 * @throws Error where WebAssembly is wanted and missing
 */
export function kernelsOf(name?: KernelName): Kernels {
  if (name !== undefined) return open[name] ??= openKernels(name);
  try {
    return kernelsOf("wasm");
  } catch {
    return kernelsOf("plain");
  }
}

/** Opens a kernel with a memory of its own. */
export function openKernels(name: KernelName): Kernels {
  if (name === "plain") {
    const memory = openMemory(plainGrowing());
    return withScratch(name, plainKernels(memory.floats), memory);
  }
  const { memory, growing } = wasmGrowing(MAXIMUM_PAGES);
  return withScratch(name, wasmKernels(memory), openMemory(growing));
}

function withScratch(name: KernelName, functions: KernelFunctions, memory: Memory): Kernels {
  let place: { address: number; bytes: number } | undefined;
  const scratch = (bytes: number) => {
    if (place !== undefined && place.bytes >= bytes) return place.address;
    if (place !== undefined) memory.release(place.address);
    place = { address: memory.take(bytes), bytes };
    return place.address;
  };
  return { name, memory, scratch, ...functions };
}
