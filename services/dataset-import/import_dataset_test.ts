import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type JobContext, PermanentError } from "@cugro/worker";
import { openFilesystemStore, type Store } from "@cugro/store";
import { incomingKey } from "@cugro/protocol";
import { createHandlers } from "./mod.ts";

const KEY = incomingKey("walker", "task1.hdf5");

/** Runs the import of a file of 1,000 bytes where at most `importMaxBytes` may be read. */
async function importWithin(importMaxBytes: number, etag?: string, bytes = new Uint8Array(1_000)) {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  let reads = 0;
  const counting = new Proxy(store, {
    get: (target, name) => {
      if (name === "get") reads++;
      const member = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  }) as Store;
  try {
    const written = await store.put(KEY, bytes);
    const context = { config: { key: KEY, etag: etag ?? written.etag }, store: counting };
    const importFile = createHandlers({ config: { importMaxBytes } })["dataset.import"]!;
    const ended = await importFile(context as JobContext<"dataset.import">).catch((error: Error) => error);
    return { ended, reads };
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("importDataset() does not read a file that is too large for this process, and says what to do", async () => {
  const { ended, reads } = await importWithin(999);
  assertEquals(reads, 0);
  await assertRejects(
    () => Promise.reject(ended),
    PermanentError,
    "incoming/walker/task1.hdf5 has 1000 bytes; at most 999 can be imported here: split it, or raise CUGRO_IMPORT_MAX_BYTES",
  );
});

Deno.test("importDataset() reads and judges a file of the largest size, and tells when it is another by now", async () => {
  const { ended, reads } = await importWithin(1_000);
  assertEquals(reads, 1);
  assertStringIncludes(JSON.stringify(ended), "rejected");
  const changed = await importWithin(999, "another etag");
  assertStringIncludes(JSON.stringify(changed.ended), "has changed since it arrived");
});

Deno.test("importDataset() rejects bad files in one sentence, one after the other", async () => {
  const cut = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0);
  const header = new TextEncoder().encode('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}');
  const lacking = new Uint8Array(8 + header.length + 4);
  lacking[0] = header.length;
  lacking.set(header, 8);
  for (const [bytes, words] of [[cut, "damaged or cut short"], [lacking, "field observations"]] as const) {
    const { ended } = await importWithin(1_000, undefined, bytes);
    const rejected = String((ended as { metrics: Record<string, unknown> }).metrics.rejected);
    assertStringIncludes(rejected, `Cannot read dataset task1.hdf5`);
    assertStringIncludes(rejected, words);
    assertEquals(rejected.split("\n").length, 1);
  }
});
