/**
 * Acting in this thread without a tensor library: from stored weights and normalisers to actions. See README.md.
 * @module
 */
export { type InferenceSession, openSession } from "./session.ts";
export type { InferenceActing, InferenceKnobs, SessionInput } from "./session_input.ts";
export type { SelectionKnobs } from "./selection.ts";
export type { KernelName } from "./kernels.ts";
