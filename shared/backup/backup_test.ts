import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { collectGarbage } from "@cugro/coordinator";
import { deleteLearner, loadFacts, openArrivals, restoreLearner } from "@cugro/learners";
import {
  artifactKey,
  canonicalJson,
  encodeFact,
  learnerKey,
  parseFact,
  sha256,
  snapshotKey,
  versionFactSchema,
} from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, drive, driveUntil, learnerWith, pretend } from "../../tests/fakes/world.ts";
import { backUp } from "./back_up.ts";
import { checkSnapshot } from "./check_snapshot.ts";
import { prune } from "./prune.ts";
import { restore } from "./restore.ts";
import { BackupError, listSnapshots, openSnapshot, readSnapshot, writeSnapshot } from "./snapshot.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);
type Memory = ReturnType<typeof memoryStore>;

/** A store that gives every file another etag than the first does, as another kind of store would. */
function otherKind(): Memory {
  const store = memoryStore();
  const { put } = store;
  return Object.assign(store, {
    put: async (...[key, content, options]: Parameters<Store["put"]>) => {
      await put.call(store, key, content, options);
      const object = store.objects.get(key)!;
      object.etag = `other-${sha256(content).slice(0, 16)}`;
      return { etag: object.etag };
    },
  });
}

async function snapshotOf(store: Store, to: Store = memoryStore()) {
  const done = await backUp({ store, to, name: "here" });
  return { to, done, ...await openSnapshot(to) };
}

/** What versions a learner has, and what they are made of; by what two runs of the same work must agree. */
async function versionsOf(store: Memory): Promise<unknown[]> {
  const keys = [...store.objects.keys()].filter((key) => /^learners\/a\/versions\/\d+\.json$/.test(key))
    .sort();
  return await Promise.all(keys.map(async (key) => {
    const { jobs: _, kinds: __, ...rest } = parseFact(versionFactSchema, (await store.get(key))!.bytes, key);
    return rest;
  }));
}

/** The same work, never interrupted. */
async function uninterrupted(): Promise<unknown[]> {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  await drive(store, pretend());
  return await versionsOf(store);
}

Deno.test("a snapshot made while a learner learns is whole wherever it falls, and goes on to the same versions", async () => {
  const wanted = await uninterrupted();
  for (const looks of [0, 2, 4, 6, 8, 10, 12]) {
    const store = memoryStore();
    await learnerWith(store, ["one", "two", "three"]);
    let rounds = 0;
    await driveUntil(store, pretend(), () => ++rounds > looks);
    // Between any two lists that a backup makes, learning goes on, and garbage is swept.
    const moving: Store = Object.assign(Object.create(store), {
      list: async (prefix: string) => {
        let more = 0;
        await driveUntil(store, pretend(), () => ++more > 1);
        await collectGarbage({ store, graceHours: 0, now: store.clock.now + 1 });
        return await store.list(prefix);
      },
    });
    const { to, snapshot, done } = await snapshotOf(moving);
    assertEquals(done.missing, [], `after ${looks} rounds`);
    const restored = otherKind();
    await restore({ from: to, snapshot, store: restored });
    await drive(restored, pretend());
    assertEquals(await versionsOf(restored), wanted, `after ${looks} rounds`);
    assertEquals((await loadFacts(restored, "a")).rejections, []);
  }
});

Deno.test("a second backup copies only what is new, and the first stays as it was", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await drive(store, pretend());
  const first = await snapshotOf(store);
  const again = await snapshotOf(store, first.to);
  assertEquals([again.done.added, again.done.objects], [0, first.done.objects]);
  await addFile(store, "two");
  await drive(store, pretend());
  const reads: string[] = [];
  const watched: Store = Object.assign(Object.create(store), {
    get: (key: string) => {
      reads.push(key);
      return store.get(key);
    },
  });
  const second = await snapshotOf(watched, first.to);
  assert(second.done.added > 0 && second.done.added < second.done.objects);
  assertEquals(
    reads.filter((key) =>
      first.snapshot.objects.some((entry) => entry.key === key && !key.endsWith("head.json"))
    ),
    [],
  );
  const restored = memoryStore();
  await restore({ from: first.to, snapshot: await readSnapshot(first.to, first.name), store: restored });
  assertEquals((await loadFacts(restored, "a")).versions.length, 1);
});

