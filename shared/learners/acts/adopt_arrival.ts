/**
 * From an object in `incoming/` to its arrival fact: exactly one, however often the object is noticed, and
 * by however many processes at once.
 * @module
 */
import { inSpan } from "@cugro/telemetry";
import { type ObjectInfo, PreconditionFailed, type Store } from "@cugro/store";
import {
  type ArrivalFact,
  arrivalFactSchema,
  arrivalKey,
  arrivalsPrefix,
  canonicalJson,
  encodeFact,
  parseFact,
  parseKey,
  type Reading,
} from "@cugro/protocol";

/** Facts about an object beside those in the store. */
export interface ArrivalNotes {
  /** SHA-256 of its bytes, where the bytes passed through this process. @default null */
  contentHash?: string | null;
  /** W3C trace context of the request that brought it, so that its trace goes on through the jobs. @default what is under way */
  traceparent?: string;
  /** Arrivals of this learner that are known already. @default all that are in the store */
  known?: readonly ArrivalFact[];
  /** Number of an arrival of this object whose import failed: it arrives once more after that. @default none */
  again?: number;
  /** How it is to be read: the same object read otherwise is another arrival. @default as it is */
  reading?: Reading | undefined;
  /** Why it is unclear how it must be read. @default it can */
  refused?: string | undefined;
  /** Etag of the sidecar that says how it is to be read. @default it has none */
  sidecar?: string | undefined;
  /** Whether it becomes a task of its own, whatever is in it: otherwise it is another arrival. @default false */
  asNewTask?: boolean | undefined;
}

/**
 * Sees to it that an object has an arrival fact, and returns it. An object is told by key and etag: other content
 * under the same key is another arrival; the same content is one only where it is to arrive `again`, and then one for
 * each number it is to come after. Where the content's hash is known, an arrival of the same content that is made
 * meanwhile is taken for this one's, so that two who hand in one file at once make one arrival.
 *
 * Safe with any number of writers, also when `known` is old: numbers are taken without gaps, so whatever others have
 * written meanwhile lies at the first number that is not known or after it, and is read on the way.
 *
 * @param object what lies in `incoming/`
 * @param notes what is known of the file: hash, how it is read, after which arrival it comes again
 * @returns the arrival, and whether this call has made it
 * @throws {RangeError} if there is no such learner, or a name cannot be part of a key
 * @throws {StoreError} where the fact cannot be written
 */
export async function adoptArrival(
  store: Store,
  learner: string,
  { key, etag, size, lastModified }: ObjectInfo,
  { contentHash = null, traceparent, known, again, reading, refused, sidecar, asNewTask }: ArrivalNotes = {},
): Promise<{ arrival: ArrivalFact; added: boolean }> {
  const taken = { reading, asNewTask: asNewTask || undefined };
  const bySeq = new Map((known ?? await readArrivals(store, learner)).map((fact) => [fact.seq, fact]));
  const isSame = (fact: ArrivalFact) =>
    fact.key === key && fact.etag === etag && fact.seq > (again ?? 0) && isTakenAlike(fact, taken);
  const found = [...bySeq.values()].findLast(isSame);
  if (found) return { arrival: found, added: false };
  // What is done about it, in whatever process, belongs to this span's trace.
  const attributes = { "cugro.learner": learner, "cugro.key": key, "cugro.bytes": size };
  const trace = await inSpan(
    "dataset arrived",
    { parent: traceparent, attributes },
    (span) => span.traceparent,
  );
  for (let seq = 1;; seq++) {
    if (bySeq.has(seq)) continue;
    const arrival: ArrivalFact = {
      ...{ schema: 1, seq, key, etag, size, lastModified, contentHash },
      ...withoutUndefined({ traceparent: trace, again, refused, sidecar, reading }),
      ...(asNewTask ? { asNewTask } : {}),
    };
    const place = arrivalKey(learner, seq);
    try {
      await store.put(place, encodeFact(arrival, arrivalFactSchema), { ifNoneMatch: true });
      return { arrival, added: true };
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
      const winner = await readArrival(store, place);
      // Not known a moment ago: somebody hands in the same content at the same time.
      const isTwin = contentHash !== null && winner?.contentHash === contentHash &&
        isTakenAlike(winner, taken);
      if (winner && (isSame(winner) || isTwin)) return { arrival: winner, added: false };
    }
  }
}

type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function withoutUndefined<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}

/**
 * Whether an arrival is read, and taken for a task of its own or not, in this way.
 *
 * @param arrival one that is known
 * @param notes how another one is read, and whether it is to be a task of its own
 * @returns true where both say the same
 */
export function isTakenAlike(
  arrival: Pick<ArrivalFact, "reading" | "asNewTask">,
  { reading, asNewTask }: Pick<ArrivalNotes, "reading" | "asNewTask">,
): boolean {
  return canonicalJson(arrival.reading ?? {}) === canonicalJson(reading ?? {}) &&
    (arrival.asNewTask ?? false) === (asNewTask ?? false);
}

async function readArrivals(store: Store, learner: string): Promise<ArrivalFact[]> {
  const infos = await store.list(arrivalsPrefix(learner));
  const keys = infos.map(({ key }) => key).filter((key) => parseKey(key)?.kind === "arrival");
  const facts = await Promise.all(keys.map((key) => readArrival(store, key)));
  return facts.filter((fact) => fact !== undefined);
}

async function readArrival(store: Store, key: string): Promise<ArrivalFact | undefined> {
  const object = await store.get(key);
  return object && parseFact(arrivalFactSchema, object.bytes, key);
}
