import { sleep } from "@cugro/async";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { isEtagOf, openFilesystemStore, type Store, StoreError, StoreLocked } from "@cugro/store";
import { storeContract } from "./store_contract.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

storeContract("folder", async () => {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  return {
    store,
    reopen: () => openFilesystemStore({ root }),
    async dispose() {
      await store.close();
      await Deno.remove(root, { recursive: true });
    },
  };
});

async function inFolder(run: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await run(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function startWriter(mode: string, root: string): Deno.ChildProcess {
  const script = new URL("./store_writer.ts", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, mode, root],
    stdout: "piped",
  }).spawn();
}

/** The first thing a child prints. */
async function firstWords(child: Deno.ChildProcess): Promise<string> {
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return new TextDecoder().decode(value).trim();
}

async function kill(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.status;
  await child.stdout.cancel();
}

/** A command of its own, not a child of this one: it must not share this process's lock. */
async function runElsewhere(mode: string, root: string): Promise<string> {
  const script = new URL("./store_writer.ts", import.meta.url).pathname;
  const output = `${root}.out`;
  const line = `setsid "$0" run -A --no-check "$1" "$2" "$3" > "$4.part" 2>&1 && mv "$4.part" "$4" &`;
  await new Deno.Command("sh", { args: ["-c", line, Deno.execPath(), script, mode, root, output] }).output();
  for (let tries = 0; tries < 600; tries++) {
    const text = await Deno.readTextFile(output).catch(() => undefined);
    if (text !== undefined) {
      await Deno.remove(output);
      return text.trim();
    }
    await sleep(50);
  }
  throw new Error(`The other command did not end: ${await Deno.readTextFile(`${output}.part`)}`);
}

Deno.test("openFilesystemStore() shows nothing partial after a writer was killed, and cleans up", () =>
  inFolder(async (root) => {
    let leftovers = 0;
    for (let round = 0; round < 3; round++) {
      const child = startWriter("flood", root);
      assertEquals(await firstWords(child), "open");
      await sleep(60 + 37 * round);
      await kill(child);
      leftovers += [...Deno.readDirSync(`${root}/@store/temporary`)].length;
      const store = await openFilesystemStore({ root });
      const objects = await store.list("flood/");
      assert(objects.length > 0);
      for (const { size } of objects) assertEquals(size, 300_000);
      assertEquals([...Deno.readDirSync(`${root}/@store/temporary`)].length, 0);
      for (const { key } of objects) await store.delete(key);
      await store.close();
    }
    assert(leftovers <= 3);
  }));

Deno.test("openFilesystemStore() refuses a second command and names the first", () =>
  inFolder(async (root) => {
    const store = await openFilesystemStore({ root });
    const words = await runElsewhere("write", root);
    assertStringIncludes(words, `is being written by another command: pid ${Deno.pid} on ${Deno.hostname()}`);
    assertStringIncludes(words, `kill ${Deno.pid}`);
    assertEquals(await store.head("from/child"), undefined);
    await store.close();
    assertEquals(await runElsewhere("write", root), "wrote");
  }));

Deno.test("openFilesystemStore() shares the lock with processes it started", () =>
  inFolder(async (root) => {
    const store = await openFilesystemStore({ root });
    const child = startWriter("write", root);
    assertEquals(await firstWords(child), "wrote");
    assert((await child.status).success);
    await child.stdout.cancel();
    assert(await store.head("from/child"));
    const lock = JSON.parse(await Deno.readTextFile(`${root}/@store/lock`));
    assertEquals(lock.pid, Deno.pid);
    await store.close();
    await assertRejects(() => Deno.stat(`${root}/@store/lock`), Deno.errors.NotFound);
  }));

Deno.test("openFilesystemStore() refuses while a child command holds the folder, and takes over when it died", () =>
  inFolder(async (root) => {
    const child = startWriter("hold", root);
    assertEquals(await firstWords(child), "open");
    const error = await assertRejects(() => openFilesystemStore({ root }), StoreLocked, `pid ${child.pid}`);
    assertStringIncludes(error.message, "store_writer");
    const reader = await openFilesystemStore({ root, lock: false });
    assertEquals(await reader.list(""), []);
    await kill(child);
    const opened = await Promise.allSettled(Array.from({ length: 4 }, () => openFilesystemStore({ root })));
    for (const outcome of opened) assert(outcome.status === "fulfilled");
    assertEquals(JSON.parse(await Deno.readTextFile(`${root}/@store/lock`)).pid, Deno.pid);
    for (const outcome of opened) if (outcome.status === "fulfilled") await outcome.value.close();
    assertEquals([...Deno.readDirSync(`${root}/@store`)].map((entry) => entry.name), ["temporary"]);
  }));

