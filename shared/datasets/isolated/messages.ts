/**
 * What the thread of a file and its caller say to each other.
 * @module
 */
import type { Judged } from "../assemble.ts";
import type { FaultPlace } from "../dataset.ts";
import type { ReadOptions } from "../notice.ts";

/** A file to be read; its bytes are handed over. */
export interface Request {
  bytes: Uint8Array;
  file: string;
  options: ReadOptions;
}

/** The thread is loaded; then it answers once. */
export type Answer =
  | { ready: true }
  | { judged: Judged }
  | { refused: { place: FaultPlace; fault: string } }
  /** Something else was thrown. */
  | { failed: string };
