/**
 * The words every room shares: facts, jobs, events, object keys, tensor files. Pure data and parsing.
 * @module
 */
export * from "./act_socket.ts";
export * from "./acting.ts";
export * from "./canonical.ts";
export * from "./deletions.ts";
export * from "./environment.ts";
export * from "./episode_hashes.ts";
export * from "./evaluations.ts";
export * from "./evaluator_messages.ts";
export * from "./event_data.ts";
export * from "./events.ts";
export * from "./fact_bytes.ts";
export * from "./facts.ts";
export * from "./row_cell.ts";
export * from "./gymnasium.ts";
export * from "./input_ref.ts";
export * from "./job_kind_queries.ts";
export * from "./job_kinds.ts";
export * from "./job_objects.ts";
export * from "./jobs.ts";
export {
  checkKey,
  type Key,
  KEY_SHAPES,
  type KeyKind,
  type KeyOf,
  makeKey,
  MAX_KEY_BYTES,
  parseKey,
} from "./key_grammar.ts";
export { keyPattern } from "./key_pattern.ts";
export * from "./keys.ts";
export * from "./labels.ts";
export { fitsPattern } from "./name_patterns.ts";
export {
  checkLearnerName,
  HASH,
  LEARNER_NAME,
  looksUnfinished,
  PROBLEM_ID,
  safeFileName,
  WEBHOOK_ID,
} from "./names.ts";
export * from "./parse_job.ts";
export * from "./portable_policy.ts";
export * from "./problems.ts";
export * from "./reading.ts";
export * from "./reading_texts.ts";
export * from "./revisions.ts";
export * from "./safetensors.ts";
export * from "./states.ts";
export { headerBytes, type TensorPlace, tensorPlaces } from "./tensor_places.ts";
export * from "./typed_jobs.ts";
export * from "./webhooks.ts";
export * from "./ways_of_acting.ts";
