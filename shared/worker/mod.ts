/**
 * The life of a job message: attempts, checkpoints, commit.
 * @module
 */
export { type JobOutput } from "./commit.ts";
export { type JobContext } from "./job_context.ts";
export { Interrupted, PermanentError } from "./job_errors.ts";
export { openBytes, type OpenedInput, openInput, readInput } from "./read_input.ts";
export { type JobHandler, type JobHandlers, runWorker } from "./worker.ts";
