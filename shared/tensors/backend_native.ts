/** Opens libtensorflow through tfjs-node-gpu's binding, as `scripts/setup/setup.ts` has installed it. */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import util from "node:util";
import type * as tf from "tf";
import { hashFile } from "./backend_profile.ts";
import type { DeviceName } from "./settings.ts";

/** Written beside the binding by the set-up. */
export interface NativeInstallation {
  /** For instance `tensorflow-cpu-2.21.0`. */
  name: string;
  /** What the library was made for. */
  variant: "cpu" | "gpu";
  /** Absolute path of `libtensorflow_cc.so.2`. */
  library: string;
  /** SHA-256 of that file, in hex. */
  librarySha256: string;
}

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

/** Path of the binding inside the installed package, whether or not it exists; undefined without the package. */
export function bindingPath(): string | undefined {
  try {
    const manifest = require.resolve("@tensorflow/tfjs-node-gpu/package.json");
    return join(dirname(manifest), "lib", "napi-v8", "tfjs_binding.node");
  } catch {
    return undefined;
  }
}

/** Whether the set-up has put a binding in place. */
export function nativeInstalled(): boolean {
  const path = bindingPath();
  return path !== undefined && existsSync(path);
}

/** What the set-up has installed; undefined without a native backend or with one it did not install. */
export function nativeInstallation(): NativeInstallation | undefined {
  const path = bindingPath();
  if (path === undefined || !existsSync(path)) return undefined;
  const manifest = join(dirname(realpathSync(path)), "manifest.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : undefined;
}

/**
 * Loads libtensorflow and registers it as tfjs' backend.
 *
 * @returns the library's name with the first digits of its hash, and the number of compute threads (1).
 * @throws Error when it is not installed, cannot be loaded, or a GPU was asked for and is not used.
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
  const load = () => import("@tensorflow/tfjs-node-gpu");
  await (showLog ? load() : quietly(path, load));
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

/** Runs `load` and passes on what the library says meanwhile, except its oneDNN announcement. */
async function quietly(binding: string, load: () => Promise<unknown>): Promise<void> {
  const filterPath = join(dirname(realpathSync(binding)), "stderr_filter.node");
  if (!existsSync(filterPath)) return void await load();
  const filter = require(filterPath) as { begin(): boolean; end(): string };
  filter.begin();
  let said = "";
  try {
    await load();
  } finally {
    said = filter.end();
  }
  const rest = said.split("\n").filter((line) =>
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
