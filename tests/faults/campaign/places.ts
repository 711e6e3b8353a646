/**
 * Where a run's store lies: one place after the other, as a store may be lost and restored. An era is the time between.
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { mapConcurrently } from "@cugro/async";
import { openFilesystemStore, openS3Store, type Store } from "@cugro/store";

/** From one loss of the store to the next. */
export interface Era {
  /** As the runner uses it; once it is lost, every call is an error. */
  store: Store;
  /** Aborted when the store is lost. */
  lost: AbortSignal;
}

/** The places of a run. */
export interface Places {
  era(): Era;
  /** As a process is told where the store of the moment is. */
  name(): string;
  /**
   * The store is lost. What the runner has under way in it is finished first, so that nothing of it comes later.
   *
   * @param elsewhere whether the new one is in another place; else it is where the old one was
   * @returns an empty store
   */
  lose(elsewhere: boolean): Promise<Store>;
  /** The new store is the runner's from now on. */
  admit(store: Store): void;
  /** Resolves once a store that is not lost is there. */
  admitted(): Promise<void>;
  /** Another store beside it, for backups; closed with all. */
  beside(name: string): Promise<Store>;
  close(): Promise<void>;
}

/** How places are named, opened and emptied. */
export interface PlaceKind {
  name(place: string): string;
  open(place: string): Promise<Store>;
  empty(place: string, store: Store): Promise<void>;
}

/** Places that are folders in a folder. */
export function folderPlaces(folder: string): PlaceKind {
  return {
    name: (place) => join(folder, place),
    open: (place) => openFilesystemStore({ root: join(folder, place) }),
    async empty(place, store) {
      await store.close();
      await rm(join(folder, place), { recursive: true });
    },
  };
}

/** Places that are buckets of a server. */
export function bucketPlaces(keys: { endpoint: string; accessKey: string; secretKey: string }): PlaceKind {
  const DELETIONS = 16;
  return {
    name: (place) => `s3://${place}`,
    open: (place) => openS3Store({ bucket: place, createBucket: true, ...keys }),
    async empty(_place, store) {
      await mapConcurrently(await store.list(""), DELETIONS, ({ key }) => store.delete(key));
      await store.close();
    },
  };
}

/** Opens the first place. */
export async function openPlaces(kind: PlaceKind): Promise<Places> {
  let [number, place] = [0, FIRST];
  let store = await kind.open(place);
  let era = beginEra(store);
  let admission = Promise.withResolvers<void>();
  admission.resolve();
  const others: Store[] = [];
  return {
    era: () => era,
    name: () => kind.name(place),
    async lose(elsewhere) {
      admission = Promise.withResolvers<void>();
      await era.end();
      if (elsewhere) {
        await store.close();
        place = `${FIRST}-${++number}`;
      } else await kind.empty(place, store);
      return store = await kind.open(place);
    },
    admit(restored) {
      era = beginEra(restored);
      admission.resolve();
    },
    admitted: () => admission.promise,
    async beside(name) {
      const other = await kind.open(`${FIRST}-${name}`);
      others.push(other);
      return other;
    },
    async close() {
      await Promise.all([store, ...others].map((each) => each.close()));
    },
  };
}

const FIRST = "cugro";

/** A store that can be taken from those who hold it; `end` waits for what is under way. */
function beginEra(store: Store): Era & { end(): Promise<void> } {
  const lost = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const guarded = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...values: unknown[]) => {
        if (lost.signal.aborted) throw new Error("This store is lost");
        const answer: Promise<unknown> = Promise.resolve(member.apply(target, values));
        underWay.add(answer);
        try {
          return await answer;
        } finally {
          underWay.delete(answer);
        }
      };
    },
  });
  return {
    store: guarded,
    lost: lost.signal,
    async end() {
      lost.abort();
      await Promise.allSettled(underWay);
    },
  };
}
