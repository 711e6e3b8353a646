/**
 * Shapes of what the gateway takes and gives.
 * @module
 */
export * from "./arrivals.ts";
export * from "./evaluations.ts";
export * from "./history.ts";
export * from "./labels.ts";
export * from "./learners.ts";
export * from "./live.ts";
export * from "./memory.ts";
export * from "./paths.ts";
export * from "./problem.ts";
export * from "./problems.ts";
export * from "./queries.ts";
export * from "./tokens.ts";
export * from "./validation.ts";
export * from "./versions.ts";
export * from "./webhooks.ts";
export { likelyField } from "./body_fields.ts";
