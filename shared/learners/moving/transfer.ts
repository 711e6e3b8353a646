/**
 * A learner copied between two stores: everything it needs to go on elsewhere. What is there already is not sent again,
 * so a copy that was cut off is simply repeated, and a learner that went on is brought up to date.
 *
 * A copy only ever adds. A store whose learner went on by itself, or otherwise, is left as it is.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { CorruptArtifactError, PreconditionFailed, readPieces, type Store } from "@cugro/store";
import { deletedKey, headKey, learnerKey, learnerPrefix, parseKey, PREFIXES, sha256 } from "@cugro/protocol";
import { createHash } from "node:crypto";
import { refuseDeleted } from "../acts/revise_config.ts";
import { createCache } from "../reading/fact_cache.ts";
import { loadFacts } from "../reading/load.ts";
import { exportKeys } from "./reach.ts";

/** Larger objects (bytes) are copied as streams. */
const STREAMED_BYTES = 8 << 20;
/** Objects on their way at a time; facts are small. */
const WIDTH = 4;
const FACT_WIDTH = 16;
const BLOBS = [PREFIXES.artifacts, PREFIXES.datasets, PREFIXES.incoming];
const isBlob = (key: string) => BLOBS.some((prefix) => key.startsWith(prefix));

/** The copied objects. */
export interface Transfer {
  /** Of the whole copy, with what was there already. */
  objects: number;
  bytes: number;
  /** Objects that were not there yet. */
  added: number;
}

/** How far a copy is; `of` objects in all. */
export type TransferProgress = Transfer & { of: number };

/** Which learner from where to where. */
interface Copy {
  from: Store;
  to: Store;
  name: string;
  onProgress: (progress: TransferProgress) => void;
}

/**
 * Copies a learner and all it needs into another store, or brings its copy there up to date.
 *
 * @param options the learner's name, both stores
 * @returns how many objects and bytes were copied, and what was there already
 * @throws {RangeError} if the copy there went on by itself, naming the facts.
 * @throws {CorruptArtifactError} for an artifact that is not what its name says; it is not copied.
 */
export function exportLearner(
  { store, name, to, onProgress = () => {} }: {
    store: Store;
    name: string;
    to: Store;
    onProgress?: (progress: TransferProgress) => void;
  },
): Promise<Transfer> {
  return copyLearner({ from: store, to, name, onProgress });
}

/**
 * Brings in a learner that {@link exportLearner} wrote.
 *
 * @param options the learner's name, both stores
 * @returns how many objects and bytes were copied
 * @throws {RangeError} when the store has, or had, a learner of that name.
 */
export async function importLearner(
  { store, name, from }: { store: Store; name: string; from: Store },
): Promise<Transfer> {
  if (await store.head(learnerKey(name)) || await store.head(deletedKey(name))) {
    throw new RangeError(`This store has, or had, a learner "${name}" already`);
  }
  return await copyLearner({ from, to: store, name, onProgress: () => {} });
}

async function copyLearner(copy: Copy): Promise<Transfer> {
  const { from, to, name } = copy;
  const cache = createCache();
  const facts = await loadFacts(from, name, cache);
  refuseDeleted(facts);
  const keys = await exportKeys(from, facts, cache);
  await refuseOther(copy, keys);
  const progress = { objects: 0, bytes: 0, added: 0, of: keys.length };
  for (const { keys: phase, width } of phases(keys, name)) {
    await mapConcurrently(phase, width, async (key) => {
      const copied = await copyObject(from, to, key, key === headKey(name));
      if (copied) {
        progress.objects++;
        progress.bytes += copied.bytes;
        progress.added += copied.added ? 1 : 0;
      }
      copy.onProgress({ ...progress });
    });
  }
  const { objects, bytes, added } = progress;
  return { objects, bytes, added };
}

