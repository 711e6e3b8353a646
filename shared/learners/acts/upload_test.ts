import { assertEquals, assertRejects } from "@std/assert";
import { openFilesystemStore, type Store } from "@cugro/store";
import { sha256 } from "@cugro/protocol";
import { addArrival, scanIncoming } from "./incoming.ts";
import { addUploaded } from "./upload.ts";
import { createLearner, deleteLearner } from "./learners.ts";
import { loadFacts } from "../reading/load.ts";

async function withLearner(test: (store: Store) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  try {
    await createLearner({ store, name: "a", seed: 1, preset: "smoke" });
    await test(store);
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
    const bytes = new TextEncoder().encode("abcd");
    assertEquals((await addArrival({ store, learner: "a", fileName: "z", bytes })).added, false);
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

Deno.test("scanIncoming() does not take uploads for dropped files", () =>
  withLearner(async (store) => {
    await store.put("incoming/a/.uploads/0/x.hdf5", new Uint8Array(3));
    const seen = new Map<string, { mark: string; since: number }>();
    const facts = await loadFacts(store, "a");
    for (const now of [0, 10_000]) {
      assertEquals(await scanIncoming({ store, facts, seen, now }), { added: 0, settling: false });
    }
  }));
