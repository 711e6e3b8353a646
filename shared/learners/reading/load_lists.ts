/**
 * The facts that lie under a learner's own prefix.
 * @module
 */
import type { Store } from "@cugro/store";
import {
  arrivalFactSchema,
  attemptFactSchema,
  configFactSchema,
  deletedKey,
  headFactSchema,
  headKey,
  incomingPrefix,
  learnerFactSchema,
  learnerKey,
  learnerPrefix,
  parseFact,
  rejectionFactSchema,
  taskFactSchema,
  taskFailureFactSchema,
  verdictFactSchema,
  versionFactSchema,
} from "@cugro/protocol";
import { inParallel, readFact, type Schema, type Source } from "./fact_cache.ts";
import type { LearnerFacts } from "../facts/facts.ts";

/** What is known of a learner except of its jobs and of what waits in `incoming/`. */
export type ListedFacts = Omit<LearnerFacts, "incoming" | "jobs" | "missing" | "leftoverShards">;

/**
 * Reads what lies under a learner's own prefix, and which of its events are marked as announced.
 *
 * @throws {RangeError} when there is no such learner; {SyntaxError} when a fact is damaged, naming it.
 */
export async function readListed(source: Source, name: string): Promise<ListedFacts> {
  const { store } = source;
  // The head first: were it read beside the list, another's newer head could stand beside older versions, and the
  // next plan would move it back. An older head beside newer versions only fails its condition.
  const [learner, head] = await Promise.all([
    readFact(source, learnerKey(name), learnerFactSchema),
    readHead(store, name),
  ]);
  if (!learner) throw new RangeError(`There is no learner "${name}" in this store`);
  const [infos, announced] = await Promise.all([
    store.list(learnerPrefix(name)),
    readAnnounced(store, name),
  ]);
  const keys = infos.map(({ key }) => key);
  const deleted = keys.includes(deletedKey(name));
  return { learner, deleted, ...await readLists(source, name, keys), head, announced };
}

/** Files that wait in `incoming/` for a learner. */
export async function readIncoming(store: Store, name: string): Promise<LearnerFacts["incoming"]> {
  return new Map((await store.list(incomingPrefix(name))).map((info) => [info.key, info]));
}

async function readLists(source: Source, name: string, keys: readonly string[]) {
  const prefix = learnerPrefix(name);
  const list = async <T>(pattern: RegExp, schema: Schema<T>, by: (fact: T) => number): Promise<T[]> => {
    const wanted = keys.filter((key) => pattern.test(key.slice(prefix.length)));
    const facts = await inParallel(wanted, (key) => readFact(source, key, schema));
    return (facts.filter((fact) => fact !== undefined) as T[]).sort((a, b) => by(a) - by(b));
  };
  return {
    configs: await list(/^config\/\d+\.json$/, configFactSchema, ({ revision }) => revision),
    arrivals: await list(/^arrivals\/\d+\.json$/, arrivalFactSchema, ({ seq }) => seq),
    rejections: await list(/^rejections\/\d+\.json$/, rejectionFactSchema, ({ seq }) => seq),
    tasks: await list(/^tasks\/\d+\.json$/, taskFactSchema, ({ task }) => task),
    attempts: await list(/^tasks\/\d+\/attempts\/\d+\.json$/, attemptFactSchema, ({ attempt }) => attempt),
    cancelled: new Set(keys.flatMap((key) => {
      const match = /^tasks\/(\d+)\/cancelled\/(\d+)\.json$/.exec(key.slice(prefix.length));
      return match ? [`${match[1]}/${match[2]}`] : [];
    })),
    taskFailures: await list(/^tasks\/\d+\/failures\/\d+\.json$/, taskFailureFactSchema, ({ n }) => n),
    versions: await list(/^versions\/\d+\.json$/, versionFactSchema, ({ version }) => version),
    promoted: await list(/^versions\/\d+\/promoted\.json$/, verdictFactSchema, ({ version }) => version),
    withdrawn: await list(/^versions\/\d+\/withdrawn\.json$/, verdictFactSchema, ({ version }) => version),
  };
}

async function readHead(store: Store, name: string): Promise<LearnerFacts["head"]> {
  const object = await store.get(headKey(name));
  if (!object) return undefined;
  return { version: parseFact(headFactSchema, object.bytes, headKey(name)).version, etag: object.info.etag };
}

async function readAnnounced(store: Store, name: string): Promise<Set<string>> {
  const marks = await store.list(`announced/${learnerPrefix(name)}`);
  return new Set(marks.map(({ key }) => key.slice("announced/".length)));
}
