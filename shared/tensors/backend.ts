/**
 * The tensor backend: native libtensorflow (CPU or NVIDIA GPU), else WASM with a warning.
 *
 * `openBackend` registers it on the one shared copy of tfjs-core, which the algorithm imports as `tf`. It is called once,
 * by a process's `main.ts`, before the first tensor is made.
 * @module
 */
import process from "node:process";
import { nativeInstalled, openNative } from "./backend_native.ts";
import { openWasm } from "./backend_wasm.ts";
import { cpuFeatures, type Profile } from "./backend_profile.ts";

export { hashFile, type Profile, profileId } from "./backend_profile.ts";
export { type NativeInstallation, nativeInstallation } from "./backend_native.ts";

/** The two implementations of the tensor backend. */
export type BackendName = "native" | "wasm";

/** Where the native backend computes. */
export type DeviceName = "cpu" | "gpu";

/** What to open; what is left out comes from `CUGRO_BACKEND` and `CUGRO_DEVICE`, then from what is installed. */
export interface BackendOptions {
  /** Never replaced by the other one when named. */
  backend?: BackendName;
  /** `gpu` only with the native backend. */
  device?: DeviceName;
}

/** The backend that is open in this process. */
export interface Backend {
  /** Which implementation. */
  name: BackendName;
  /** Where it computes. */
  device: DeviceName;
  /** Compute threads of an operation: always 1 on a CPU, so that results do not depend on the machine's load. */
  threads: number;
  /** What results depend on, besides their inputs. */
  profile: Profile;
  /** What a person should know: what is slower than it could be, and how to change it. */
  warning?: string;
}

let opened: Promise<Backend> | undefined;

/**
 * Opens the tensor backend of this process; a second call returns the first one's backend.
 *
 * @throws RangeError when an option or environment variable has an unknown value, or when a second call asks for another
 * backend; Error when the native backend or a GPU was asked for and cannot be used (there is no silent fallback then).
 */
export async function openBackend(options: BackendOptions = {}): Promise<Backend> {
  const backend = options.backend ?? choice("CUGRO_BACKEND", ["native", "wasm"] as const);
  const device = options.device ?? choice("CUGRO_DEVICE", ["cpu", "gpu"] as const) ?? "cpu";
  if (backend === "wasm" && device === "gpu") throw new RangeError("Cannot use a GPU with the WASM backend");
  opened ??= open(backend, device);
  const result = await opened.catch((error) => {
    opened = undefined;
    throw error;
  });
  if ((backend ?? result.name) !== result.name || device !== result.device) {
    throw new RangeError(
      `Cannot open the ${
        backend ?? result.name
      } backend on ${device}: this process has opened ${result.name} on ${result.device}`,
    );
  }
  return result;
}

async function open(wanted: BackendName | undefined, device: DeviceName): Promise<Backend> {
  if (wanted === "wasm") return await wasm(undefined);
  if (wanted === "native" || device === "gpu" || nativeInstalled()) {
    try {
      return await native(device);
    } catch (error) {
      if (wanted === "native" || device === "gpu") throw error;
      return await wasm(`libtensorflow could not be loaded (${(error as Error).message.split("\n")[0]})`);
    }
  }
  return await wasm("the native backend is not installed");
}

async function native(device: DeviceName): Promise<Backend> {
  const { library, threads } = await openNative(device);
  const compile = !["0", "false", "off", "no"].includes((process.env.CUGRO_COMPILE ?? "").toLowerCase());
  const profile = { backend: `native-${device}`, library, cpuFeatures: cpuFeatures(), threads, compile };
  return { name: "native", device, threads, profile };
}

/** `reason` is empty when WASM was asked for: then there is nothing to warn of. */
async function wasm(reason: string | undefined): Promise<Backend> {
  const { library } = await openWasm();
  // WebAssembly's arithmetic is the same on every CPU.
  const profile = { backend: "wasm", library, cpuFeatures: "any", threads: 1, compile: false };
  const backend: Backend = { name: "wasm", device: "cpu", threads: 1, profile };
  if (reason === undefined) return backend;
  const warning =
    `Using the WASM backend, several times slower, as ${reason}: run \`deno task setup\` to change it`;
  return { ...backend, warning };
}

function choice<T extends string>(name: string, allowed: readonly T[]): T | undefined {
  const value = process.env[name];
  if (value === undefined || value === "") return undefined;
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new RangeError(
    `Cannot use ${name} as it must be ${allowed.join(" or ")}: current value is "${value}"`,
  );
}
