/**
 * The life of a job message: attempts, checkpoints, commit.
 * @module
 */
export { type JobOutput } from "./commit.ts";
export { type JobContext, type Position } from "./job_context.ts";
export { Interrupted, PermanentError } from "./job_errors.ts";
export { openBytes, type OpenedInput, openInput, readInput } from "./read_input.ts";
export { type JobHandler, type JobHandlers, runWorker, type WorkerOptions } from "./worker.ts";
