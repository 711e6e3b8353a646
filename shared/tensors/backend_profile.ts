/** The profile: everything outside a job's inputs that its bytes depend on. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";

/** Equal profiles give equal bytes; checkpoints of another profile are not resumed. Deterministic on one machine. */
export interface Profile {
  /** `native-cpu`, `native-gpu` or `wasm`. */
  backend: string;
  /** Version of the tensor library and the first 12 hex digits of the hash of its binary. */
  library: string;
  /**
   * Short hash of the CPU's instruction-set flags: libtensorflow picks its kernels by them. `unknown-` and a number of
   * this process's own where nothing tells the flags: nobody can say then that two machines are alike.
   */
  cpuFeatures: string;
  /** Compute threads of one operation. */
  threads: number;
  /** Whether whole training steps run as one compiled graph call. */
  compile: boolean;
}

/**
 * The profile in one line, for logs and comparison.
 *
 * @param profile what bytes depend on
 * @returns parts with slashes between
 */
export function profileId(profile: Profile): string {
  const { backend, library, cpuFeatures, threads, compile } = profile;
  return `${backend}/${library}/${cpuFeatures}/t${threads}/${compile ? "compiled" : "eager"}`;
}

/**
 * First 8 hex digits of the hash of this CPU's sorted instruction-set flags; see {@linkcode Profile.cpuFeatures} for a
 * CPU that does not tell them.
 *
 * @param flags as `/proc/cpuinfo` has them. @default read there
 * @returns 8 hexadecimal digits
 */
export function cpuFeatures(flags: string | undefined = cpuinfoFlags()): string {
  const sorted = (flags ?? "").trim().split(/\s+/).filter((flag) => flag !== "").sort().join(" ");
  if (sorted === "") return UNKNOWN;
  return createHash("sha256").update(sorted).digest("hex").slice(0, 8);
}

/** The name of a model would not do: two machines of one model may have other features, as their hypervisors like. */
const UNKNOWN = `unknown-${randomBytes(4).toString("hex")}`;

function cpuinfoFlags(): string | undefined {
  try {
    return readFileSync("/proc/cpuinfo", "utf8").match(/^(?:flags|Features)\s*:\s*(.+)$/m)?.[1];
  } catch {
    // No /proc outside Linux, nor for a process without every permission.
    return undefined;
  }
}

/**
 * SHA-256 of a file in hex, read in pieces: the library has 800 MB.
 *
 * @param path of the file
 * @returns 64 hexadecimal digits
 */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(piece as Uint8Array);
  }
  return hash.digest("hex");
}
