/**
 * The life of a job message: attempts, checkpoints, commit.
 *
 * @example
 * ```ts
 * import { createEmbeddedBus } from "@cugro/bus";
 * import { createJob, encodeFact, jobId, jobKey, resultKey } from "@cugro/protocol";
 * import { openFilesystemStore } from "@cugro/store";
 * import { createLog } from "@cugro/telemetry";
 * import { runWorker } from "@cugro/worker";
 * import { assertEquals } from "@std/assert";
 *
 * const root = await Deno.makeTempDir();
 * const [store, bus, stop] = [await openFilesystemStore({ root }), createEmbeddedBus(), new AbortController()];
 * const fields = { task: 1, oldTasks: 0, heldOutSeed: 0, replayRows: 0 };
 * const job = createJob("states.train", 7, fields, { dataset: { dataset: "0".repeat(64) } });
 * const message = { jobId: jobId(job), kind: job.kind, learner: "mine" } as const;
 * await store.put(jobKey(job.kind, message.jobId), encodeFact({ schema: 1, job, learner: "mine", task: 1 }));
 * await bus.subscribe("progress", () => {});
 * await bus.submit(message);
 * const handlers = {
 *   "states.train": () => {
 *     stop.abort();
 *     return Promise.resolve({ outputs: {}, metrics: { loss: 0.5 } });
 *   },
 * };
 * const log = createLog({ level: "silent" });
 * await runWorker({ store, bus, handlers, kinds: ["states.train"], profile: {}, signal: stop.signal, log });
 * assertEquals((await store.head(resultKey("states.train", message.jobId))) !== undefined, true);
 * await bus.close();
 * await store.close();
 * await Deno.remove(root, { recursive: true });
 * ```
 *
 * @module
 */
export type { JobOutput } from "./commit.ts";
export type { JobContext, Position } from "./job_context.ts";
export { Interrupted, PermanentError } from "./job_errors.ts";
export { openBytes, type OpenedInput, openInput, readInput } from "./read_input.ts";
export { type JobHandler, type JobHandlers, runWorker, type WorkerOptions } from "./worker.ts";
