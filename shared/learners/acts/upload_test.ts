import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { openFilesystemStore, type Store } from "@cugro/store";
import { sha256 } from "@cugro/protocol";
import { scanIncoming, SETTLE_MS } from "./incoming.ts";
import { addUploaded } from "./upload.ts";
import { deleteLearner } from "./delete_learner.ts";
import { createLearner } from "./create_learner.ts";
import { loadFacts } from "../reading/load.ts";
import { memoryStore } from "../../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, pretend } from "../../../tests/fakes/world.ts";

async function withLearner(test: (store: Store, root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  try {
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    await test(store, root);
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
}
const incoming = async (store: Store) => (await store.list("incoming/")).length;

const TRACE = `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01`;

Deno.test("addUploaded() makes one arrival of the same content, however it came", () =>
  withLearner(async (store) => {
    const upload = (body: AsyncIterable<Uint8Array>) =>
      addUploaded({ store, learner: "a", fileName: "../x y.hdf5", body, traceparent: TRACE });
    const first = await upload(pieces("ab", "cd"));
    assertEquals([first.added, first.arrival.seq, first.arrival.size], [true, 1, 4]);
    assertEquals(first.arrival.contentHash, sha256(new TextEncoder().encode("abcd")));
    assertEquals([first.arrival.key.split("/").at(-1), first.arrival.traceparent], ["x-y.hdf5", TRACE]);
    const again = await upload(pieces("abc", "d"));
    assertEquals(again, { added: false, arrival: first.arrival });
    assertEquals(await incoming(store), 1, "the second copy is not kept");
    const whole = { store, learner: "a", fileName: "z", body: new TextEncoder().encode("abcd") };
    assertEquals((await addUploaded(whole)).added, false);
    assertEquals((await upload(pieces("other"))).arrival.seq, 2);
  }));

Deno.test("addUploaded() leaves nothing behind when the sender fails, sends too much, or the learner goes", () =>
  withLearner(async (store) => {
    const before = await store.list("");
    async function* broken() {
      yield* pieces("ab");
      throw new Error("the line broke");
    }
    const upload = (body: AsyncIterable<Uint8Array>) =>
      addUploaded({ store, learner: "a", fileName: "x", body, maxBytes: 3 });
    await assertRejects(() => upload(broken()), Error, "the line broke");
    await assertRejects(() => upload(pieces("ab", "cd")), RangeError);
    assertEquals(await store.list(""), before);
    await deleteLearner({ store, name: "a" });
    await assertRejects(() => upload(pieces("ab")), RangeError, "deleted");
    assertEquals(await incoming(store), 0);
  }));

Deno.test("addUploaded() brings a file again whose arrival lost it", () =>
  withLearner(async (store) => {
    const upload = () => addUploaded({ store, learner: "a", fileName: "x", body: pieces("ab") });
    const { arrival } = await upload();
    await store.delete(arrival.key);
    const again = await upload();
    assertEquals([again.added, again.arrival.seq], [true, 2]);
  }));

/** A store that does something whenever a file has come to lie in `incoming/`, before its writer goes on. */
function interrupted(store: Store, whenPut: () => Promise<void>): Store {
  const after = (write: "put" | "putStream") => async (...args: never[]) => {
    const written = await (store[write] as (...given: never[]) => Promise<unknown>)(...args);
    if (String(args[0]).startsWith("incoming/")) await whenPut();
    return written;
  };
  return new Proxy(store, {
    get: (_, name: keyof Store) => {
      if (name === "put" || name === "putStream") return after(name);
      const value = store[name];
      return typeof value === "function" ? value.bind(store) : value;
    },
  });
}

Deno.test("a coordinator that looks between a file's bytes and its arrival makes no arrival of its own", () =>
  withLearner(async (store, root) => {
    // Another writer on the same folder, as a coordinator beside the command, told at once and later.
    const other = await openFilesystemStore({ root });
    const seen = new Map<string, { mark: string; since: number }>();
    const scan = async () => {
      for (const now of [0, SETTLE_MS]) {
        await scanIncoming({ store: other, facts: await loadFacts(other, "a"), seen, now });
      }
    };
    const add = (text: string) =>
      addUploaded({
        store: interrupted(store, scan),
        learner: "a",
        fileName: "x.hdf5",
        body: new TextEncoder().encode(text),
      });
    const first = await add("one");
    assertEquals([first.added, first.arrival.contentHash], [true, sha256("one")]);
    assertEquals(await add("one"), { added: false, arrival: first.arrival });
    await add("two");
    await scan();
    const { arrivals } = await loadFacts(other, "a");
    assertEquals(arrivals.map(({ contentHash }) => contentHash), [sha256("one"), sha256("two")]);
    await other.close();
  }));

Deno.test("addUploaded() makes one arrival of a file that several hand in at once, and keeps one copy", () =>
  withLearner(async (store) => {
    const given = await Promise.all(
      ["x", "x", "y", "z"].map((fileName) =>
        addUploaded({ store, learner: "a", fileName, body: pieces("sa", "me") })
      ),
    );
    assertEquals(given.filter(({ added }) => added).length, 1);
    assertEquals(new Set(given.map(({ arrival }) => arrival.key)).size, 1);
    assertEquals([(await loadFacts(store, "a")).arrivals.length, await incoming(store)], [1, 1]);
  }));

Deno.test("addUploaded() does not write again what is known to have arrived", () =>
  withLearner(async (store) => {
    const body = new TextEncoder().encode("data");
    const upload = { store, learner: "a", fileName: "x", body };
    await addUploaded(upload);
    const writes: string[] = [];
    const watched = interrupted(store, () => Promise.resolve(void writes.push("incoming")));
    assertEquals((await addUploaded({ ...upload, store: watched })).added, false);
    async function* unread(): AsyncGenerator<Uint8Array> {
      yield await Promise.reject(new Error("nobody should read it"));
    }
    const contentHash = sha256(body);
    assertEquals(
      (await addUploaded({ ...upload, store: watched, body: unread(), contentHash })).added,
      false,
    );
    assertEquals(writes, []);
  }));

Deno.test("a file whose import failed without its fault can be handed in again", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  let full = true;
  const pretence = pretend({ fails: () => full ? "the disk is full" : undefined });
  await drive(store, pretence);
  assertMatch((await loadFacts(store, "a")).rejections[0]!.reason, /could not be imported: the disk is full/);
  full = false;
  assertEquals((await addFile(store, "one")).added, true);
  await drive(store, pretence);
  assertEquals((await loadFacts(store, "a")).versions.length, 1);
});

Deno.test("the same content is one arrival before and after acceptance, under any name; another file is another", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  assertEquals((await addFile(store, "one")).added, false);
  await drive(store, pretend());
  assertEquals((await addFile(store, "one", "a", "another name.hdf5")).added, false);
  await drive(store, pretend());
  const facts = await loadFacts(store, "a");
  assertEquals([facts.arrivals.length, facts.tasks.length, facts.rejections.length], [1, 1, 0]);
  assertEquals((await store.list("incoming/")).length, 0);
  for (const text of ["two", "three"]) await addFile(store, text, "a", "data.hdf5");
  await drive(store, pretend());
  assertEquals((await loadFacts(store, "a")).tasks.map(({ name }) => name), ["one", "two", "three"]);
});

Deno.test("scanIncoming() does not take uploads for dropped files", () =>
  withLearner(async (store) => {
    await store.put("incoming/a/.uploads/0/x.hdf5", new Uint8Array(3));
    const seen = new Map<string, { mark: string; since: number }>();
    const facts = await loadFacts(store, "a");
    for (const now of [0, 10_000]) {
      assertEquals(await scanIncoming({ store, facts, seen, now }), { added: 0, settling: false });
    }
  }));
