import { assert, assertEquals, assertRejects } from "@std/assert";
import process from "node:process";
import { openS3Store, PreconditionFailed, type S3Options, StoreError } from "@cugro/store";
import type { RunningServer } from "../../scripts/cluster/servers.ts";
import { S3_ROOT, S3_SERVERS } from "../fakes/s3_servers.ts";
import { storeContract } from "./store_contract.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
/** Names of servers, and those that run. */
const running = new Map<string, RunningServer>();
let folder: string;
let stores = 0;

/** Options of a store that nobody else uses: a prefix of its own in one bucket. */
const fresh = (server: string): S3Options => ({
  bucket: "contract",
  prefix: `store-${++stores}`,
  endpoint: running.get(server)!.url,
  ...S3_ROOT,
});

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Promise.all(S3_SERVERS.map(async ({ name, start }) => {
    running.set(name, await start({ folder: `${folder}/${name}` }));
    await (await openS3Store({ ...fresh(name), createBucket: true })).close();
  }));
});

Deno.test.afterAll(async () => {
  for (const server of running.values()) await server.stop();
  await Deno.remove(folder, { recursive: true });
});

for (const { name } of S3_SERVERS) {
  storeContract(name, async () => {
    const options = fresh(name);
    const store = await openS3Store(options);
    return { store, reopen: () => openS3Store(options), dispose: () => store.close() };
  });
  bucketTests(name);
}

/** What a store in a bucket must do beside the contract. */
function bucketTests(server: string): void {
  Deno.test(`${server}: openS3Store() keeps stores of one bucket apart, and leaves nothing of its own`, async () => {
    const [one, other] = [fresh(server), fresh(server)];
    const stores = [await openS3Store(one), await openS3Store(other)] as const;
    await stores[0].put("same", bytes("one"), { ifNoneMatch: true });
    await stores[1].put("same", bytes("other"), { ifNoneMatch: true });
    assertEquals((await stores[0].get("same"))?.bytes, bytes("one"));
    const all = await openS3Store({ ...one, prefix: "" });
    const keys = (await all.list(one.prefix!)).map(({ key }) => key);
    assertEquals(keys.filter((key) => key.startsWith(`${one.prefix}/`)), [`${one.prefix}/same`]);
    for (const store of [...stores, all]) await store.close();
  });

  Deno.test(`${server}: list() reads all pages, sorted`, async () => {
    const store = await openS3Store(fresh(server));
    const keys = Array.from({ length: 1_003 }, (_, i) => `many/${i}.json`);
    await Promise.all(keys.map((key) => store.put(key, bytes("1"))));
    assertEquals((await store.list("many/")).map(({ key }) => key), keys.sort());
    await store.close();
  });

  Deno.test(`${server}: list() names objects that cannot be keys, once each`, async () => {
    const strange: string[] = [];
    const options = fresh(server);
    const store = await openS3Store({ ...options, onStrangeKey: (name) => strange.push(name) });
    await store.put("incoming/a/good.hdf5", bytes("x"));
    const { S3Client, PutObjectCommand } = await import("@aws-sdk/client-s3");
    const credentials = { accessKeyId: S3_ROOT.accessKey, secretAccessKey: S3_ROOT.secretKey };
    const client = new S3Client({
      region: "us-east-1",
      endpoint: running.get(server)!.url,
      forcePathStyle: true,
      credentials,
    });
    for (const name of ["my file.hdf5", "folder/"]) {
      const Key = `${options.prefix}/incoming/a/${name}`;
      await client.send(new PutObjectCommand({ Bucket: "contract", Key, Body: new Uint8Array(0) }));
    }
    client.destroy();
    for (let i = 0; i < 2; i++) {
      assertEquals((await store.list("incoming/")).map(({ key }) => key), ["incoming/a/good.hdf5"]);
    }
    assertEquals(strange, ["incoming/a/my file.hdf5"]);
    await store.close();
  });

  Deno.test(`${server}: openS3Store() lets one of 16 writers in 4 processes put once`, async () => {
    const options = fresh(server);
    const script = new URL("./s3_writer.ts", import.meta.url).pathname;
    const start = () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", script, JSON.stringify(options)],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
    const children = Array.from({ length: 4 }, start);
    const readers = children.map((child) => child.stdout.pipeThrough(new TextDecoderStream()).getReader());
    // All are ready before any may start.
    for (const reader of readers) assertEquals((await reader.read()).value, "ready\n");
    for (const child of children) {
      const writer = child.stdin.getWriter();
      await writer.write(bytes("go\n"));
      await writer.close();
    }
    const wins = (await Promise.all(readers.map(readAll))).join("").trim().split("\n");
    for (const child of children) assert((await child.status).success);
    const store = await openS3Store(options);
    const contents = await Promise.all((await store.list("race/")).map(({ key }) => store.get(key)));
    assertEquals(contents.length, 10);
    assertEquals(wins.sort(), contents.map((found) => new TextDecoder().decode(found!.bytes)).sort());
    await store.close();
  });

  Deno.test(`${server}: putStream() sends 160 MiB with flat memory`, async () => {
    const store = await openS3Store(fresh(server));
    const MIB = 1 << 20;
    const stream = async (mebibytes: number) => {
      let peak = 0;
      async function* source() {
        const piece = new Uint8Array(MIB);
        for (let i = 0; i < mebibytes; i++) {
          piece.fill(i);
          peak = Math.max(peak, process.memoryUsage().rss);
          await Promise.resolve();
          yield piece;
        }
      }
      const { size } = await store.putStream(`stream/${mebibytes}`, source(), { ifNoneMatch: true });
      assertEquals(size, mebibytes * MIB);
      return peak / MIB;
    };
    const short = await stream(32);
    const long = await stream(160);
    // 128 MiB more take no more room: what is on its way is four parts of 8 MiB (and what a filter in this process holds).
    assert(long - short < 96, `${short.toFixed()} MiB for 32 MiB, ${long.toFixed()} MiB for 160 MiB`);
    const tail = await store.get("stream/160", { range: [160 * MIB - 2, 160 * MIB] });
    assertEquals(tail?.bytes, Uint8Array.of(159, 159));
    assertEquals((await store.head("stream/160"))?.size, 160 * MIB);
    await store.close();
  });

  Deno.test(`${server}: presign() refuses lives that S3 does not allow`, async () => {
    const store = await openS3Store(fresh(server));
    for (const seconds of [0, -1, 604_801, NaN]) {
      await assertRejects(() => store.presign("a", seconds), RangeError, String(seconds));
    }
    await store.close();
  });

  Deno.test(`${server}: openS3Store() for reading looks into conditions before the first conditional write`, async () => {
    const options = { ...fresh(server), probe: false };
    const store = await openS3Store(options);
    await Promise.all([store.put("a", bytes("1"), { ifNoneMatch: true }), store.list("")]);
    await assertRejects(
      () => store.put("a", bytes("2"), { ifNoneMatch: true }),
      PreconditionFailed,
      "a: it exists",
    );
    await store.close();
    await assertRejects(() => store.get("a"), StoreError, "is closed");
  });
}

async function readAll(reader: ReadableStreamDefaultReader<string>): Promise<string> {
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
  return text;
}
