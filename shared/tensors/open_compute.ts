/**
 * The one place that decides how steps are computed: compiled where the backend can and may, else operation by operation.
 * @module
 */
import { type Backend, type BackendOptions, openBackend, type Profile } from "./backend.ts";
import { nativeCompile } from "./compile/native_compile.ts";
import { type Compile, eager } from "./seam.ts";

/** What steps are computed with. */
export interface Compute {
  backend: Backend;
  /** The backend's. */
  profile: Profile;
  compile: Compile;
}

/** What to open, and where warnings go. */
export interface ComputeOptions extends BackendOptions {
  /**
   * Called when something is slower than it could be: the backend is not the native one, or a step cannot be compiled.
   * @default console.warn
   */
  warn?: (message: string) => void;
}

/**
 * Opens the tensor backend of this process, as {@linkcode openBackend} does, and the way to run steps on it.
 *
 * @param options backend, device, whether steps are compiled
 * @returns `compile`, and the backend's profile
 * @throws {RangeError} as `openBackend` does, when an option or a variable cannot be used.
 */
export async function openCompute(
  { warn = console.warn, ...options }: ComputeOptions = {},
): Promise<Compute> {
  const backend = await openBackend(options);
  if (backend.warning !== undefined) warn(backend.warning);
  const { device, profile } = backend;
  return { backend, profile, compile: profile.compile ? nativeCompile({ device, warn }) : eager };
}
