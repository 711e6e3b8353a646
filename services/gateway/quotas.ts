/**
 * What one token may have at a time, so that none takes what belongs to all. Defaults of the gateway, and other numbers
 * where a token's entry in the file says so.
 * @module
 */
import type { LearnerFacts } from "@cugro/learners";
import { z } from "zod";
import { Problem } from "./problem_details.ts";

/** Every quota with its default. Files: of one learner, so that a token has at most `learners` times as many. */
export const QUOTAS = {
  /** Streams of events, at a time and in one process. */
  streams: 32,
  /** WebSockets for acting, at a time and in one process. */
  sockets: 64,
  /** Learners of its patterns, made by whomever. */
  learners: 500,
  /** Webhooks that it made. */
  webhooks: 50,
  /** Files of a learner that wait to be judged. */
  waitingFiles: 200,
  /** Files of a learner that were rejected, of those that arrived in the last 24 hours. */
  rejectedFiles: 500,
} as const;

/** A number for each of {@link QUOTAS}. */
export type Quotas = Record<keyof typeof QUOTAS, number>;

const number = z.int("must be a whole number").min(0, "must be at least 0");
/** Quotas of a token that are not the gateway's. */
export const quotasSchema = z.strictObject({
  streams: number,
  sockets: number,
  learners: number,
  webhooks: number,
  waitingFiles: number,
  rejectedFiles: number,
}).partial();

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Reads `name=number,...`.
 *
 * @param text such as `streams=8,webhooks=5`
 * @returns those that are named
 * @throws {RangeError} naming the part that is wrong
 */
export function parseQuotas(text: string): Partial<Quotas> {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const pairs = parts.map((part) => {
    const [name, value, ...more] = part.split("=").map((piece) => piece.trim());
    if (name && Object.hasOwn(QUOTAS, name) && value && /^\d{1,9}$/.test(value) && more.length === 0) {
      return [name, Number(value)] as const;
    }
    throw new RangeError(
      `A quota must be NAME=NUMBER with a name of ${
        Object.keys(QUOTAS).join(", ")
      }: current value is "${part}"`,
    );
  });
  return Object.fromEntries(pairs);
}

/**
 * Refuses one more of what the token has as many of as it may.
 *
 * @param name of the quota
 * @param about how many there are, and what the answer says
 * @throws {Problem} of this status
 */
export function refuseMore(
  name: keyof Quotas,
  { has, quotas, token, status, what, advice, retryAfter }: {
    has: number;
    quotas: Quotas;
    token: string;
    status: 409 | 429;
    what: string;
    advice: string;
    retryAfter?: number;
  },
): void {
  if (has < quotas[name]) return;
  throw new Problem(
    status,
    `The token "${token}" may have ${quotas[name]} ${what} (quota ${name}), and there are ${has}: ${advice}`,
    retryAfter === undefined ? {} : { headers: { "retry-after": String(retryAfter) } },
  );
}

/**
 * Refuses one more file for a learner that has enough of them.
 *
 * @param facts of the learner
 * @param about the token, and how many files are on their way
 * @throws {Problem} 429
 */
export function refuseMoreFiles(
  { arrivals, tasks, rejections }: Pick<LearnerFacts, "arrivals" | "tasks" | "rejections">,
  { quotas, token, coming = 0, now = Date.now() }: {
    quotas: Quotas;
    token: string;
    /** Files that are on their way. */
    coming?: number;
    now?: number;
  },
): void {
  const accepted = new Set(tasks.map(({ arrival }) => arrival));
  const rejected = new Set(rejections.map(({ seq }) => seq));
  const waiting = arrivals.filter(({ seq }) => !accepted.has(seq) && !rejected.has(seq));
  refuseMore("waitingFiles", {
    ...{ has: waiting.length + coming, quotas, token, status: 429, retryAfter: 60 },
    what: "files of this learner wait to be judged",
    advice: "send more once these were",
  });
  const lately = arrivals.filter(({ seq, lastModified }) =>
    rejected.has(seq) && Date.parse(lastModified) > now - DAY_MS
  );
  refuseMore("rejectedFiles", {
    ...{ has: lately.length, quotas, token, status: 429, retryAfter: 3600 },
    what: "files of this learner rejected within 24 hours",
    advice: "see why they were rejected before you send more",
  });
}

const ends = new Map<string, Promise<unknown>>();

/**
 * Looks how much there is and adds to it, one caller of this process after the other: or all would see room for one.
 *
 * @param what names the queue
 * @param work done when those before it have ended
 * @returns what the work gives
 */
export async function inTurn<T>(what: string, work: () => Promise<T>): Promise<T> {
  const done = (ends.get(what) ?? Promise.resolve()).then(work);
  const end = done.catch(() => {});
  ends.set(what, end);
  try {
    return await done;
  } finally {
    if (ends.get(what) === end) ends.delete(what);
  }
}
