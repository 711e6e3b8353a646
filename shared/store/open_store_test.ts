import { assertEquals, assertRejects } from "@std/assert";
import { isBucketName, openStore } from "./open_store.ts";
import { StoreError } from "./store.ts";

Deno.test("isBucketName() tells buckets from folders", () => {
  assertEquals(["s3://bucket", "folder", "./s3:/x"].map(isBucketName), [true, false, false]);
});

Deno.test("openStore() opens a folder for writing, or for reading", async () => {
  const root = await Deno.makeTempDir();
  const store = await openStore({ store: root });
  await store.put("a", Uint8Array.of(1));
  const reader = await openStore({ store: root }, { lock: false });
  assertEquals((await reader.get("a"))?.bytes, Uint8Array.of(1));
  await assertRejects(() => reader.put("b", Uint8Array.of(2)), StoreError, "reading only");
  await reader.close();
  await store.close();
  await Deno.remove(root, { recursive: true });
});
