/**
 * The words every room shares: facts, jobs, events, object keys, tensor files. Pure data and parsing.
 * @module
 */
export * from "./acting.ts";
export * from "./canonical.ts";
export * from "./events.ts";
export * from "./fact_bytes.ts";
export * from "./facts.ts";
export * from "./jobs.ts";
export * from "./keys.ts";
export * from "./safetensors.ts";
export * from "./webhooks.ts";
