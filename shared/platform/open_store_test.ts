import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConfigError } from "./config.ts";
import { isBucketName, openStore, readStoreConfig } from "./open_store.ts";
import { StoreError } from "./store.ts";

Deno.test("readStoreConfig() reads a folder or a bucket, and minds nothing else", () => {
  const other = { CUGRO_HTTP_PORT: "not a port", HOME: "/home" };
  assertEquals(readStoreConfig({ CUGRO_STORE: "here", ...other }).store, "here");
  const bucket = {
    CUGRO_STORE: "s3://bucket/a/b",
    CUGRO_S3_ENDPOINT: "http://127.0.0.1:9000",
    CUGRO_S3_ACCESS_KEY: "key",
    CUGRO_S3_SECRET_KEY: "secret",
  };
  assertEquals(readStoreConfig({ ...bucket, ...other }), {
    store: "s3://bucket/a/b",
    s3: { endpoint: "http://127.0.0.1:9000", region: "us-east-1", accessKey: "key", secretKey: "secret" },
  });
  assertEquals(["s3://bucket", "folder", "./s3:/x"].map(isBucketName), [true, false, false]);
});

Deno.test("readStoreConfig() lists all faults at once", () => {
  const wrong = { CUGRO_STORE: "s3://B", CUGRO_S3_ENDPOINT: "somewhere", CUGRO_S3_ACCESS_KEY: "key" };
  const { message } = assertThrows(() => readStoreConfig(wrong), ConfigError);
  for (const name of ["CUGRO_STORE", "CUGRO_S3_ENDPOINT", "CUGRO_S3_SECRET_KEY"]) {
    assertEquals(message.includes(name), true, `${name} in ${message}`);
  }
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
