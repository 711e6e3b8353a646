/** The profile: everything outside a job's inputs that its bytes depend on. */
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Equal profiles give equal bytes; checkpoints of another profile are not resumed. Deterministic on one machine. */
export interface Profile {
  /** `native-cpu`, `native-gpu` or `wasm`. */
  backend: string;
  /** Version of the tensor library and the first 12 hex digits of the hash of its binary. */
  library: string;
  /** Short hash of the CPU's instruction-set flags: libtensorflow picks its kernels by them. */
  cpuFeatures: string;
  /** Compute threads of one operation. */
  threads: number;
  /** Whether whole training steps run as one compiled graph call. */
  compile: boolean;
}

/** The profile in one line, for logs and comparison. */
export function profileId(profile: Profile): string {
  const { backend, library, cpuFeatures, threads, compile } = profile;
  return `${backend}/${library}/${cpuFeatures}/t${threads}/${compile ? "compiled" : "eager"}`;
}

/** First 8 hex digits of the hash of this CPU's sorted instruction-set flags (its model name where there are none). */
export function cpuFeatures(): string {
  return createHash("sha256").update(cpuFlags()).digest("hex").slice(0, 8);
}

function cpuFlags(): string {
  try {
    const line = readFileSync("/proc/cpuinfo", "utf8").match(/^(?:flags|Features)\s*:\s*(.+)$/m)?.[1];
    if (line) return line.trim().split(/\s+/).sort().join(" ");
  } catch {
    // No /proc outside Linux.
  }
  return cpus()[0]?.model ?? "unknown";
}

/** SHA-256 of a file in hex, read in pieces: the library has 800 MB. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(piece as Uint8Array);
  }
  return hash.digest("hex");
}
