/**
 * A snapshot as a store that can only be read: whatever reads a store can read how it was.
 * @module
 */
import type { ObjectInfo, Store } from "@cugro/store";
import { StoreError } from "@cugro/store";
import { readContent } from "./contents.ts";
import type { Entry, Snapshot } from "./snapshot.ts";

/**
 * The objects of a snapshot, as they were, with the etags that they had.
 *
 * @param known contents `[bytes]` that are in memory already, by hash
 * @returns a store that refuses writes
 */
export function snapshotStore(
  backup: Store,
  { made, objects }: Pick<Snapshot, "made" | "objects">,
  known: ReadonlyMap<string, Uint8Array> = new Map(),
): Store {
  const byKey = new Map(objects.map((entry) => [entry.key, entry]));
  const infoOf = ({ key, size, etag }: Entry): ObjectInfo => ({ key, size, etag, lastModified: made });
  const under = (prefix: string) => startingWith(objects, prefix);
  const refuse = () => Promise.reject(new StoreError("A snapshot of a backup can only be read"));
  return {
    settles: false,
    put: refuse,
    putStream: refuse,
    async get(key, { range } = {}) {
      const entry = byKey.get(key);
      if (!entry) return undefined;
      const bytes = known.get(entry.sha256) ?? await readContent(backup, entry);
      return { bytes: range ? bytes.slice(...range) : bytes, info: infoOf(entry) };
    },
    head(key) {
      const entry = byKey.get(key);
      return Promise.resolve(entry && infoOf(entry));
    },
    list: (prefix) => Promise.resolve(under(prefix).map(infoOf)),
    folders(prefix) {
      const below = under(prefix).map(({ key }) => key.slice(prefix.length));
      const names = below.filter((rest) => rest.includes("/")).map((rest) => rest.split("/", 1)[0]!);
      return Promise.resolve([...new Set(names)].sort());
    },
    delete: refuse,
    presign: refuse,
    close: () => Promise.resolve(),
  };
}

/** Of entries that are sorted by key, those whose key starts so. */
function startingWith(sorted: readonly Entry[], prefix: string): Entry[] {
  let [start, end] = [0, sorted.length];
  while (start < end) {
    const middle = (start + end) >> 1;
    if (sorted[middle]!.key < prefix) start = middle + 1;
    else end = middle;
  }
  while (end < sorted.length && sorted[end]!.key.startsWith(prefix)) end++;
  return sorted.slice(start, end);
}
