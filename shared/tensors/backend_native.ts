/** Opens libtensorflow through tfjs-node-gpu's binding, as `scripts/setup/setup.ts` has installed it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import util from "node:util";
import type * as tf from "tf";
import { hashFile } from "./backend_profile.ts";
import { bindingPath, helperPath, nativeInstallation } from "./native_files.ts";
import type { DeviceName } from "./tensor_settings.ts";

const require = createRequire(import.meta.url);

/**
 * What the library reads from the environment, and must find there before it is loaded. One thread: results do not depend
 * on load, and processes are our parallelism. oneDNN is on: at width 512 a training step takes 0.8 of the time without it.
 */
const CPU_ENVIRONMENT = {
  TF_CPP_MIN_LOG_LEVEL: "2",
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
  OMP_NUM_THREADS: "1",
  TF_ENABLE_ONEDNN_OPTS: "1",
};

/**
 * Loads libtensorflow and registers it as tfjs' backend.
 *
 * @param device processor or GPU
 * @param showLog whether TensorFlow's own log is shown
 * @returns the library's name with the first digits of its hash, and the number of compute threads (1).
 * @throws {Error} when it is not installed, cannot be loaded, or a GPU was asked for and is not used.
 */
export async function openNative(
  device: DeviceName,
  showLog: boolean,
): Promise<{ library: string; threads: number }> {
  const path = bindingPath();
  if (path === undefined || !existsSync(path)) {
    throw new Error(
      `The native backend is not installed: run \`${
        device === "gpu" ? "CUGRO_DEVICE=gpu " : ""
      }deno task setup\``,
    );
  }
  prepareEnvironment(device);
  const load = () => withBinding(path, () => import("@tensorflow/tfjs-node-gpu"));
  await (showLog ? load() : quietly(load));
  const core = await import("tf");
  if (core.getBackend() !== "tensorflow") {
    throw new Error(`tfjs chose "${core.getBackend()}" instead of libtensorflow`);
  }
  if (device === "gpu") checkGpu(core);
  return { library: await libraryName(path), threads: 1 };
}

function prepareEnvironment(device: DeviceName): void {
  Object.assign(process.env, CPU_ENVIRONMENT);
  // A library that can use a GPU would; the shared card's memory must not be taken whole by the first process.
  if (device === "cpu") process.env.CUDA_VISIBLE_DEVICES = "";
  else process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  // tfjs-node 4.22 calls two functions that Node 23 and Deno have dropped.
  // cast: the types know neither the functions that are gone nor how to put them back.
  const legacy = util as unknown as Record<string, unknown>;
  legacy.isNullOrUndefined ??= (value: unknown) => value === undefined || value === null;
  legacy.isArray ??= Array.isArray;
}

/**
 * tfjs-node-gpu asks the installer of its binding where the binding is. We know; the installer reads the whole environment
 * and brings an archiver, a downloader and two dozen packages more, which therefore need not be there.
 */
async function withBinding(path: string, load: () => Promise<unknown>): Promise<void> {
  // cast: the types of `node:module` leave out what every loader of CommonJS goes through.
  const modules = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const original = modules._load;
  modules._load = (request, ...rest) =>
    request === "@mapbox/node-pre-gyp" ? { find: () => path } : original.call(modules, request, ...rest);
  try {
    await load();
  } finally {
    modules._load = original;
  }
}

/** What the helper addon can do (`native/process_helper.cc`). */
interface ProcessHelper {
  beginCapture(): boolean;
  endCapture(): string;
  cpuFlags(): string;
}

function processHelper(): ProcessHelper | undefined {
  const path = helperPath();
  return path === undefined ? undefined : require(path) as ProcessHelper;
}

/**
 * The processor's instruction-set flags, also where `/proc` is closed to JavaScript; undefined if nothing tells them.
 *
 * @returns words with spaces between
 */
export function nativeCpuFlags(): string | undefined {
  return processHelper()?.cpuFlags() || undefined;
}

/** Runs `load` and passes on what the library says meanwhile, except its oneDNN announcement. */
async function quietly(load: () => Promise<unknown>): Promise<void> {
  const helper = processHelper();
  if (helper === undefined) return void await load();
  helper.beginCapture();
  let printed = "";
  try {
    await load();
  } finally {
    printed = helper.endCapture();
  }
  const rest = printed.split("\n").filter((line) =>
    line && !/absl::InitializeLog|oneDNN custom operations/.test(line)
  );
  if (rest.length) process.stderr.write(rest.join("\n") + "\n");
}

async function libraryName(binding: string): Promise<string> {
  const installed = nativeInstallation();
  if (installed) return `${installed.name}+${installed.librarySha256.slice(0, 12)}`;
  const library = join(dirname(binding), "..", "..", "deps", "lib", "libtensorflow_cc.so.2");
  return `libtensorflow+${(await hashFile(library)).slice(0, 12)}`;
}

/** Refuses to go on unless tensors live on the GPU and its arithmetic is right. */
function checkGpu(core: typeof tf): void {
  // cast: tfjs types no backend's own members.
  const backend = core.backend() as unknown as { isGPUPackage: boolean; isUsingGpuDevice: boolean };
  if (!backend.isUsingGpuDevice) {
    throw new Error(
      `A GPU was asked for and libtensorflow does not use one. GPUs the driver shows: ${visibleGpus()}. ` +
        `Installed library: ${nativeInstallation()?.name ?? "unknown"}` +
        `${
          nativeInstallation()?.variant === "gpu"
            ? ""
            : " (made for CPUs: run `CUGRO_DEVICE=gpu deno task setup`)"
        }. ` +
        "`CUGRO_NATIVE_LOG=on TF_CPP_MIN_LOG_LEVEL=0` shows why; without CUGRO_DEVICE=gpu the CPU is used",
    );
  }
  const error = matMulError(core);
  if (!(error < 1e-2)) throw new Error(`The GPU multiplies matrices wrongly: largest error is ${error}`);
}

/** Largest absolute error of a 64 x 64 matrix product against plain JS; entries are of order 1 (TF32 errs by about 1e-3). */
function matMulError(core: typeof tf): number {
  const n = 64;
  const a = Float32Array.from({ length: n * n }, (_, i) => Math.sin(i));
  const b = Float32Array.from({ length: n * n }, (_, i) => Math.cos(3 * i));
  const product = core.tidy(() => core.matMul(core.tensor2d(a, [n, n]), core.tensor2d(b, [n, n])).dataSync());
  let worst = 0;
  for (let i = 0; i < n * n; i++) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[Math.floor(i / n) * n + k]! * b[k * n + (i % n)]!;
    worst = Math.max(worst, Math.abs(sum - product[i]!));
  }
  return worst;
}

function visibleGpus(): string {
  const folder = "/proc/driver/nvidia/gpus";
  try {
    const models = readdirSync(folder).map((id) =>
      readFileSync(join(folder, id, "information"), "utf8").match(/Model:\s*(.+)/)?.[1] ?? id
    );
    return models.join(", ") || "none";
  } catch {
    return "none (no NVIDIA driver)";
  }
}
