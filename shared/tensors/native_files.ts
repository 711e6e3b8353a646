/**
 * Where the set-up has put native code. Imports no package: the starter of a confined process needs these paths for its
 * permissions, and loads no tensor library for them.
 * @module
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

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

/** Name of the addon beside the binding that catches stderr and reads the processor's flags. */
export const HELPER = "process_helper.node";

/**
 * Path of the binding inside the installed package, whether or not it exists; undefined without the package.
 *
 * @returns a path
 */
export function bindingPath(): string | undefined {
  try {
    const manifest = require.resolve("@tensorflow/tfjs-node-gpu/package.json");
    return join(dirname(manifest), "lib", "napi-v8", "tfjs_binding.node");
  } catch {
    return undefined;
  }
}

/**
 * Whether the set-up has put a binding in place.
 *
 * @returns whether its file exists
 */
export function nativeInstalled(): boolean {
  const path = bindingPath();
  return path !== undefined && existsSync(path);
}

/**
 * What the set-up has installed; undefined without a native backend or with one it did not install.
 *
 * @returns name, variant, path and hash of the library
 */
export function nativeInstallation(): NativeInstallation | undefined {
  const manifest = besideBinding("manifest.json");
  return manifest === undefined ? undefined : JSON.parse(readFileSync(manifest, "utf8"));
}

/**
 * Path of the helper addon; undefined where the set-up has not put one in place.
 *
 * @returns a path
 */
export function helperPath(): string | undefined {
  return besideBinding(HELPER);
}

/**
 * Real paths of the libraries that a process loads for the native backend; none where it is not installed.
 *
 * @returns paths
 */
export function nativeLibraries(): string[] {
  if (!nativeInstalled()) return [];
  return [realpathSync(bindingPath()!), helperPath()].filter((path) => path !== undefined);
}

function besideBinding(name: string): string | undefined {
  const path = bindingPath();
  if (path === undefined || !existsSync(path)) return undefined;
  const beside = join(dirname(realpathSync(path)), name);
  return existsSync(beside) ? beside : undefined;
}
