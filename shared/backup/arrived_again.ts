/**
 * Files that wait, in another store. An arrival names its file by the etag that the store gave it, and another kind of
 * store gives another one: there the file would count as replaced, and be refused. So a restored arrival names its file as
 * the new store does. Nothing but an arrival's own import goes by it.
 * @module
 */
import { type ArrivalFact, arrivalFactSchema, encodeFact, parseFact } from "@cugro/protocol";
import { isEtagOf, type ObjectInfo } from "@cugro/store";
import { sidecarOf } from "@cugro/learners";
import type { Entry } from "./snapshot.ts";

/** The files of a restored store, as it was and as it is now. */
export interface RestoredFiles {
  before: ReadonlyMap<string, Entry>;
  now: ReadonlyMap<string, ObjectInfo>;
}

/**
 * The bytes of an arrival in the new store: the same where its file is not there, or is called as before.
 *
 * @param key of the arrival
 * @param bytes the bytes of the arrival, as the backup has them
 * @param files etags and times by name, before and now
 * @returns JSON; the same bytes where nothing changes
 * @throws {SyntaxError} when the fact is damaged, naming it.
 */
export function arrivedAgain(key: string, bytes: Uint8Array, files: RestoredFiles): Uint8Array {
  const arrival = parseFact(arrivalFactSchema, bytes, key);
  const named = (name: string, etag: string | undefined) => {
    const [before, now] = [files.before.get(name), files.now.get(name)];
    return etag !== undefined && before && now && isEtagOf(before, etag) ? now : undefined;
  };
  const file = named(arrival.key, arrival.etag);
  const sidecar = named(sidecarOf(arrival.key), arrival.sidecar);
  const changed: ArrivalFact = {
    ...arrival,
    ...(file ? { etag: file.etag, lastModified: file.lastModified } : {}),
    ...(sidecar ? { sidecar: sidecar.etag } : {}),
  };
  const isSame = changed.etag === arrival.etag && changed.sidecar === arrival.sidecar;
  return isSame ? bytes : encodeFact(changed, arrivalFactSchema);
}
