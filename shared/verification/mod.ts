/**
 * Versions verified: jobs executed again, bytes compared, and a statement of it.
 * @module
 */
export type { ComparedCell } from "./compare_row.ts";
export type { Executed, Executor } from "./execute.ts";
export { layeredStore } from "./layered_store.ts";
export { PREDICATE_TYPE, statementOf } from "./statement.ts";
export {
  type Verdict,
  type Verification,
  type VerifiedJob,
  type VerifyOptions,
  verifyVersion,
} from "./verify_version.ts";