Deno.test("openFilesystemStore() does not take over from another host, and says how to", () =>
  inFolder(async (root) => {
    await Deno.mkdir(`${root}/@store`);
    const lock = { pid: 1, host: "elsewhere", started: "", since: "then", command: "cugro run", nonce: "n" };
    await Deno.writeTextFile(`${root}/@store/lock`, JSON.stringify(lock));
    await assertRejects(
      () => openFilesystemStore({ root }),
      StoreLocked,
      `delete ${await Deno.realPath(root)}/@store/lock`,
    );
  }));

Deno.test("openFilesystemStore() opened for reading refuses to write", () =>
  inFolder(async (root) => {
    const store: Store = await openFilesystemStore({ root, lock: false });
    await assertRejects(() => store.put("a", bytes("x")), StoreError, "reading only");
    await assertRejects(() => store.delete("a"), StoreError, "reading only");
    await store.close();
  }));

Deno.test("a folder that is gone is an error, and its objects are not taken for removed ones", () =>
  inFolder(async (parent) => {
    const root = `${parent}/store`;
    const store = await openFilesystemStore({ root });
    await store.put("a/b", bytes("x"));
    await Deno.rename(root, `${parent}/elsewhere`);
    const asked = [
      () => store.get("a/b"),
      () => store.head("a/b"),
      () => store.list("a/"),
      () => store.folders("a/"),
    ];
    for (const ask of asked) await assertRejects(ask, StoreError, "is not there");
    await Deno.rename(`${parent}/elsewhere`, root);
    assertEquals((await store.list("a/")).map(({ key }) => key), ["a/b"]);
    await store.close();
  }));

Deno.test("openFilesystemStore() names files that cannot be keys, once each", () =>
  inFolder(async (root) => {
    const strange: string[] = [];
    const store = await openFilesystemStore({ root, onStrangeFile: (path) => strange.push(path) });
    await store.put("incoming/a/good.hdf5", bytes("x"));
    await Deno.writeTextFile(`${root}/incoming/a/my file.hdf5`, "x");
    for (let i = 0; i < 2; i++) assertEquals((await store.list("incoming/")).length, 1);
    assertEquals(strange.map((path) => path.split("/").at(-1)), ["my file.hdf5"]);
    await store.close();
  }));

Deno.test("list() shows a new etag when a dropped file changes in place", () =>
  inFolder(async (root) => {
    const store = await openFilesystemStore({ root });
    await store.put("incoming/a/f", bytes("one"));
    const before = await store.list("incoming/");
    await Deno.writeTextFile(`${root}/incoming/a/f`, "two");
    const after = await store.list("incoming/");
    assert(before[0]?.etag !== after[0]?.etag);
    await store.close();
  }));

Deno.test("list() shows a new etag when a file is written over with its size and its time kept", () =>
  inFolder(async (root) => {
    const store = await openFilesystemStore({ root });
    const old = new Date("2024-01-01T00:00:00Z");
    for (const size of [100, 5 << 20]) {
      const key = `incoming/a/${size}`;
      const path = `${root}/${key}`;
      const content = new Uint8Array(size).fill(1);
      const { etag } = await store.put(key, content);
      assertEquals((await store.head(key))!.etag, etag);
      // As `cp --preserve` and `rsync --inplace --times` leave it.
      const write = async (...at: number[]) => {
        for (const index of at) content[index]!++;
        const file = await Deno.open(path, { write: true });
        await file.write(content);
        file.close();
        await Deno.utime(path, old, old);
        return (await store.list("incoming/")).find((info) => info.key === key)!;
      };
      const before = await write(0);
      const after = await write(0, size - 1);
      assertEquals([after.size, after.lastModified], [before.size, before.lastModified]);
      assert(after.etag !== before.etag, `${size} bytes`);
      assertEquals((await store.get(key, { range: [0, 1] }))!.info.etag, after.etag);
    }
    await store.close();
  }));

Deno.test("isEtagOf() knows the etags that earlier software wrote for large files in a folder", () => {
  const etag = "5242880-1704067200000-77-0123456789abcdef";
  const written = [etag, "5242880-1704067200000-77", "5242880-1704067200000-7", "0123-4", ""];
  assertEquals(written.map((each) => isEtagOf({ etag }, each)), [true, true, false, false, false]);
  assert(!isEtagOf({ etag: "0123-4" }, "0123"), "nor is one of S3's the beginning of another");
});