/** Objects go before those that refer to them; the learner's own fact is last: without it there is no learner. */
function phases(keys: readonly string[], name: string): { keys: string[]; width: number }[] {
  const last = [headKey(name), learnerKey(name)];
  const facts = keys.filter((key) => !isBlob(key) && !last.includes(key));
  const isOwn = (key: string) => key.startsWith(learnerPrefix(name));
  // Before the deletion it ends: a learner that was restored is never deleted in a copy, not for a moment.
  const isEnd = (key: string) => parseKey(key)?.kind === "deletionEnd";
  return [
    { keys: keys.filter(isBlob), width: WIDTH },
    // Jobs, and the marks of what has been announced already.
    { keys: facts.filter((key) => !isOwn(key)), width: FACT_WIDTH },
    { keys: facts.filter(isEnd), width: FACT_WIDTH },
    { keys: facts.filter((key) => isOwn(key) && !isEnd(key)), width: FACT_WIDTH },
    ...last.map((key) => ({ keys: keys.filter((each) => each === key), width: 1 })),
  ];
}

/** Facts there must be facts here too, and the same ones. */
async function refuseOther({ from, to, name }: Copy, keys: readonly string[]): Promise<void> {
  const here = new Set(keys);
  const there = (await to.list(learnerPrefix(name))).map(({ key }) => key).filter((key) =>
    key !== headKey(name)
  );
  const ahead = there.filter((key) => !here.has(key));
  if (ahead.length > 0) {
    throw new RangeError(
      `The learner "${name}" went on where it is to be copied to: ${some(ahead)} is not here. ` +
        `Copy it from there first`,
    );
  }
  const different: string[] = [];
  await mapConcurrently(there, FACT_WIDTH, async (key) => {
    const [one, other] = await Promise.all([from.get(key), to.get(key)]);
    if (one && other && sha256(one.bytes) !== sha256(other.bytes)) different.push(key);
  });
  if (different.length > 0) {
    throw new RangeError(
      `There is another learner "${name}" where it is to be copied to: ${some(different.sort())} differs. ` +
        `Choose another store, or a prefix in the bucket`,
    );
  }
}

function some(keys: readonly string[]): string {
  return keys.slice(0, 3).join(", ") + (keys.length > 3 ? ` and ${keys.length - 3} more` : "");
}

/** Undefined if the object is gone by now: a checkpoint, say. */
async function copyObject(
  from: Store,
  to: Store,
  key: string,
  replace: boolean,
): Promise<{ bytes: number; added: boolean } | undefined> {
  const info = await from.head(key);
  if (!info) return undefined;
  const bytes = info.size;
  if (replace) {
    const [object, present] = await Promise.all([from.get(key), to.get(key)]);
    if (!object) return undefined;
    if (present && sha256(present.bytes) === sha256(object.bytes)) return { bytes, added: false };
    await to.put(key, object.bytes);
    return { bytes, added: !present };
  }
  if ((await to.head(key))?.size === bytes) return { bytes, added: false };
  try {
    const source = verified(key, readPieces(from, info));
    if (bytes > STREAMED_BYTES) await to.putStream(key, source, { ifNoneMatch: true });
    else await to.put(key, await joined(source, bytes), { ifNoneMatch: true });
    return { bytes, added: true };
  } catch (error) {
    if (error instanceof PreconditionFailed) return { bytes, added: false };
    throw error;
  }
}

/** The pieces, and an error at their end if they are not what the key says. */
async function* verified(key: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const parsed = parseKey(key);
  const wanted = parsed?.kind === "artifact" ? parsed.hash : undefined;
  const hash = createHash("sha256");
  for await (const piece of pieces) {
    if (wanted !== undefined) hash.update(piece);
    yield piece;
  }
  if (wanted === undefined) return;
  const actual = hash.digest("hex");
  if (actual !== wanted) {
    throw new CorruptArtifactError(
      `${key} is damaged: its bytes hash to ${
        actual.slice(0, 12)
      }…. The next job that needs it sets it aside and makes ` +
        `it again; then copy the learner`,
      wanted,
      false,
    );
  }
}

async function joined(pieces: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  for await (const piece of pieces) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}
