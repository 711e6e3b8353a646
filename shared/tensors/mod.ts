/**
 * The tensor library: one backend a process, and steps compiled into one call of it. What a step is stands in `./seam`, what
 * the environment may say in `./settings`.
 * @module
 */
export { hashFile, type NativeInstallation, nativeInstallation, openBackend, profileId } from "./backend.ts";
export { closeIdleSessions } from "./compile/graph_session.ts";
export { type Compute, type ComputeOptions, openCompute } from "./open_compute.ts";
