/**
 * The facts that lie under a learner's own prefix.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { isEtagOf, type Store } from "@cugro/store";
import {
  announcedPrefix,
  type ArrivalFact,
  arrivalFactSchema,
  attemptFactSchema,
  configFactSchema,
  evaluationFactSchema,
  headFactSchema,
  headKey,
  incomingPrefix,
  type KeyKind,
  type KeyOf,
  labelFactSchema,
  learnerFactSchema,
  learnerKey,
  learnerPrefix,
  parseFact,
  parseKey,
  rejectionFactSchema,
  revisionFactSchema,
  taskFactSchema,
  taskFailureFactSchema,
  verdictFactSchema,
  versionFactSchema,
  versionsPrefix,
} from "@cugro/protocol";
import { type FactSchema, type FactSource, readFact, REQUESTS_AT_ONCE } from "./fact_cache.ts";
import { standingDeletion } from "../facts/deletion.ts";
import { labelTasks } from "../facts/labelled_tasks.ts";
import type { LearnerFacts } from "../facts/learner_facts.ts";

/** The facts of a learner except its jobs and files that wait in `incoming/`. */
export type ListedFacts = Omit<
  LearnerFacts,
  "incoming" | "jobs" | "missing" | "leftoverShards" | "overlaps"
>;

/**
 * Reads what lies under a learner's own prefix, and which of its events are marked as announced.
 *
 * @param source store and cache
 * @param name the learner's
 * @returns facts without jobs
 * @throws {RangeError} when there is no such learner; {SyntaxError} when a fact is damaged, naming it.
 * @throws {RangeError} when there is no such learner
 * @throws {SyntaxError} when a fact is damaged, naming it
 */
export async function readListed(source: FactSource, name: string): Promise<ListedFacts> {
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
  const deletion = await standingDeletion(source, name, infos);
  const written = new Map(infos.map(({ key, lastModified }) => [key, lastModified]));
  const deleted = deletion !== undefined;
  return { learner, deleted, deletion, ...await readLists(source, keys), head, announced, written };
}

/**
 * Files that wait in `incoming/` for a learner.
 *
 * @param name the learner's
 * @returns objects by key
 */
export async function readIncoming(store: Store, name: string): Promise<LearnerFacts["incoming"]> {
  return new Map((await store.list(incomingPrefix(name))).map((info) => [info.key, info]));
}

/**
 * Files by the etags that their arrivals have: earlier software wrote others for large files in a folder.
 *
 * @param incoming objects by key, which is changed
 * @param arrivals of the learner
 * @returns the same map
 */
export function asArrived(
  incoming: LearnerFacts["incoming"],
  arrivals: readonly ArrivalFact[],
): LearnerFacts["incoming"] {
  for (const { key, etag } of arrivals) {
    const info = incoming.get(key);
    if (info && info.etag !== etag && isEtagOf(info, etag)) incoming.set(key, { ...info, etag });
  }
  return incoming;
}

/** The head, and what it is derived from. */
export type VersionFacts = Pick<LearnerFacts, "head" | "versions" | "promoted" | "withdrawn">;

/**
 * Reads the head first, then what it is derived from, as {@link readListed} does.
 *
 * @param source store and cache
 * @param name the learner's
 * @returns the head and the versions that it is derived from
 */
export async function readVersions(source: FactSource, name: string): Promise<VersionFacts> {
  const head = await readHead(source.store, name);
  const infos = await source.store.list(versionsPrefix(name));
  return { head, ...await readVersionLists(listReader(source, byKind(infos.map(({ key }) => key)))) };
}

type ListReader = <T>(kind: KeyKind, schema: FactSchema<T>, by: (fact: T) => number) => Promise<T[]>;

const byKind = (keys: readonly string[]) => Map.groupBy(keys, (key) => parseKey(key)?.kind);

function listReader(source: FactSource, keys: ReturnType<typeof byKind>): ListReader {
  return async <T>(kind: KeyKind, schema: FactSchema<T>, by: (fact: T) => number): Promise<T[]> => {
    const facts = await mapConcurrently(
      keys.get(kind) ?? [],
      REQUESTS_AT_ONCE,
      (key) => readFact(source, key, schema),
    );
    return (facts.filter((fact) => fact !== undefined) as T[]).sort((a, b) => by(a) - by(b));
  };
}

async function readVersionLists(list: ListReader) {
  return {
    versions: await list("version", versionFactSchema, ({ version }) => version),
    promoted: await list("promoted", verdictFactSchema, ({ version }) => version),
    withdrawn: await list("withdrawn", verdictFactSchema, ({ version }) => version),
  };
}

async function readLists(source: FactSource, keys: readonly string[]) {
  const kinds = byKind(keys);
  const list = listReader(source, kinds);
  const cancelled = (kinds.get("cancelled") ?? []).map((key) => parseKey(key) as KeyOf<"cancelled">);
  const labels = (await list("label", labelFactSchema, ({ n }) => n)).sort((a, b) => a.task - b.task);
  return {
    configs: await list("config", configFactSchema, ({ revision }) => revision),
    arrivals: await list("arrival", arrivalFactSchema, ({ seq }) => seq),
    rejections: await list("rejection", rejectionFactSchema, ({ seq }) => seq),
    tasks: labelTasks(await list("task", taskFactSchema, ({ task }) => task), labels),
    labels,
    revisions: (await list("revision", revisionFactSchema, ({ revision }) => revision))
      .sort((a, b) => a.task - b.task || a.revision - b.revision),
    attempts: await list("attempt", attemptFactSchema, ({ attempt }) => attempt),
    cancelled: new Set(cancelled.map(({ task, attempt }) => `${task}/${attempt}`)),
    taskFailures: await list("taskFailure", taskFailureFactSchema, ({ n }) => n),
    ...await readVersionLists(list),
    evaluations: (await list("evaluation", evaluationFactSchema, ({ n }) => n))
      .sort((a, b) => a.version - b.version),
  };
}

async function readHead(store: Store, name: string): Promise<LearnerFacts["head"]> {
  const object = await store.get(headKey(name));
  if (!object) return undefined;
  return { version: parseFact(headFactSchema, object.bytes, headKey(name)).version, etag: object.info.etag };
}

async function readAnnounced(store: Store, name: string): Promise<Set<string>> {
  const marks = (await store.list(announcedPrefix(name))).map(({ key }) => parseKey(key));
  return new Set(marks.flatMap((mark) => mark?.kind === "announced" ? [mark.event] : []));
}
