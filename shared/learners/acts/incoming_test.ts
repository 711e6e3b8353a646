import { assert, assertEquals, assertMatch } from "@std/assert";
import { arrivalKey, incomingKey } from "@cugro/protocol";
import { adoptDropped, byArrival, scanIncoming, SETTLE_MS } from "./incoming.ts";
import { loadFacts } from "../reading/load.ts";
import { memoryStore } from "../../../tests/fakes/memory_store.ts";
import { drive, learnerWith, pretend } from "../../../tests/fakes/world.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("arrivals become tasks in their order, whichever import is done first", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  await drive(store, pretend(), { choose: (ids) => ids.slice(-1) });
  assertEquals((await loadFacts(store, "a")).tasks.map(({ name }) => name), ["one", "two", "three"]);
});

Deno.test("a bad file, a file seen before and other dimensions are rejected with the reason, and take no number", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "bad", "wide", "two"]);
  await store.put(incomingKey("a", "copy.hdf5"), encode("one"));
  const info = (await store.head(incomingKey("a", "copy.hdf5")))!;
  await store.put(
    arrivalKey("a", 5),
    encode(JSON.stringify({ schema: 1, seq: 5, ...info, contentHash: null })),
  );
  const pretence = pretend({
    rejected: (text) => text === "bad" ? "row 3 of actions is NaN" : undefined,
    dims: (text) => text === "wide" ? [8, 2] : [3, 2],
  });
  await drive(store, pretence);
  const facts = await loadFacts(store, "a");
  assertEquals(facts.tasks.map(({ task, name }) => [task, name]), [[1, "one"], [2, "two"]]);
  assertEquals(facts.rejections.map(({ seq, reason }) => [seq, reason]), [
    [2, "row 3 of actions is NaN"],
    [3, "states and actions must have 3 and 2 dimensions as task 1 has: this dataset has 8 and 2"],
    [5, "this dataset is already task 1"],
  ]);
});

Deno.test("scanIncoming() takes a file once it stood still, in order of time and natural name", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  const seen = new Map();
  const scan = async (now: number) => scanIncoming({ store, facts: await loadFacts(store, "a"), seen, now });
  store.clock.now = 1_000;
  for (const name of ["task10", "task2", "late", ".hidden", "half.part"]) {
    await store.put(incomingKey("a", name), encode(name));
    if (name === "task10") store.clock.now--;
  }
  assertEquals(await scan(0), { added: 0, settling: true });
  await store.put(incomingKey("a", "late"), encode("still being written"));
  assertEquals(await scan(SETTLE_MS - 1), { added: 0, settling: true });
  assertEquals(await scan(SETTLE_MS), { added: 2, settling: true });
  assertEquals(await scan(2 * SETTLE_MS), { added: 1, settling: false });
  assertEquals(await scan(3 * SETTLE_MS), { added: 0, settling: false });
  const keys = (await loadFacts(store, "a")).arrivals.map(({ key }) => key.split("/").at(-1));
  assertEquals(keys, ["task2", "task10", "late"]);
});

Deno.test("byArrival() orders by time first, then names as people do", () => {
  const info = (key: string, seconds: number) => ({
    key,
    size: 1,
    etag: "",
    lastModified: new Date(seconds * 1000).toISOString(),
  });
  const sorted = [info("b10", 5), info("b9", 5), info("a", 6), info("z", 1)].sort(byArrival);
  assertEquals(sorted.map(({ key }) => key), ["z", "b9", "b10", "a"]);
});

Deno.test("a dropped file that is replaced before its import is rejected, and its new content arrives", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  const drop = async (text: string) => {
    await store.put(incomingKey("a", "one.hdf5"), encode(text));
    const seen = new Map();
    for (const now of [0, SETTLE_MS]) {
      await scanIncoming({ store, facts: await loadFacts(store, "a"), seen, now });
    }
  };
  await drop("one");
  await drop("other content");
  await drive(store, pretend());
  const facts = await loadFacts(store, "a");
  assertEquals(facts.rejections.map(({ reason }) => reason), ["it has changed"]);
  assertEquals(facts.tasks.map(({ name }) => name), ["other content"]);
  assert((await store.list("incoming/")).length === 0);
});

Deno.test("content that was replaced before it was read may come again, with the very same time", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  const key = incomingKey("a", "one.hdf5");
  const scan = async () => {
    const seen = new Map();
    const facts = await loadFacts(store, "a");
    for (const now of [0, SETTLE_MS]) await scanIncoming({ store, facts, seen, now });
  };
  const drop = async (text: string) => {
    store.clock.now = 1_000;
    await store.put(key, encode(text));
    await scan();
  };
  await drop("first");
  await drop("other");
  await drive(store, pretend());
  await scan();
  await drop("first");
  await drive(store, pretend());
  const { arrivals, rejections, tasks } = await loadFacts(store, "a");
  assertEquals(tasks.map(({ name }) => name), ["other", "first"]);
  assertEquals(rejections.map(({ seq, unread }) => [seq, unread]), [[1, true]]);
  assertEquals(arrivals.map(({ seq, again }) => [seq, again]), [[1, undefined], [2, undefined], [3, 1]]);
});