Deno.test("what is restored is the store, to the last byte; a part of a restoration is completed", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  await drive(store, pretend());
  await addFile(store, "three");
  await learnerWith(store, ["x"], {}, "gone");
  await deleteLearner({ store, name: "gone" });
  const { to, snapshot, done } = await snapshotOf(store);
  assertEquals(done.learners.sort(), ["a", "gone"]);
  const target = memoryStore();
  let left = 20;
  const failing: Store = Object.assign(Object.create(target), {
    put: (...args: Parameters<Store["put"]>) =>
      left-- > 0 ? target.put(...args) : Promise.reject(new Error("cut off")),
  });
  await assertRejects(() => restore({ from: to, snapshot, store: failing }), Error, "cut off");
  assertEquals([...target.objects.keys()].some((key) => key.endsWith("learner.json")), false);
  await target.put("problems/room", bytes("a gateway runs"));
  await restore({ from: to, snapshot, store: target });
  await target.delete("problems/room");
  const contents = ({ objects }: Memory) =>
    [...objects].map(([key, object]) => [key, text(object.bytes)]).sort();
  assertEquals(contents(target), contents(store));
  await restoreLearner({ store: target, name: "gone" });
  await target.put("learners/b/learner.json", bytes("{}"));
  await assertRejects(
    () => restore({ from: to, snapshot, store: target }),
    BackupError,
    "learners/b/learner.json is in it",
  );
});

Deno.test("a file that waits is learnt in a store with other etags", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await store.put("incoming/a/dropped.hdf5", bytes("dropped"));
  const { to, snapshot } = await snapshotOf(store);
  const target = otherKind();
  const { renamed } = await restore({ from: to, snapshot, store: target });
  assertEquals(renamed, ["learners/a/arrivals/1.json"]);
  const facts = await loadFacts(target, "a");
  const waiting = openArrivals(facts)[0]!;
  assertEquals((await target.head(waiting.key))?.etag, waiting.etag);
  await drive(target, pretend());
  assertEquals((await loadFacts(target, "a")).tasks.map(({ name }) => name), ["one"]);
});

Deno.test("a learner appears when all of it is proved: services that have started already change what is restored only then", async () => {
  const wanted = await uninterrupted();
  for (const looks of [4, 8, 12]) {
    const store = memoryStore();
    await learnerWith(store, ["one", "two", "three"]);
    let rounds = 0;
    await driveUntil(store, pretend(), () => ++rounds > looks);
    const { to, snapshot } = await snapshotOf(store);
    const restored = memoryStore();
    const busy: Store = Object.assign(Object.create(restored), {
      put: async (...[key, content, options]: Parameters<Store["put"]>) => {
        const done = await restored.put(key, content, options);
        if (restored.objects.has(learnerKey("a"))) await drive(restored, pretend());
        return done;
      },
    });
    await restore({ from: to, snapshot, store: busy });
    assertEquals(await versionsOf(restored), wanted, `after ${looks} rounds`);
  }
});

