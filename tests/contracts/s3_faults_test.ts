import { sleep } from "@cugro/async";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createServer } from "node:http";
import { openS3Store, PreconditionFailed, type S3Options, StoreError, StoreFull } from "@cugro/store";
import { freePort, type RunningServer } from "../../scripts/cluster/servers.ts";
import { onSmallDisk } from "../fakes/small_disk.ts";
import { S3_ROOT, S3_SERVERS, type S3Server } from "../fakes/s3_servers.ts";
import { type Spoil, startProxy } from "./s3_proxy.ts";

const MIB = 1 << 20;
const bytes = (text: string) => new TextEncoder().encode(text);
const optionsOf = (url: string): S3Options => ({
  bucket: "faults",
  endpoint: url,
  ...S3_ROOT,
  createBucket: true,
});

async function withServer(
  start: S3Server["start"],
  run: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const server = await start({ folder });
  try {
    await run(server);
  } finally {
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

async function* pieces(count: number, onPiece: (i: number) => unknown = () => {}) {
  const piece = new Uint8Array(MIB).fill(7);
  for (let i = 0; i < count; i++) {
    await onPiece(i);
    yield piece;
  }
}

Deno.test("openS3Store() refuses a server that ignores conditions", async () => {
  const server = createServer((request, answer) => {
    request.resume().on("end", () => answer.writeHead(200, { etag: '"1"' }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const options = { ...optionsOf(`http://127.0.0.1:${port}`), createBucket: false };
  await assertRejects(() => openS3Store(options), StoreError, "ignores If-None-Match and If-Match");
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

/** A store behind a proxy that does to each exchange what `judge` says. */
async function behindProxy(
  start: S3Server["start"],
  judge: (method: string, path: string) => Spoil,
  run: (store: Awaited<ReturnType<typeof openS3Store>>, seen: string[]) => Promise<void>,
): Promise<void> {
  await withServer(start, async (server) => {
    await (await openS3Store(optionsOf(server.url))).close();
    const proxy = await startProxy(server.url, judge);
    const store = await openS3Store({ ...optionsOf(proxy.url), createBucket: false, timeoutMs: 500 });
    try {
      await run(store, proxy.seen);
    } finally {
      await store.close();
      await proxy.close();
    }
  });
}

for (const server of S3_SERVERS) faultTests(server);

/** What a store must bear of its server. */
function faultTests({ name, start }: S3Server): void {
  Deno.test(`${name}: openS3Store() says what is wrong with address, keys or bucket`, () =>
    withServer(start, async ({ url }) => {
      const right = optionsOf(url);
      await (await openS3Store(right)).close();
      const nowhere = `http://127.0.0.1:${await freePort()}`;
      const wrong: [Partial<S3Options>, string, string][] = [
        [{ endpoint: nowhere, createBucket: false }, `s3://faults at ${nowhere}`, "nothing listens there"],
        [{ secretKey: "wrong-secret" }, "the secret key does not fit", "CUGRO_S3_SECRET_KEY"],
        [{ accessKey: "nobody" }, "does not know this access key", "CUGRO_S3_ACCESS_KEY"],
        [{ bucket: "elsewhere", createBucket: false }, "there is no such bucket", "CUGRO_STORE"],
        [
          { bucket: "elsewhere", createBucket: false, probe: false },
          "there is no such bucket",
          "CUGRO_STORE",
        ],
        [{ bucket: "Not_A_Bucket" }, "Not_A_Bucket", "CUGRO_STORE"],
      ];
      for (const [change, what, advice] of wrong) {
        const error = await assertRejects(() => openS3Store({ ...right, ...change }), StoreError);
        for (const part of [what, advice]) assert(error.message.includes(part), error.message);
        assert(!error.message.includes("wrong-secret"));
      }
      await assertRejects(() => openS3Store({ ...right, prefix: "../other" }), RangeError, "..");
    }));

  Deno.test(`${name}: putStream() rejects when the server is killed, and nothing partial is there afterwards`, async () => {
    const folder = await Deno.makeTempDir();
    const port = await freePort();
    let server = await start({ folder, port });
    const store = await openS3Store(optionsOf(server.url));
    await store.put("kept", bytes("as it was"));
    for (const key of ["big", "kept"]) {
      const upload = store.putStream(key, pieces(40, (i) => i === 20 && server.signal("SIGKILL")));
      const error = await assertRejects(() => upload, StoreError, "Cannot reach the store");
      assert(error.message.includes(`writing ${key}`), error.message);
      await server.stop();
      server = await start({ folder, port });
      assertEquals((await store.list("")).map((info) => info.key), ["kept"]);
      assertEquals((await store.get("kept"))?.bytes, bytes("as it was"));
    }
    const { size } = await store.putStream("big", pieces(20), { ifNoneMatch: true });
    assertEquals([size, (await store.head("big"))?.size], [20 * MIB, 20 * MIB]);
    await store.close();
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  });

  Deno.test(`${name}: a server that hangs is a StoreError after the timeout, and no end of the store`, () =>
    withServer(start, async (server) => {
      const store = await openS3Store({ ...optionsOf(server.url), timeoutMs: 300 });
      await store.put("a", bytes("1"));
      server.signal("SIGSTOP");
      const began = performance.now();
      const outcomes = await Promise.allSettled([
        store.put("b", bytes("2")),
        store.putStream("c", pieces(20)),
        store.get("a"),
        store.head("a"),
        store.list(""),
        store.delete("a"),
      ]);
      for (const outcome of outcomes) {
        assert(
          outcome.status === "rejected" && outcome.reason instanceof StoreError,
          JSON.stringify(outcome),
        );
        for (const part of ["does not answer", "CUGRO_S3_ENDPOINT"]) {
          assert(outcome.reason.message.includes(part), outcome.reason.message);
        }
      }
      assert(performance.now() - began < 20_000);
      server.signal("SIGCONT");
      await store.put("d", bytes("3"));
      assertEquals((await store.get("d"))?.bytes, bytes("3"));
      await store.close();
    }));

  Deno.test(`${name}: put() whose answer got lost knows its own write from another's`, () => {
    let lost = 0;
    // Each write reaches the server, and its first answer does not come back; so the client writes again.
    const judge = (method: string, path: string): Spoil => {
      const isWrite = method === "PUT" && path.includes("lost") && !path.includes("partNumber");
      const isCompletion = method === "POST" && path.includes("uploadId=");
      return (isWrite || isCompletion) && ++lost % 2 === 1 ? "lose the answer" : "nothing";
    };
    return behindProxy(start, judge, async (store, seen) => {
      const first = await store.put("lost/a", bytes("mine"), { ifNoneMatch: true });
      assertEquals((await store.head("lost/a"))?.etag, first.etag);
      await assertRejects(
        () => store.put("lost/a", bytes("mine"), { ifNoneMatch: true }),
        PreconditionFailed,
      );
      const next = await store.put("lost/a", bytes("mine too"), { ifMatch: first.etag });
      assertEquals((await store.get("lost/a"))?.bytes, bytes("mine too"));
      assertEquals((await store.head("lost/a"))?.etag, next.etag);
      await assertRejects(() => store.put("lost/a", bytes("x"), { ifMatch: first.etag }), PreconditionFailed);
      const stream = await store.putStream("lost/big", pieces(9), { ifNoneMatch: true });
      assertEquals((await store.head("lost/big"))?.etag, stream.etag);
      assert(lost >= 10, `${lost} writes`);
      assertEquals(seen.filter((line) => line.startsWith("PUT /faults/lost/a")).length, 8);
    });
  });

  Deno.test(`${name}: putStream() whose completion is answered too early waits for the object, or finds another's`, () => {
    let completions = 0;
    const judge = (method: string, path: string): Spoil => {
      if (method !== "POST" || !path.includes("uploadId=")) return "nothing";
      return completions++ % 2 === 0 ? "hold it back" : "claim completion";
    };
    return behindProxy(start, judge, async (store, seen) => {
      const put = () => store.putStream("early", pieces(9), { ifNoneMatch: true });
      const { etag } = await put();
      assertEquals((await store.head("early"))?.etag, etag);
      const again = store.putStream("early", pieces(9), { ifMatch: etag });
      // While its completion is held back, another one comes first.
      while (completions < 4) await sleep(10);
      await store.put("early", bytes("another's"));
      await assertRejects(() => again, PreconditionFailed, "has been changed");
      assertEquals((await store.get("early"))?.bytes, bytes("another's"));
      assertEquals(seen.filter((line) => line.startsWith("POST") && line.includes("uploadId=")).length, 4);
    });
  });

  Deno.test(`${name}: get() rejects a body that stops or is cut off`, () => {
    let spoil: Spoil = "nothing";
    const judge = (method: string, path: string) =>
      method === "GET" && path.includes("body") ? spoil : "nothing";
    return behindProxy(start, judge, async (store) => {
      await store.put("body", new Uint8Array(5 * MIB).fill(1));
      for (
        const [next, words] of [["stop in the body", "does not answer"], [
          "cut the body off",
          "broke",
        ]] as const
      ) {
        spoil = next;
        await assertRejects(() => store.get("body"), StoreError, words);
      }
      spoil = "nothing";
      assertEquals((await store.get("body"))?.bytes.length, 5 * MIB);
    });
  });

  Deno.test(`${name}: put() on a full server says so, and goes on when there is room`, () =>
    onSmallDisk("160m", async (root, grow) => {
      const server = await start({ folder: `${root}/data` });
      const store = await openS3Store(optionsOf(server.url));
      await store.put("small", bytes("kept"));
      const fill = async () => {
        for (let i = 0; i < 40; i++) {
          await store.put(`big/${i}`, new Uint8Array(8 * MIB), { ifNoneMatch: true });
        }
      };
      const error = await assertRejects(fill, StoreFull, "is full");
      assert(error.message.includes("cugro gc"), error.message);
      // A full MinIO at times loses the upload itself, and says that instead.
      const stream = () => assertRejects(() => store.putStream("stream", pieces(30)), StoreError);
      for (let tries = 1; !(await stream() instanceof StoreFull); tries++) assert(tries < 5);
      assertEquals(await store.head("stream"), undefined);
      assertEquals((await store.get("small"))?.bytes, bytes("kept"));
      await grow("400m");
      const deadline = performance.now() + 20_000;
      // It looks at its disk again only now and then.
      while (!await store.put("after", new Uint8Array(8 * MIB)).then(() => true, () => false)) {
        assert(performance.now() < deadline, "the server is still full");
        await sleep(250);
      }
      assertEquals((await store.head("after"))?.size, 8 * MIB);
      await store.close();
      await server.stop();
    }));
}
