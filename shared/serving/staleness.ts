/**
 * How old what is known of a learner's head is, when its policy goes on answering while the store is away.
 * @module
 */
import type { ActAnswer } from "@cugro/protocol";
import { ActError } from "./act_request.ts";
import type { Slot } from "./slot.ts";

/** Answers rest on what is known of the head for at most so long (ms), unless said otherwise: a day. */
export const MAX_STALE_MS = 86_400_000;
const RETRY_AFTER_SECONDS = 5;

/** What is known of the head that an answer rests on. */
export interface Knowledge {
  /** Seconds since the store last said that this version is the one to serve, and that the learner exists. */
  headAgeSeconds: number;
  /** Whether the last look at the head failed: there may be a newer version. */
  stale: boolean;
}

/**
 * What is known of a slot's head now.
 *
 * @param slot when its head was last seen
 * @returns age in seconds, and whether the last look failed
 */
export function knowledgeOf({ confirmedAt, lookFailed }: Slot): Knowledge {
  return { headAgeSeconds: (performance.now() - confirmedAt) / 1000, stale: lookFailed };
}

/**
 * Refuses to act by a head that has not been seen for too long.
 *
 * @param maxStaleMs 0: never refused
 * @throws {ActError} 503 where the head has not been seen for longer than `maxStaleMs`; 0: never
 */
export function refuseTooOld({ learner, confirmedAt }: Slot, maxStaleMs: number): void {
  const ageMs = performance.now() - confirmedAt;
  if (maxStaleMs === 0 || ageMs <= maxStaleMs) return;
  const age = Math.round(ageMs / 1000);
  throw new ActError(
    503,
    `The store has not said for ${age} s which version of "${learner}" serves, and ${
      maxStaleMs / 1000
    } s are ` +
      "allowed (CUGRO_ACT_STALE_SECONDS, or --stale of cugro serve): try again",
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/**
 * Headers of an answer over HTTP: which version acted, and how old what is known is. Only a stale answer is marked as such.
 *
 * @param knowledge version, and the age of the head in seconds
 * @returns header names and values
 */
export function actHeaders(
  { version, headAgeSeconds, stale }: Knowledge & { version: number },
): Record<string, string> {
  return {
    "cugro-version": String(version),
    "cugro-head-age": String(Math.floor(headAgeSeconds)),
    ...(stale ? { "cugro-stale": "true" } : {}),
  };
}

/**
 * The answer alone, as its body has it.
 *
 * @param answer with what is known of its age
 * @returns without it
 */
export function actBody(
  { headAgeSeconds: _age, stale: _stale, ...answer }: ActAnswer & Knowledge,
): ActAnswer {
  return answer;
}
