/**
 * Problems are reported: with real NATS and MinIO, files that cannot be taken, a kind of job without workers, and each of the
 * servers killed. In HTTP, as events, in webhooks and as a metric.
 * @module
 */
import { createClient } from "@cugro/client";
import { createLearner } from "@cugro/learners";
import { createLog } from "@cugro/telemetry";
import { openNatsBus } from "@cugro/bus";
import { openStore, type Store } from "@cugro/store";
import { incomingKey, type Problem, sha256 } from "@cugro/protocol";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Client } from "minio";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { BUCKET, startBucket } from "../../scripts/cluster/object_store/bucket.ts";
import { S3_ROOT } from "../fakes/s3_servers.ts";
import { freePort, type RunningServer, startNats } from "../../scripts/cluster/servers.ts";
import {
  type LiveGateway,
  type Received,
  until,
  withLiveGateway,
  withReceiver,
} from "../../services/gateway/testing/listening_gateway.ts";

const TIMES = { lookMs: 50, gatherMs: 100, busMs: 100, storeMs: 1_500, unservedMs: 300, roomMs: 60_000 };
const log = createLog({ level: "silent" });

interface World extends LiveGateway {
  /** Puts an object under any name, or removes it. */
  put(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  killNats(): Promise<void>;
  startNats(): Promise<void>;
  /** It takes connections and answers nothing. */
  freezeMinio(): void;
  killMinio(): Promise<void>;
  startMinio(): Promise<void>;
  /** The problems of a code, as `admin` or another sees them. */
  problems(code: string, as?: "admin" | "team", all?: boolean): Promise<Problem[]>;
}

async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const ports = { nats: await freePort(), minio: await freePort() };
  const openNats = () => startNats({ folder: join(folder, "nats"), port: ports.nats });
  let nats = await openNats();
  const bus = await openNatsBus({ servers: [nats.url], name: "test", log, patienceMs: 1_000 });
  const openMinio = () =>
    startBucket({
      server: "minio",
      keys: S3_ROOT,
      folder,
      natsUrl: nats.url,
      port: ports.minio,
      targets: [],
    });
  let minio = await openMinio();
  const s3 = { endpoint: minio.url, ...S3_ROOT };
  const kill = async (server: RunningServer) => {
    server.signal("SIGKILL");
    await server.stop();
  };
  const client = new Client({ endPoint: "127.0.0.1", port: ports.minio, useSSL: false, ...s3 });
  const store: Store = await openStore({ store: `s3://${BUCKET}`, s3 });
  try {
    await withLiveGateway({ bus, wrapStore: () => store, problems: TIMES }, (gateway) =>
      test({
        ...gateway,
        put: async (name) => void await client.putObject(BUCKET, name, Buffer.from(name)),
        remove: (name) => client.removeObject(BUCKET, name),
        killNats: () => kill(nats),
        startNats: async () => void (nats = await openNats()),
        freezeMinio: () => minio.signal("SIGSTOP"),
        killMinio: () => kill(minio),
        startMinio: async () => void (minio = await openMinio()),
        async problems(code, as = "admin", all = false) {
          const { body } = await gateway.ask("GET", `/v1/problems?all=${all}`, undefined, as);
          return body.problems.filter((problem: Problem) => problem.code === code);
        },
      }));
  } finally {
    await bus.close();
    await minio.stop();
    await nats.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a webhook that wants problems has received, in words. */
function eventsOf(received: readonly Received[], code: string): string[] {
  const events = received.map(({ body }) => JSON.parse(body));
  return events.filter(({ data }) => data.code === code).map(({ type }) => type.split(".").at(-1)!);
}

async function droppedFiles(world: World, received: readonly Received[]): Promise<void> {
  const { put, remove, problems, ask } = world;
  const copy = "incoming/mine/task1 copy (1).hdf5";
  const hidden = "incoming/mine/a\u202eb.hdf5";
  for (const name of [copy, hidden, "incoming/A B/x.hdf5", "incoming/lost.hdf5"]) await put(name);
  await put("incoming/ghost/task1.hdf5");
  await until("all names are seen", async () => (await problems("file.name")).length === 3);
  const named = await problems("file.name");
  assertEquals(named.map(({ subject }) => subject.key).sort(), ["incoming/A B/x.hdf5", hidden, copy].sort());
  for (const { message } of named) assert(!/\u202e/.test(message), message);
  assertStringIncludes(JSON.stringify(named), "a\\\\u{202e}b");
  assertMatch((await problems("file.learner"))[0]!.message, /1 file waits .*"ghost".*incoming\/ghost\/task1/);
  assertStringIncludes((await problems("file.place"))[0]!.message, "incoming/lost.hdf5");
  // A token that sees only team-* gets nothing about others' files.
  for (const code of ["file.name", "file.learner", "file.place"]) {
    assertEquals(await problems(code, "team"), [], code);
  }
  const { body: mine } = await ask("GET", "/v1/learners/mine");
  assertEquals(mine.problems.map(({ code }: Problem) => code), ["file.name", "file.name"]);
  await until("the webhook gets all five", () => {
    return eventsOf(received, "file.name").length === 3 && eventsOf(received, "file.learner").length === 1;
  });

  const { id } = named.find(({ subject }) => subject.key === copy)!;
  const path = `/v1/problems/${id}/acknowledge`;
  assertEquals((await ask("POST", path, {}, "team")).status, 404);
  assertEquals((await ask("POST", path, {}, "reader")).status, 403);
  const { status, body } = await ask("POST", path, { reason: "known" });
  assertEquals([status, body.acknowledged.by, body.acknowledged.reason], [200, "admin", "known"]);
  assertEquals((await ask("POST", path, {})).body.acknowledged, body.acknowledged, "the first one counts");
  assertEquals((await problems("file.name")).length, 2);
  assertEquals((await problems("file.name", "admin", true)).length, 3);
  // Gone and there again, it is another occurrence of the same problem.
  while (Date.now() < Date.parse(body.acknowledged.at) + 1_100) await new Promise((go) => setTimeout(go, 50));
  await remove(copy);
  await until("it is over", async () => (await problems("file.name", "admin", true)).length === 2);
  await put(copy);
  await until("it is there again", async () => (await problems("file.name")).some((one) => one.id === id));
  for (const name of [copy, hidden, "incoming/A B/x.hdf5"]) await remove(name);
  await until(
    "the webhook hears that they are over",
    () => eventsOf(received, "file.name").filter((end) => end === "resolved").length >= 3,
  );
}

async function unservedKind({ bus, problems, ask }: World): Promise<void> {
  const message = { jobId: sha256("x"), kind: "critic.train" as const, learner: "mine" };
  await bus.submit(message);
  await until("nobody does it", async () => (await problems("kind.unserved", "team")).length === 1);
  const [problem] = await problems("kind.unserved");
  assertEquals(problem!.message, "Nobody does critic.train: 1 job waits.");
  assertStringIncludes(problem!.advice, "critic-training");
  assertEquals(problem!.subject, { learner: null, kind: "critic.train" });
  assertEquals((await ask("POST", `/v1/problems/${problem!.id}/acknowledge`, {}, "team")).status, 403);
  // A worker that is busy with it serves it.
  const delivery = await bus.fetch(["critic.train"], new AbortController().signal);
  await until("somebody does it", async () => (await problems("kind.unserved")).length === 0);
  await delivery!.ack();
}

async function serversKilled(world: World, received: readonly Received[]): Promise<void> {
  const { killNats, startNats, freezeMinio, killMinio, startMinio, problems, ask, metrics, tokens, url } =
    world;
  const stop = new AbortController();
  const changes: string[] = [];
  const open = Promise.withResolvers<void>();
  const listening = (async () => {
    const client = createClient({ url, token: tokens.team });
    for await (const each of client.events(undefined, { signal: stop.signal, onOpen: open.resolve })) {
      if ("event" in each) changes.push(`${each.event.data.code} ${each.type.split(".").at(-1)}`);
    }
  })();
  try {
    await open.promise;
    await killNats();
    await until("the bus is away", async () => (await problems("bus.away", "team")).length === 1);
    const { body: mine } = await ask("GET", "/v1/learners/mine");
    assert(mine.problems.some(({ code }: Problem) => code === "bus.away"), JSON.stringify(mine.problems));
    await until("the stream tells", () => changes.includes("bus.away raised"));
    assertMatch((await metrics.expose()).text, /cugro_problems\{code="bus.away",[^}]*\} 1/);
    await startNats();
    await until("the bus is there", () => changes.includes("bus.away resolved"));
    await until("webhooks get both", () => eventsOf(received, "bus.away").length === 2);

    freezeMinio();
    await until("the store is away", async () => (await problems("store.away")).length === 1);
    const began = performance.now();
    const refused = await Promise.all(
      ["/v1/learners", "/v1/learners/mine", "/v1/learners/mine/versions"].map((path) => ask("GET", path)),
    );
    assertEquals(
      refused.map(({ status, headers }) => [status, headers.get("retry-after")]),
      Array(3).fill([503, "5"]),
    );
    assert(
      performance.now() - began < 1_000,
      `${performance.now() - began} ms: known outages fail fast`,
    );
    await killMinio();
    // Out of the gateway's own memory: nobody can read it now.
    assertEquals((await problems("file.learner")).length, 1);
    await until("the stream tells", () => changes.includes("store.away raised"));
    await startMinio();
    await until("the store is there", () => changes.includes("store.away resolved"));
    assertEquals(await problems("store.away"), []);
    // Each once, however often it was looked.
    assertEquals(changes.filter((one) => one.endsWith("raised")), ["bus.away raised", "store.away raised"]);
  } finally {
    stop.abort();
    await listening;
  }
}

Deno.test("what is wrong is one list: files nobody takes, a kind nobody does, bus and store away", () =>
  withReceiver((receiver) =>
    inWorld(async (world) => {
      await createLearner({ store: world.store, name: "mine", seed: 1, preset: "smoke" });
      await world.store.put(incomingKey("mine", "good.json"), new TextEncoder().encode("{}"));
      const types = ["cugro.problem.raised", "cugro.problem.resolved"];
      const made = await world.ask("POST", "/v1/webhooks", { url: receiver.url, types });
      assertEquals(made.status, 201);
      await droppedFiles(world, receiver.received);
      await unservedKind(world);
      await serversKilled(world, receiver.received);
    })
  ));
