/**
 * The one way in for a file that somebody hands over, of any size: hashed while it is written, then an arrival.
 *
 * An upload lies in a hidden folder of `incoming/`, where dropped files are not looked for: else a notification about
 * it could make an arrival of it before its content is known, and the same content could not be told from new one.
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Store } from "@cugro/store";
import { type ArrivalFact, datasetKey, type Reading, safeFileName, sha256, uploadKey } from "@cugro/protocol";
import { adoptArrival, isTakenAlike } from "./adopt_arrival.ts";
import { dataState, type LearnerFacts } from "../facts/learner_facts.ts";
import { dataOfArrival } from "../facts/task_revisions.ts";
import { openArrivals } from "../facts/arrival_jobs.ts";
import { isToBeJudgedAgain } from "./incoming.ts";
import { loadFacts } from "../reading/load.ts";

/** A file on its way to a learner. */
export interface Upload {
  store: Store;
  learner: string;
  /** Becomes part of the key, and names the task. */
  fileName: string;
  /** The file's bytes, whole or as they come. */
  body: Uint8Array | AsyncIterable<Uint8Array>;
  /** SHA-256 of `body`, where it is known before: then content that has arrived already is not written again. */
  contentHash?: string;
  /** Keeps its key apart from all others: 32 hexadecimal digits that nobody else uses. @default random ones */
  upload?: string;
  /** More bytes than this are refused. */
  maxBytes?: number;
  /** W3C trace context of the request that brought the file. */
  traceparent?: string;
  /** How it is to be read. @default as it is */
  reading?: Reading | undefined;
  /** Whether it becomes a task of its own, whatever is in it. @default it becomes a revision of the task that it has grown from */
  asNewTask?: boolean | undefined;
}

/** The arrival of a file; `added` is false if its content had arrived before. */
export interface Uploaded {
  arrival: ArrivalFact;
  added: boolean;
}

/**
 * Takes a file in. The same content again, read in the same way, is the same arrival, so that a command or request can be repeated, also while
 * the first is under way. It is a new arrival only where the first one's import failed without fault of the file, or
 * lost the file before its import, or its task still needs data that is gone.
 *
 * @param file bytes or a stream, its name, and how it is read
 * @returns the arrival, and whether it is new
 * @throws {RangeError} for more than `maxBytes`, or a learner that does not exist or was deleted.
 * @throws {RangeError} for more than `maxBytes`, or a learner that does not exist or was deleted
 * @throws {Error} what `body` throws; nothing is left behind then
 */
export async function addUploaded(file: Upload): Promise<Uploaded> {
  const { store, learner, fileName, body, maxBytes, upload = randomBytes(16).toString("hex") } = file;
  const hash = body instanceof Uint8Array ? sha256(body) : file.contentHash;
  if (hash !== undefined) {
    const arrival = await findArrived(store, await loadOf(store, learner), hash, file);
    if (arrival) return { arrival, added: false };
  }
  const key = uploadKey(learner, upload, safeFileName(fileName));
  const limit = maxBytes === undefined ? {} : { maxBytes };
  const { sha256: contentHash } = await store.putStream(key, streamOf(body), limit);
  let uploaded: Uploaded | undefined;
  try {
    uploaded = await adoptUpload(file, key, contentHash);
    return uploaded;
  } finally {
    // Nobody would ever look at it without an arrival of its own.
    if (uploaded?.arrival.key !== key) await store.delete(key).catch(() => {});
  }
}

async function adoptUpload(
  { store, learner, traceparent, reading, asNewTask }: Upload,
  key: string,
  contentHash: string,
): Promise<Uploaded> {
  const facts = await loadOf(store, learner);
  const arrival = await findArrived(store, facts, contentHash, { reading, asNewTask });
  if (arrival) return { arrival, added: false };
  const trace = traceparent === undefined ? {} : { traceparent };
  const notes = { contentHash, known: facts.arrivals, reading, asNewTask, ...trace };
  return await adoptArrival(store, learner, (await store.head(key))!, notes);
}

async function loadOf(store: Store, learner: string): Promise<LearnerFacts> {
  const facts = await loadFacts(store, learner);
  if (facts.deleted) throw new RangeError(`The learner "${learner}" was deleted`);
  return facts;
}

/** The arrival that already has this content; undefined if there is none, or the content must come again. */
async function findArrived(
  store: Store,
  facts: LearnerFacts,
  contentHash: string,
  notes: Pick<Upload, "reading" | "asNewTask">,
): Promise<ArrivalFact | undefined> {
  const known = facts.arrivals.findLast((arrival) =>
    arrival.contentHash === contentHash && isTakenAlike(arrival, notes)
  );
  if (!known) return undefined;
  // Files are listed after facts: one that is gone may have been accepted in between.
  const now = isLost(facts, known) ? await loadOf(store, facts.learner.name) : facts;
  return await isWantedAgain(store, now, known) ? undefined : known;
}

/** Whether an arrival still waits for its import, and its file is gone. */
function isLost(facts: LearnerFacts, { seq, key }: ArrivalFact): boolean {
  return openArrivals(facts).some((arrival) => arrival.seq === seq) && !facts.incoming.has(key);
}

async function isWantedAgain(store: Store, facts: LearnerFacts, arrival: ArrivalFact): Promise<boolean> {
  if (isLost(facts, arrival) || isToBeJudgedAgain(facts, arrival)) return true;
  const data = dataOfArrival(facts, arrival.seq);
  if (!data || dataState(facts, data) === "published") return false;
  return !await store.head(datasetKey(data.datasetHash));
}

async function* streamOf(body: Upload["body"]): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}
