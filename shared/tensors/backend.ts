/**
 * The tensor backend: native libtensorflow (CPU or NVIDIA GPU), else WASM with a warning.
 *
 * `openBackend` registers it on the one shared copy of tfjs-core, which the algorithm imports as `tf`. It is called once,
 * by a process's `main.ts`, before the first tensor is made.
 * @module
 */
import { nativeCpuFlags, openNative } from "./backend_native.ts";
import { openWasm } from "./backend_wasm.ts";
import { cpuFeatures, type Profile } from "./backend_profile.ts";
import { nativeInstalled } from "./native_files.ts";
import { type BackendName, type DeviceName, readSetting, tensorSettings } from "./tensor_settings.ts";

export { hashFile, type Profile, profileId } from "./backend_profile.ts";
export { type NativeInstallation, nativeInstallation } from "./native_files.ts";

/** What to open; what is left out comes from the environment (`tensor_settings.ts`). */
export interface BackendOptions {
  /** Never replaced by the other one when named. @default native where it is installed, else wasm */
  backend?: BackendName | undefined;
  /** `gpu` only with the native backend. @default "cpu" */
  device?: DeviceName | undefined;
  /** Whether whole steps are compiled, which only the native backend can. @default true */
  compile?: boolean | undefined;
  /** Whether the native library's announcements are shown while it is loaded. @default false */
  nativeLog?: boolean | undefined;
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

/** What a process opens once; whether steps are compiled on it is up to each caller. */
type Opened = Omit<Backend, "profile"> & { profile: Omit<Profile, "compile"> };

let opened: Promise<Opened> | undefined;

/**
 * Opens the tensor backend of this process; a second call returns the same one.
 *
 * @param options which backend and device; else as the environment says
 * @returns its name and profile
 * @throws {RangeError} when an option or environment variable has an unknown value, or when a second call asks for another
 * backend; Error when the native backend or a GPU was asked for and cannot be used (there is no silent fallback then).
 */
export async function openBackend(options: BackendOptions = {}): Promise<Backend> {
  const backend = options.backend ?? readSetting(tensorSettings.backend);
  const device = options.device ?? readSetting(tensorSettings.device) ?? "cpu";
  const compile = options.compile ?? readSetting(tensorSettings.compile) ?? true;
  const nativeLog = options.nativeLog ?? readSetting(tensorSettings.nativeLog) ?? false;
  if (backend === "wasm" && device === "gpu") throw new RangeError("Cannot use a GPU with the WASM backend");
  opened ??= open(backend, device, nativeLog);
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
  return { ...result, profile: { ...result.profile, compile: compile && result.name === "native" } };
}

async function open(
  wanted: BackendName | undefined,
  device: DeviceName,
  nativeLog: boolean,
): Promise<Opened> {
  if (wanted === "wasm") return await wasm(undefined);
  if (wanted === "native" || device === "gpu" || nativeInstalled()) {
    try {
      return await native(device, nativeLog);
    } catch (error) {
      if (wanted === "native" || device === "gpu") throw error;
      return await wasm(`libtensorflow could not be loaded (${(error as Error).message.split("\n")[0]})`);
    }
  }
  return await wasm("the native backend is not installed");
}

async function native(device: DeviceName, nativeLog: boolean): Promise<Opened> {
  const { library, threads } = await openNative(device, nativeLog);
  const profile = {
    backend: `native-${device}`,
    library,
    cpuFeatures: cpuFeatures(nativeCpuFlags()),
    threads,
  };
  return { name: "native", device, threads, profile };
}

/** `reason` is empty when WASM was asked for: then there is nothing to warn of. */
async function wasm(reason: string | undefined): Promise<Opened> {
  const { library } = await openWasm();
  // WebAssembly's arithmetic is the same on every CPU.
  const profile = { backend: "wasm", library, cpuFeatures: "any", threads: 1 };
  const backend: Opened = { name: "wasm", device: "cpu", threads: 1, profile };
  if (reason === undefined) return backend;
  const warning =
    `Using the WASM backend, several times slower, as ${reason}: run \`deno task setup\` to change it`;
  return { ...backend, warning };
}
