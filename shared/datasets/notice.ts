/**
 * What is legal in a dataset and implausible: said beside "good", to people and to programs.
 * @module
 */
import type { Reading } from "@cugro/protocol";

/** Kinds of implausible things; a program may rely on these names. */
export const NOTICE_CODES = [
  "episode-ends-unknown",
  "episode-ends-shifted",
  "rows-interleaved",
  "rows-out-of-order",
  "rows-doubled",
  "reset-steps",
  "next-state-of-next-episode",
  "next-state-not-a-number",
  "terminals-at-time-limit",
  "terminals-in-a-row",
  "rows-padded",
  "rewards-all-zero",
  "returns-all-equal",
  "digits-lost",
  "actions-discrete",
  "values-never-written",
  "environment-not-run",
] as const;
/** One of {@link NOTICE_CODES}: a kind of implausible thing. */
export type NoticeCode = typeof NOTICE_CODES[number];

/** One implausible thing. `row` is 0-based, in the file; `advice`: what would put it right. */
export interface Notice {
  code: NoticeCode;
  field?: string;
  row?: number;
  message: string;
  advice: string;
}

/** How a file is to be read, where it does not say so itself. */
export type ReadOptions = Reading;