Deno.test("a damaged backup is refused before anything is written, naming the key", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await drive(store, pretend());
  const { to, snapshot, name } = await snapshotOf(store) as
    & { to: Memory }
    & Awaited<ReturnType<typeof snapshotOf>>;
  const fact = snapshot.objects.find(({ key }) => key === "learners/a/versions/1.json")!;
  const blob = snapshot.objects.find(({ key }) => key.startsWith("artifacts/"))!;
  const refused = async (damage: () => void, ...words: string[]) => {
    const before = new Map(to.objects);
    damage();
    const target = memoryStore();
    const error = await assertRejects(async () => {
      const { snapshot } = await openSnapshot(to);
      await restore({ from: to, snapshot, store: target });
    }, BackupError);
    for (const word of words) assertStringIncludes(error.message, word);
    assertEquals([...target.objects.keys()].some((key) => key.startsWith("learners/")), false);
    await assertRejects(async () => await checkSnapshot(to, (await openSnapshot(to)).snapshot), BackupError);
    to.objects.clear();
    for (const [key, object] of before) to.objects.set(key, object);
  };
  const alter = (hash: string, change: (content: Uint8Array) => Uint8Array) => () => {
    const object = to.objects.get(`contents/${hash}`)!;
    to.objects.set(`contents/${hash}`, { ...object, bytes: change(object.bytes) });
  };
  const flipped = (content: Uint8Array) => content.map((byte, index) => index === 3 ? byte ^ 1 : byte);
  await refused(
    () => to.objects.delete(`contents/${fact.sha256}`),
    fact.key,
    `contents/${fact.sha256}`,
    "it is not there",
  );
  await refused(alter(fact.sha256, (content) => content.slice(0, 5)), fact.key, "it has 5 of");
  await refused(alter(fact.sha256, flipped), fact.key, "hash to");
  await refused(alter(blob.sha256, flipped), blob.key, "hash to");
  await refused(
    () => {
      const object = to.objects.get(snapshotKey(name))!;
      to.objects.set(snapshotKey(name), { ...object, bytes: object.bytes.slice(0, 400) });
    },
    snapshotKey(name),
    "is damaged",
  );
  const { weights } = parseFact(versionFactSchema, (await store.get(fact.key))!.bytes, fact.key);
  const lost = artifactKey(weights!.critic);
  const objects = snapshot.objects.filter(({ key }) => key !== lost);
  const later = new Date(Date.parse(snapshot.made) + 60_000).toISOString();
  const forged = await writeSnapshot(to, { ...snapshot, made: later, objects });
  await refused(() => {}, "is not whole", lost);
  await to.delete(snapshotKey(forged));
  await restore({ from: to, snapshot, store: memoryStore() });
});

Deno.test("objects that a store has lost are reported, and are no fault of the backup", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await drive(store, pretend());
  const version = parseFact(versionFactSchema, (await store.get("learners/a/versions/1.json"))!.bytes, "v");
  const [gone, wrong] = [artifactKey(version.weights!.critic), artifactKey(version.weights!.stateGenerator)];
  await store.delete(gone);
  await store.put(wrong, bytes("something else"));
  const { to, snapshot, done } = await snapshotOf(store);
  assertEquals([done.missing, done.damaged], [[gone, wrong].sort(), [wrong]]);
  assertEquals((await restore({ from: to, snapshot, store: memoryStore() })).missing, done.missing);
});

Deno.test("a snapshot is newer than all that are there, also when the clock was put back", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  const first = await snapshotOf(store);
  const ahead = new Date(Date.now() + 3_600_000).toISOString();
  const future = await writeSnapshot(first.to, { ...first.snapshot, made: ahead });
  const { name } = await snapshotOf(store, first.to);
  assertEquals(await listSnapshots(first.to), [first.name, future, name]);
});

Deno.test("pruning keeps what the newest snapshots have, and says no to a damaged one", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  const first = await snapshotOf(store);
  await drive(store, pretend());
  const { to, snapshot } = await snapshotOf(store, first.to);
  await store.put("announced/learners/a/x.json", encodeFact({ schema: 1, id: "x" }));
  await store.delete("announced/learners/a/x.json");
  const before = (await to.list("contents/")).length;
  const { snapshots, contents } = await prune(to, 1);
  assertEquals(snapshots, [first.name]);
  assertEquals((await to.list("contents/")).length, before - contents);
  await restore({ from: to, snapshot, store: memoryStore() });
  await assertRejects(() => prune(to, 0), RangeError, "At least 1");
  const [only] = await listSnapshots(to);
  await to.put(snapshotKey(only!), bytes(canonicalJson({})));
  await assertRejects(() => prune(to, 1), BackupError, "damaged");
});

Deno.test("without secrets no webhook is kept, and a trial restoration leaves them out", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  const hook = `webhooks/${"ab".repeat(12)}/webhook.json`;
  await store.put(hook, bytes('{"secret":"whsec_x"}'));
  const kept = await snapshotOf(store);
  assertNotEquals(kept.snapshot.objects.find(({ key }) => key === hook), undefined);
  const target = memoryStore();
  await restore({ from: kept.to, snapshot: kept.snapshot, store: target, secrets: false });
  assertEquals(target.objects.has(hook), false);
  const to = memoryStore();
  await backUp({ store, to, name: "here", secrets: false });
  assertEquals([...to.objects.values()].some(({ bytes }) => text(bytes).includes("whsec_")), false);
});
