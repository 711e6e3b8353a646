/**
 * Shapes of what the gateway takes and gives.
 * @module
 */
export * from "./arrival_schemas.ts";
export * from "./evaluation_schemas.ts";
export * from "./history_schemas.ts";
export * from "./label_schemas.ts";
export * from "./learner_schemas.ts";
export * from "./live_schemas.ts";
export * from "./memory_schemas.ts";
export * from "./paths.ts";
export * from "./problem_details_schema.ts";
export * from "./problem_schemas.ts";
export * from "./queries.ts";
export * from "./token_schemas.ts";
export * from "./validation_schemas.ts";
export * from "./version_schemas.ts";
export * from "./webhook_schemas.ts";
export { likelyField } from "./body_fields.ts";
