/**
 * What every store must do. Each implementation runs all of it: `storeContract("folder", open)`.
 * @module
 */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { PreconditionFailed, type Store } from "@cugro/platform";

/** An opened store, empty, and how to get rid of it. `reopen` opens a second client of the same store. */
export interface OpenedStore {
  store: Store;
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (b: Uint8Array | undefined) => b && new TextDecoder().decode(b);

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
