import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openS3Store } from "@cugro/store";
import { startNats } from "../servers.ts";
import { BUCKET, startBucket } from "./bucket.ts";
import { chooseServer, rootKeysOf, type S3_SERVERS } from "./choice.ts";
import { judge } from "./filter.ts";
import { MINIO_ROOT } from "./minio.ts";

Deno.test("chooseServer() keeps a folder with the server that has its objects, and says so of MinIO", () => {
  const folder = Deno.makeTempDirSync();
  const reported: string[] = [];
  const choose = (asked?: typeof S3_SERVERS[number]) =>
    chooseServer(folder, asked, (line) => reported.push(line));
  assertEquals([choose(), choose("minio"), choose("versity")], ["versity", "minio", "versity"]);
  mkdirSync(join(folder, "minio", ".minio.sys"), { recursive: true });
  assertEquals([reported, choose("minio")], [[], "minio"]);
  assertEquals(choose(), "minio");
  assertMatch(reported.join(), /keeps its objects with MinIO/);
  const { message } = assertThrows(() => choose("versity"), RangeError, "which versity cannot read");
  assert(message.includes(folder) && message.includes("leave --s3 out"), message);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("rootKeysOf() makes keys once a folder, with names that nobody can guess, readable by their owner", () => {
  const [one, other] = [Deno.makeTempDirSync(), Deno.makeTempDirSync()];
  const keys = rootKeysOf(one);
  assertEquals(rootKeysOf(one), keys);
  assertNotEquals(rootKeysOf(other).accessKey, keys.accessKey);
  assertMatch(keys.accessKey, /^cugro-[0-9a-f]{18}$/);
  assertEquals(statSync(join(one, "s3-keys.json")).mode & 0o777, 0o600);
  for (const folder of [one, other]) Deno.removeSync(folder, { recursive: true });
});

Deno.test("what MinIO kept under the well-known key of earlier versions is there under a folder's own keys", async () => {
  const folder = await Deno.makeTempDir();
  const nats = await startNats({ folder: join(folder, "nats") });
  const options = { server: "minio", folder, natsUrl: nats.url, targets: [] } as const;
  const withStore = async (keys: { accessKey: string; secretKey: string }, use: "put" | "get") => {
    const server = await startBucket({ ...options, keys });
    const store = await openS3Store({ bucket: BUCKET, endpoint: server.url, ...keys });
    if (use === "put") await store.put("learners/old/head.json", new TextEncoder().encode("3"));
    else assertEquals((await store.get("learners/old/head.json"))?.info.size, 1);
    await store.close();
    await server.stop();
  };
  await withStore({ accessKey: MINIO_ROOT.user, secretKey: MINIO_ROOT.password }, "put");
  assertEquals(chooseServer(folder, undefined), "minio");
  await withStore(rootKeysOf(folder), "get");
  await nats.stop();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("judge() passes a request on as it is, for one answer, and leaves nothing to two readings", () => {
  const lines = [
    "PUT /b/k?x=1 HTTP/1.1",
    "Host: a:1",
    "Connection: keep-alive",
    "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD",
  ];
  assertEquals(judge(lines.join("\r\n")), {
    head: ["PUT /b/k?x=1 HTTP/1.1", "Host: a:1", lines[3], "Connection: close", "", ""].join("\r\n"),
  });
  const wrong = [
    "PUT /b/k HTTP/2.0",
    "PUT  /b/k HTTP/1.1",
    "PUT /b/k HTTP/1.1\r\n folded: x",
    "PUT /b/k HTTP/1.1\r\nno colon",
  ];
  for (const head of wrong) assert("refused" in judge(head), head);
  for (const name of ["X-Amz-Meta-Snowball-Auto-Extract", "x-amz-meta-SNOWBALL-auto-extract"]) {
    assert("refused" in judge(`PUT /b/k HTTP/1.1\r\n${name}: true`), name);
    assert("refused" in judge(`PUT /b/k?${name}=true HTTP/1.1`), name);
  }
  assert("refused" in judge("PUT /b/k?X-Amz-Content-Sha256=STREAMING%2DUNSIGNED-PAYLOAD-TRAILER HTTP/1.1"));
});
