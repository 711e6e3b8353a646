/**
 * The tensor library: one backend a process, and steps compiled into one call of it.
 * @module
 */
export { eagerStep } from "./compile/eager_step.ts";
export { hashFile, type NativeInstallation, nativeInstallation, openBackend, profileId } from "./backend.ts";
export { nativeCompile } from "./compile/native_compile.ts";
export { closeIdleSessions } from "./compile/session.ts";
export { type Compile } from "./compile/step.ts";
