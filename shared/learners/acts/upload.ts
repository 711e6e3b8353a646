/**
 * Files that come as a stream, of any size: hashed while they are written, then an arrival.
 *
 * An upload lies in a hidden folder of `incoming/`, where nobody looks for dropped files: else a notification about
 * it could make an arrival of it before its content is known, and the same content could not be told from new one.
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Store } from "@cugro/store";
import { type ArrivalFact, safeFileName, uploadKey } from "@cugro/protocol";
import { adoptArrival } from "./arrivals.ts";
import type { LearnerFacts } from "../facts/facts.ts";
import { wantedAgain } from "./incoming.ts";
import { loadFacts } from "../reading/load.ts";

/** A file on its way. `body`: its bytes; at most `maxBytes`. `traceparent`: of whoever brought it. */
export interface Upload {
  store: Store;
  learner: string;
  fileName: string;
  body: AsyncIterable<Uint8Array>;
  maxBytes?: number;
  traceparent?: string;
}

/**
 * Takes a file in. The same content again is the same arrival (`added: false`), as with `addArrival`.
 *
 * @throws {RangeError} for more than `maxBytes`, or a learner that does not exist or was deleted.
 * @throws whatever `body` throws; nothing is left behind then.
 */
export async function addUploaded(
  { store, learner, fileName, body, maxBytes, traceparent }: Upload,
): Promise<{ arrival: ArrivalFact; added: boolean }> {
  const key = uploadKey(learner, randomBytes(16).toString("hex"), safeFileName(fileName));
  const limit = maxBytes === undefined ? {} : { maxBytes };
  const { sha256: contentHash } = await store.putStream(key, body, limit);
  try {
    const facts = await loadFacts(store, learner);
    if (facts.deleted) throw new RangeError(`The learner "${learner}" was deleted`);
    const known = facts.arrivals.filter((arrival) => arrival.contentHash === contentHash).at(-1);
    if (known && !isStranded(facts, known) && !await wantedAgain(store, facts, known)) {
      await store.delete(key);
      return { arrival: known, added: false };
    }
    const info = (await store.head(key))!;
    const notes = {
      contentHash,
      known: facts.arrivals,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    return await adoptArrival(store, learner, info, notes);
  } catch (error) {
    // Without its fact nobody would ever look at it again.
    await store.delete(key).catch(() => {});
    throw error;
  }
}

/** Whether an arrival still waits for its import, and its file is gone. */
function isStranded(facts: LearnerFacts, { seq, key }: ArrivalFact): boolean {
  const resolved = facts.tasks.some((fact) => fact.arrival === seq) ||
    facts.rejections.some((fact) => fact.seq === seq);
  return !resolved && !facts.incoming.has(key);
}
