/**
 * What every store must do. Each implementation runs all of it: `storeContract("folder", open)`.
 * @module
 */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { openObject, PreconditionFailed, type PutOptions, type Store, StoreError } from "@cugro/store";
import { sha256 } from "@cugro/protocol";

/** An opened store, empty, and how to get rid of it. `reopen` opens a second client of the same store. */
export interface OpenedStore {
  store: Store;
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (b: Uint8Array | undefined) => b && new TextDecoder().decode(b);

/** Bytes without a pattern that would hide a lost or doubled piece. */
function noise(size: number): Uint8Array {
  const content = new Uint8Array(size);
  for (let i = 0; i < size; i++) content[i] = Math.imul(i, 2654435761) >>> 24;
  return content;
}

/** A source of pieces of `size` bytes that may fail at its end; `onEnd` is told when it is done with. */
async function* inPieces(content: Uint8Array, size: number, fault?: Error, onEnd?: () => void) {
  try {
    for (let start = 0; start < content.length; start += size) {
      await Promise.resolve();
      yield content.subarray(start, start + size);
    }
    if (fault) throw fault;
  } finally {
    onEnd?.();
  }
}

/** Registers the tests of the contract under `name`. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  const test = (title: string, run: (opened: OpenedStore) => Promise<void>) =>
    Deno.test(`${name} store ${title}`, async () => {
      const opened = await open();
      try {
        await run(opened);
      } finally {
        await opened.dispose();
      }
    });

  test("gives back what was put", async ({ store }) => {
    const { etag } = await store.put("a/b/c.bin", bytes("hello"));
    const got = await store.get("a/b/c.bin");
    assertEquals(text(got?.bytes), "hello");
    assertEquals(got?.info, { key: "a/b/c.bin", size: 5, etag, lastModified: got?.info.lastModified });
    assertEquals(await store.head("a/b/c.bin"), got?.info);
    assert(Math.abs(Date.parse(got?.info.lastModified ?? "") - Date.now()) < 60_000);
  });

  test("has nothing under other keys", async ({ store }) => {
    await store.put("a/b", bytes("x"));
    for (const key of ["a", "a/b2", "a/c", "z"]) {
      assertEquals([key, await store.get(key), await store.head(key)], [key, undefined, undefined]);
    }
    await store.delete("a/c");
  });

  test("keeps empty and large objects byte for byte", async ({ store }) => {
    const large = Uint8Array.from({ length: 5_000_001 }, (_, i) => (i * 2654435761) >>> 24);
    await store.put("empty", new Uint8Array(0));
    const { etag } = await store.put("large", large);
    assertEquals((await store.get("empty"))?.bytes.length, 0);
    const got = await store.get("large");
    assert(got !== undefined && got.info.etag === etag && got.info.size === large.length);
    assert(got.bytes.every((value, i) => value === large[i]));
  });

  test("reads ranges, cut to the size", async ({ store }) => {
    await store.put("r", bytes("0123456789"));
    const read = async (start: number, end: number) =>
      text((await store.get("r", { range: [start, end] }))?.bytes);
    assertEquals(await read(2, 5), "234");
    assertEquals(await read(0, 1), "0");
    assertEquals(await read(7, 99), "789");
    assertEquals(await read(20, 30), "");
    assertEquals((await store.get("r", { range: [2, 5] }))?.info, await store.head("r"));
    await assertRejects(() => store.get("r", { range: [5, 2] }), RangeError);
  });

  test("opens an object, and reads its parts as long as it is the same", async ({ store }) => {
    assertEquals(await openObject(store, "o"), undefined);
    for (const size of [0, 1000, (4 << 20) + 1, 6_000_000]) {
      const content = noise(size);
      await store.put("o", content);
      const opened = (await openObject(store, "o"))!;
      assertEquals(opened.info, await store.head("o"));
      const ranges = [[0, size], [size >> 1, size], [Math.max(0, size - 3), size], [size, size]] as const;
      for (const [start, end] of ranges) {
        assertEquals(sha256(await opened.read(start, end)), sha256(content.subarray(start, end)));
      }
      await assertRejects(() => opened.read(0, size + 1), RangeError);
    }
    const opened = (await openObject(store, "o"))!;
    await store.put("o", noise(6_000_000).reverse());
    await assertRejects(() => opened.read(5_000_000, 5_000_001), StoreError, "changed");
    await store.delete("o");
    await assertRejects(() => opened.read(5_000_000, 5_000_001), StoreError, "removed");
  });

  test("overwrites without a condition and changes the etag", async ({ store }) => {
    const first = await store.put("k", bytes("one"));
    const second = await store.put("k", bytes("two"));
    assertNotEquals(first.etag, second.etag);
    assertEquals(text((await store.get("k"))?.bytes), "two");
  });

  test("puts once", async ({ store }) => {
    await store.put("once", bytes("first"), { ifNoneMatch: true });
    await assertRejects(() => store.put("once", bytes("second"), { ifNoneMatch: true }), PreconditionFailed);
    assertEquals(text((await store.get("once"))?.bytes), "first");
  });

  test("lets one of 16 racers put once", async ({ store, reopen }) => {
    const other = await reopen();
    for (let round = 0; round < 10; round++) {
      const outcomes = await Promise.allSettled(
        Array.from(
          { length: 16 },
          (_, i) => (i % 2 ? store : other).put(`race/${round}`, bytes(`racer ${i}`), { ifNoneMatch: true }),
        ),
      );
      const winners = outcomes.flatMap((o, i) => o.status === "fulfilled" ? [i] : []);
      assertEquals(winners.length, 1);
      assertEquals(text((await store.get(`race/${round}`))?.bytes), `racer ${winners[0]}`);
      for (const o of outcomes) assert(o.status === "fulfilled" || o.reason instanceof PreconditionFailed);
    }
    await other.close();
  });

  test("compares and swaps", async ({ store }) => {
    await assertRejects(() => store.put("head", bytes("x"), { ifMatch: "none" }), PreconditionFailed);
    const { etag } = await store.put("head", bytes("1"));
    const next = await store.put("head", bytes("2"), { ifMatch: etag });
    await assertRejects(() => store.put("head", bytes("3"), { ifMatch: etag }), PreconditionFailed);
    await store.put("head", bytes("4"), { ifMatch: next.etag });
    assertEquals(text((await store.get("head"))?.bytes), "4");
  });

  test("loses no update of racing compare-and-swaps", async ({ store, reopen }) => {
    const other = await reopen();
    await store.put("counter", bytes("0"));
    const increments = Array.from({ length: 8 }, (_, i) => increment(i % 2 ? store : other, "counter", 3));
    await Promise.all(increments);
    assertEquals(text((await store.get("counter"))?.bytes), "24");
    await other.close();
  });

  test("lists by prefix, sorted, whole keys only", async ({ store }) => {
    const keys = ["t/10.json", "t/2.json", "t/a/x", "t-1", "u/t/1", "t/a.b"];
    for (const key of keys) await store.put(key, bytes(key));
    const list = async (prefix: string) => (await store.list(prefix)).map((info) => info.key);
    assertEquals(await list("t/"), ["t/10.json", "t/2.json", "t/a.b", "t/a/x"]);
    assertEquals(await list("t/1"), ["t/10.json"]);
    assertEquals(await list("t"), ["t-1", "t/10.json", "t/2.json", "t/a.b", "t/a/x"]);
    assertEquals(await list(""), [...keys].sort());
    assertEquals(await list("nothing/here/"), []);
    assertEquals(await store.list("t-1"), [await store.head("t-1")]);
  });

  test("names the folders directly below a prefix", async ({ store }) => {
    for (const key of ["f/b/1", "f/b/2/3", "f/a/1", "f/file", "f-x/1", "g/1"]) {
      await store.put(key, bytes(key));
    }
    assertEquals(await store.folders("f/"), ["a", "b"]);
    assertEquals(await store.folders("f/b/"), ["2"]);
    assertEquals(await store.folders("nothing/here/"), []);
    await assertRejects(() => store.folders("../"), RangeError);
  });

  test("deletes", async ({ store }) => {
    await store.put("d/e/f", bytes("x"), { ifNoneMatch: true });
    await store.delete("d/e/f");
    await store.delete("d/e/f");
    assertEquals(await store.get("d/e/f"), undefined);
    assertEquals(await store.list("d/"), []);
    await store.put("d/e/f", bytes("y"), { ifNoneMatch: true });
  });

  test("writes and deletes in one folder at the same time", async ({ store }) => {
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      for (let n = 0; n < 5; n++) {
        await store.put(`busy/folder/${i}`, bytes(`${n}`));
        await store.delete(`busy/folder/${i}`);
      }
    }));
    assertEquals(await store.list("busy/"), []);
  });

  test("writes a stream whole", async ({ store }) => {
    for (const size of [0, 1, 300_007, 9_000_011]) {
      const content = noise(size);
      const put = await store.putStream(`streams/${size}`, inPieces(content, 70_001));
      assertEquals(put.size, size);
      assertEquals(put.sha256, sha256(content));
      const got = await store.get(`streams/${size}`);
      assertEquals(put.etag, got?.info.etag);
      assertEquals(sha256(got!.bytes), put.sha256);
    }
  });

  test("leaves nothing of a stream whose source fails, and passes its error on", async ({ store }) => {
    await store.put("kept", bytes("as it was"));
    for (const size of [0, 10, 9_000_000]) {
      const fault = Object.assign(new Error("the client is gone"), { code: "ENOENT" });
      for (const key of ["fresh", "kept"]) {
        const error = await assertRejects(() => store.putStream(key, inPieces(noise(size), 1 << 20, fault)));
        assert(error === fault);
      }
    }
    assertEquals((await store.list("")).map(({ key }) => key), ["kept"]);
    assertEquals(text((await store.get("kept"))?.bytes), "as it was");
  });

  test("refuses a stream over its limit, and lets go of the source", async ({ store }) => {
    await store.putStream("fits", inPieces(noise(1000), 100), { maxBytes: 1000 });
    for (const size of [1001, 20_000_000]) {
      let released = false;
      const source = inPieces(noise(size), 1 << 16, undefined, () => released = true);
      const limit = size === 1001 ? 1000 : 12_000_000;
      await assertRejects(
        () => store.putStream("big", source, { maxBytes: limit }),
        RangeError,
        `${limit} bytes`,
      );
      assert(released);
    }
    assertEquals((await store.list("")).map(({ key }) => key), ["fits"]);
  });

  test("holds streams to their conditions", async ({ store }) => {
    for (const size of [1000, 9_000_000]) {
      const key = `c/${size}`;
      const racers = Array.from({ length: 4 }, (_, i) => noise(size + i));
      const put = (content: Uint8Array, options: PutOptions) =>
        store.putStream(key, inPieces(content, 1 << 20), options);
      const outcomes = await Promise.allSettled(racers.map((racer) => put(racer, { ifNoneMatch: true })));
      const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
      assertEquals(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
      for (const o of outcomes) assert(o.status === "fulfilled" || o.reason instanceof PreconditionFailed);
      const current = await store.head(key);
      assertEquals(current?.size, size + winner);
      await assertRejects(() => put(racers[0]!, { ifMatch: "another" }), PreconditionFailed);
      const { etag } = await put(racers[3]!, { ifMatch: current!.etag });
      assertEquals((await store.head(key))?.etag, etag);
      assertEquals(sha256((await store.get(key))!.bytes), sha256(racers[3]!));
    }
  });

  test("refuses keys that could leave it", async ({ store }) => {
    for (
      const key of [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a//b",
        "a\\b",
        "",
        "a/./b",
        "@store/lock",
        "x".repeat(600),
      ]
    ) {
      await assertRejects(() => store.put(key, bytes("x")), RangeError);
      await assertRejects(() => store.putStream(key, inPieces(bytes("x"), 1)), RangeError);
      await assertRejects(() => store.get(key), RangeError);
      await assertRejects(() => store.delete(key), RangeError);
    }
  });

  test("presigns a URL that reads the object", async ({ store }) => {
    await store.put("p/q", bytes("through a URL"));
    const response = await fetch(await store.presign("p/q", 60));
    assertEquals(await response.text(), "through a URL");
  });
}

async function increment(store: Store, key: string, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const current = await store.get(key);
    try {
      const next = bytes(String(Number(text(current?.bytes)) + 1));
      await store.put(key, next, { ifMatch: current?.info.etag ?? "" });
      done++;
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
    }
  }
}
