/**
 * The essential parts of the contract of a store (`tests/contracts/store_contract.ts`), tried on anybody's: with few
 * requests, on keys of one's own, which are removed afterwards.
 * @module
 */
import { createHash } from "node:crypto";
import { PreconditionFailed, type Store } from "../../store.ts";
import { type Check, Unfit } from "./finding.ts";

const RACERS = 8;
const REPEATS = 10;
/** More than one part, and less than two. */
const LARGE_BYTES = (8 << 20) + 1;
const OTHER_SERVER = "use another S3 server, or a newer one: infra/S3.md names those that were tried";

const encode = (text: string) => new TextEncoder().encode(text);

/** Whether a write got through; false where its condition did not hold. */
async function wins(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailed) return false;
    throw error;
  }
}

const CONTRACT: readonly (Omit<Check, "run"> & { run: (store: Store) => Promise<string> })[] = [
  {
    name: "write once",
    meaning: "two workers could both commit one job, and two coordinators decide differently",
    advice: OTHER_SERVER,
    run: writesOnce,
  },
  {
    name: "compare and swap",
    meaning: "a head could be moved back by a process that read an older one",
    advice: OTHER_SERVER,
    run: swaps,
  },
  {
    name: "lists and reads at once",
    meaning: "finished jobs would not be seen, and be done again; a removed note would go on stopping a job",
    advice: "switch off caches in front of it (CDN, proxy), and replication that lets reads lag behind",
    run: isConsistent,
  },
  {
    name: "names",
    meaning: "some objects could not be written, or not be found again",
    advice: OTHER_SERVER,
    run: keepsNames,
  },
  {
    name: "ranges and sizes",
    meaning: "datasets and exports are read by ranges: rows would be wrong",
    advice: "switch off what changes bodies on the way (compression, a proxy); else another server",
    run: readsRanges,
  },
  {
    name: "uploads in parts",
    meaning:
      "objects of more than 8 MiB (datasets, weights, uploads) could not be written, or be overwritten by a second writer",
    advice: `${OTHER_SERVER}. A proxy before it must let 8 MiB bodies through`,
    run: uploadsInParts,
  },
  {
    name: "removal",
    meaning: "garbage collection would free nothing, and checkpoints would stay",
    advice: "give the user s3:DeleteObject; look for an object lock or a retention rule on the bucket",
    run: removes,
  },
];

/**
 * Checks that any store must pass.
 *
 * @param store tried under names of the checks' own, which are removed
 * @returns in the order in which they are tried
 */
export function contractChecks(store: Store): Check[] {
  return CONTRACT.map(({ run, ...about }) => ({ ...about, run: () => run(store) }));
}

async function writesOnce(store: Store): Promise<string> {
  for (let round = 0; round < 3; round++) {
    const racing = Array.from(
      { length: RACERS },
      (_, racer) => wins(store.put(`once/${round}`, encode(`racer ${racer}`), { ifNoneMatch: true })),
    );
    const won = (await Promise.all(racing)).map((one, racer) => one ? racer : -1).filter((racer) =>
      racer >= 0
    );
    if (won.length !== 1) {
      throw new Unfit(
        `of ${RACERS} who wrote one key at once, ${won.length} were told that they were the first`,
      );
    }
    const found = new TextDecoder().decode((await store.get(`once/${round}`))?.bytes);
    if (found !== `racer ${won[0]}`) {
      throw new Unfit(`the object is not that of the one who won: it holds "${found}"`);
    }
    if (await wins(store.put(`once/${round}`, encode("late"), { ifNoneMatch: true }))) {
      throw new Unfit("it ignores If-None-Match: a key was written twice");
    }
  }
  return `one of ${RACERS} writers got through, three times`;
}

async function swaps(store: Store): Promise<string> {
  const { etag } = await store.put("head", encode("0"));
  if (await wins(store.put("head", encode("x"), { ifMatch: "00000000000000000000000000000000" }))) {
    throw new Unfit("it ignores If-Match: an object was replaced that had another etag");
  }
  const racing = Array.from(
    { length: RACERS },
    (_, racer) => wins(store.put("head", encode(`racer ${racer}`), { ifMatch: etag })),
  );
  const won = (await Promise.all(racing)).filter(Boolean).length;
  if (won !== 1) throw new Unfit(`of ${RACERS} who replaced one object at once, ${won} got through`);
  return `one of ${RACERS} got through, and none with a wrong etag`;
}

