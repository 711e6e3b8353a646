/**
 * Which files of onnxruntime are needed, and where they are. Alone, so that the set-up can read it before there are packages.
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package that has them. */
export const ONNXRUNTIME = { package: "onnxruntime-web", version: "1.30.0" } as const;
/** Its two files, and their SHA-256. */
export const ONNXRUNTIME_FILES = {
  "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
  "ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
} as const;
/** Where the set-up puts them: beside the packages, so that they go when these go. */
export const ONNXRUNTIME_FOLDER = fileURLToPath(
  new URL(`../../../node_modules/.cugro-onnxruntime-${ONNXRUNTIME.version}`, import.meta.url),
);
/** The line that installs it. */
export const ONNXRUNTIME_SETUP = "deno task setup --export";

/**
 * Whether onnxruntime is installed.
 *
 * @param folder where setup puts it
 * @returns by the names of its files
 */
export function hasOnnxRuntime(folder = ONNXRUNTIME_FOLDER): boolean {
  return Object.keys(ONNXRUNTIME_FILES).every((name) => existsSync(join(folder, name)));
}
