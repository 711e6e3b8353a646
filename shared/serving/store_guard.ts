/**
 * Asking a store that may be away or hang, without waiting for it: a look has a deadline, and for a moment after one that
 * failed nothing new is asked of the store. Otherwise all who want what is not open would wait for it, in one line.
 * @module
 */
import { deadline } from "@cugro/async";
import { type Store, StoreError } from "@cugro/store";
import { ActError } from "./act_request.ts";

/** A look (a HEAD or two) has failed after this. */
const LOOK_MS = 3_000;
/** All that a policy is made of, read within this. */
const READ_MS = 30_000;
/** For how long after a failed look requests that need the store are refused. */
const REST_MS = 1_000;
const RETRY_AFTER_SECONDS = 5;

/** The store does not answer, or not in time. */
export class StoreAway extends ActError {
  override name = "StoreAway";
  constructor(cause?: unknown) {
    const message =
      "The store cannot be reached or used now, and what was asked for is not open here: try again";
    super(503, message, { retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
  }
}

/** The store, asked with little patience. */
export interface StoreGuard {
  /**
   * What a short question comes to.
   *
   * @throws {StoreAway} if the store fails or is late
   */
  look<T>(question: (store: Store, signal: AbortSignal) => Promise<T>): Promise<T>;
  /**
   * What a reading comes to.
   *
   * @throws {StoreAway} if the store fails or is late
   */
  read<T>(reading: (store: Store) => Promise<T>): Promise<T>;
  /** @throws {StoreAway} if a look has failed a moment ago */
  insist(): void;
}

/**
 * A guard of one store: looks and readings end in time, and after a failed look there is a rest.
 *
 * @param store asked through the guard alone
 * @returns methods that throw `StoreAway` where the store does not answer
 */
export function createStoreGuard(store: Store): StoreGuard {
  let failedAt = -Infinity;
  return {
    async look(question) {
      try {
        const answer = await deadline(LOOK_MS, (signal) => question(store, signal), () => late(LOOK_MS));
        failedAt = -Infinity;
        return answer;
      } catch (error) {
        if (error instanceof StoreError) failedAt = performance.now();
        throw awayOr(error);
      }
    },
    async read(reading) {
      try {
        return await deadline(READ_MS, () => reading(store), () => late(READ_MS));
      } catch (error) {
        throw awayOr(error);
      }
    },
    insist() {
      if (performance.now() - failedAt < REST_MS) throw new StoreAway();
    },
  };
}

function late(milliseconds: number): StoreError {
  return new StoreError(`The store does not answer within ${milliseconds / 1000} s`);
}

function awayOr(error: unknown): unknown {
  return error instanceof StoreError ? new StoreAway(error) : error;
}