async function isConsistent(store: Store): Promise<string> {
  const isListed = async (key: string) => (await store.list("seen/")).some((info) => info.key === key);
  for (let n = 0; n < REPEATS; n++) {
    const key = `seen/${n}`;
    await store.put(key, encode("one"));
    if (!await isListed(key)) throw new Unfit("an object that was just written is not in the list");
    await store.put(key, encode(`other ${n}`));
    const found = new TextDecoder().decode((await store.get(key))?.bytes);
    if (found !== `other ${n}`) throw new Unfit("an object that was just replaced is read as it was before");
    await store.delete(key);
    if (await store.head(key)) throw new Unfit("an object that was just removed is still there");
    if (await isListed(key)) throw new Unfit("an object that was just removed is still in the list");
  }
  return `${REPEATS} objects written, replaced and removed: each was seen at once`;
}

async function keepsNames(store: Store): Promise<string> {
  const keys = [
    ...["names/.hidden/a", "names/a", "names/a=b", "names/a_b", "names/a-b", "names/A", "names/a.b/c"],
    `names/${"x".repeat(200)}`,
    ...Array.from({ length: 12 }, (_, n) => `names/many/${n}`),
  ];
  for (const key of keys) await store.put(key, encode(key));
  const found = (await store.list("names/")).map(({ key }) => key);
  const lost = keys.filter((key) => !found.includes(key));
  if (lost.length > 0) throw new Unfit(`not in the list: ${lost.join(", ")}`);
  if (found.length !== keys.length) {
    throw new Unfit(`${keys.length} objects were written, and ${found.length} are listed`);
  }
  const folders = await store.folders("names/");
  if (folders.join() !== ".hidden,a.b,many") {
    throw new Unfit(`a list with a delimiter gave ${folders.join(", ") || "nothing"}`);
  }
  return `${keys.length} names as they were written`;
}

async function readsRanges(store: Store): Promise<string> {
  await store.put("empty", new Uint8Array(0));
  if ((await store.get("empty"))?.bytes.length !== 0) throw new Unfit("an empty object is not read as one");
  const content = noise(100_003);
  const { etag } = await store.put("range", content);
  for (const [start, end] of [[0, 1], [5, 1_000], [99_000, 200_000], [100_002, 100_003]] as const) {
    const found = await store.get("range", { range: [start, end] });
    if (found?.info.size !== content.length || found.info.etag !== etag) {
      throw new Unfit(`a part of an object of ${content.length} bytes says that it has ${found?.info.size}`);
    }
    if (hashOf(found.bytes) !== hashOf(content.subarray(start, end))) {
      throw new Unfit(`bytes ${start} to ${end} are others`);
    }
  }
  return "parts of an object are what was asked for";
}

async function uploadsInParts(store: Store): Promise<string> {
  const contents = [noise(LARGE_BYTES), noise(LARGE_BYTES).reverse()];
  const began = performance.now();
  // At the same time: what is there already is not even sent.
  const won = await Promise.all(
    contents.map((bytes) => wins(store.putStream("large", pieces(bytes), { ifNoneMatch: true }))),
  );
  const seconds = (performance.now() - began) / 1000;
  if (won.filter(Boolean).length !== 1) {
    throw new Unfit("of two who uploaded one key at once, both were told that they were the first");
  }
  const found = await store.get("large");
  if (!found || hashOf(found.bytes) !== hashOf(contents[won.indexOf(true)]!)) {
    throw new Unfit("what was uploaded in parts is read back otherwise");
  }
  const speed = (2 * LARGE_BYTES / 2 ** 20 / seconds).toFixed(0);
  return `of two uploads of one key one got through, at ${speed} MiB/s`;
}

async function removes(store: Store): Promise<string> {
  await store.put("gone", encode("x"));
  await store.delete("gone");
  await store.delete("gone");
  if (await store.head("gone")) throw new Unfit("an object is there after it was removed");
  return "what is removed is gone, and removing it again is no error";
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 1 << 20) {
    await Promise.resolve();
    yield bytes.subarray(start, start + (1 << 20));
  }
}

function noise(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Math.imul(i, 2654435761) >>> 24);
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