/** A dropped file whose import has failed, the same content dropped in its place again, and the facts then. */
async function droppedAgain(fails: boolean) {
  const store = memoryStore();
  await learnerWith(store, []);
  const key = incomingKey("a", "data.hdf5");
  await store.put(key, encode("one"));
  const seen = new Map();
  const scan = async (now: number) =>
    await scanIncoming({ store, facts: await loadFacts(store, "a"), seen, now });
  for (const now of [0, SETTLE_MS]) await scan(now);
  await drive(
    store,
    fails ? pretend({ fails: () => "the disk is full" }) : pretend({ rejected: () => "bad" }),
  );
  assertEquals(await scan(2 * SETTLE_MS), { added: 0, settling: false });
  store.clock.now += 5_000;
  await store.put(key, encode("one"));
  return { store, key, scan, facts: await loadFacts(store, "a") };
}

Deno.test("a file whose import failed can be dropped again: one new arrival, however many notice it", async () => {
  const { store, facts, scan } = await droppedAgain(true);
  assertMatch(facts.rejections[0]!.reason, /disk is full \(.*drop or add the same file again\)/);
  assertEquals(await scan(3 * SETTLE_MS), { added: 0, settling: true });
  // Others look with the knowledge of before, at once and afterwards.
  const others = await Promise.all([1, 2, 3].map(async () => {
    const seen = new Map();
    for (const now of [0]) await scanIncoming({ store, facts, seen, now });
    return await scanIncoming({ store, facts, seen, now: SETTLE_MS });
  }));
  assertEquals(others.map(({ added }) => added).sort(), [0, 0, 1]);
  assertEquals((await scanIncoming({ store, facts, seen: new Map(), now: 0 })).added, 0);
  await drive(store, pretend());
  assertEquals(await scan(5 * SETTLE_MS), { added: 0, settling: false });
  const after = await loadFacts(store, "a");
  assertEquals(after.arrivals.map(({ seq, again }) => [seq, again]), [[1, undefined], [2, 1]]);
  assertEquals([after.tasks.map(({ arrival }) => arrival), after.versions.length], [[2], 1]);
  assertEquals((await store.list("incoming/")).length, 0);
});

Deno.test("a file that was refused for what it holds is not taken again", async () => {
  const { store, key, facts, scan } = await droppedAgain(false);
  for (const n of [3, 4]) assertEquals(await scan(n * SETTLE_MS), { added: 0, settling: false });
  const info = (await store.head(key))!;
  assertEquals((await adoptDropped({ store, facts, info })).added, false);
});

Deno.test("adoptDropped() repeats a failed import when the file is named, and only once", async () => {
  const { store, key, facts } = await droppedAgain(true);
  const info = (await store.head(key))!;
  const given = await Promise.all([1, 2, 3].map(() => adoptDropped({ store, facts, info })));
  assertEquals(given.map(({ arrival }) => arrival.seq), [2, 2, 2]);
  assertEquals(given.filter(({ added }) => added).length, 1);
  const later = await loadFacts(store, "a");
  assertEquals((await adoptDropped({ store, facts: later, info })).added, false);
  await drive(store, pretend({ fails: () => "still full" }));
  const failed = await loadFacts(store, "a");
  assertEquals((await adoptDropped({ store, facts: failed, info })).arrival.again, 2);
  assertEquals((await loadFacts(store, "a")).arrivals.length, 3);
});

Deno.test("a sidecar says how a dropped file is to be read; it is no dataset, and goes with the file", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  const drop = (name: string, text: string) => store.put(incomingKey("a", name), encode(text));
  let now = 0;
  const scan = async () => {
    const seen = new Map();
    for (const wait of [0, SETTLE_MS]) {
      await scanIncoming({ store, facts: await loadFacts(store, "a"), seen, now: now += wait });
    }
    return (await loadFacts(store, "a")).arrivals;
  };
  await drop("one.hdf5.json", JSON.stringify({ environments: 2, strict: false, asNewTask: true }));
  await drop("one.hdf5", "one");
  await drop("two.hdf5.json", JSON.stringify({ rewards: "success" }));
  await drop("two.hdf5", "two");
  await drop("three.hdf5.json", "{");
  await drop("three.hdf5", "three");
  const [one, three, two] = (await scan()).toSorted((a, b) => a.key < b.key ? -1 : 1);
  assertEquals([one!.reading, one!.asNewTask, two!.asNewTask], [{ environments: 2 }, true, undefined]);
  assertMatch(two!.refused!, /sidecar two.hdf5.json cannot be used: .*rewards/);
  assertMatch(three!.refused!, /three.hdf5.json is not JSON/);
  await drive(store, pretend());
  const facts = await loadFacts(store, "a");
  assertEquals(facts.tasks.map(({ name }) => name), ["one"]);
  assertEquals(facts.rejections.length, 2);
  assertEquals([...facts.incoming.keys()].filter((key) => key.includes("one")), []);

  // Put right, the same bytes are another arrival.
  store.clock.now += 60_000;
  await drop("two.hdf5.json", JSON.stringify({ reward: "success" }));
  const last = (await scan()).at(-1)!;
  assertEquals([last.key, last.reading, last.refused], [two!.key, { reward: "success" }, undefined]);
  assertEquals((await scan()).length, 4, "and it arrives once");
});
