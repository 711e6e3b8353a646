/**
 * Files that are dropped into a bucket become tasks by themselves: real NATS and S3 servers, two coordinators at once, and
 * notifications that come doubled, out of order, wrong or not at all.
 * @module
 */
import { sleep } from "@cugro/async";
import { runCoordinator } from "@cugro/coordinator";
import {
  addUploaded,
  adoptArrival,
  cancel,
  createLearner,
  deleteLearner,
  type LearnerFacts,
  loadFacts,
  restoreLearner,
} from "@cugro/learners";
import { createLog } from "@cugro/telemetry";
import { type JobHandlers, PermanentError, runWorker } from "@cugro/worker";
import { type NatsBus, openNatsBus } from "@cugro/bus";
import { openStore, type Store } from "@cugro/store";
import { incomingKey, incomingPrefix, JOB_KINDS, sha256 } from "@cugro/protocol";
import { assert, assertEquals } from "@std/assert";
import { Client } from "minio";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { BUCKET, startBucket } from "../../scripts/cluster/object_store/bucket.ts";
import { S3_SERVERS, type S3ServerName } from "../../scripts/cluster/object_store/choice.ts";
import type { NotificationTarget } from "../../scripts/cluster/object_store/minio_bucket.ts";
import { S3_ROOT } from "../fakes/s3_servers.ts";
import { startNats } from "../../scripts/cluster/servers.ts";
import { createStubHandlers } from "../../scripts/lab/experiments/stub_service.ts";

interface World {
  store: Store;
  bus: NatsBus;
  strays: string[];
  /** What the store reported about objects whose names are no keys. */
  strange: string[];
  /** Puts an object under any name. */
  putRaw(name: string, text: string): Promise<void>;
}

/** Servers, two coordinators with connections of their own, and two workers; all stopped at the end. */
async function inCluster(
  server: S3ServerName,
  targets: readonly NotificationTarget[],
  intervalMs: number,
  test: (world: World) => Promise<void>,
  handlers: JobHandlers = createStubHandlers({ steps: 0, stepMs: 0 }),
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const nats = await startNats({ folder: join(folder, "nats") });
  const open = () => openNatsBus({ servers: [nats.url], name: "test", log: createLog({ level: "error" }) });
  const bus = await open();
  const bucket = await startBucket({ server, folder, natsUrl: nats.url, keys: S3_ROOT, targets });
  const s3 = { endpoint: bucket.url, ...S3_ROOT };
  const strange: string[] = [];
  const onStrange = (name: string) => void strange.push(name);
  const store = await openStore({ store: `s3://${BUCKET}`, s3 }, { onStrange });
  const client = new Client({
    endPoint: "127.0.0.1",
    port: Number(new URL(bucket.url).port),
    useSSL: false,
    accessKey: s3.accessKey,
    secretKey: s3.secretKey,
  });
  const putRaw = async (name: string, text: string) => {
    await client.putObject(BUCKET, name, Buffer.from(text));
  };
  const stop = new AbortController();
  const others = [await open(), await open()];
  const strays: string[] = [];
  const onUnknownLearner = (learner: string) => void strays.push(learner);
  const running = [
    ...others.map((own) =>
      runCoordinator({
        store,
        bus: own,
        intervalMs,
        signal: stop.signal,
        onError: console.error,
        onUnknownLearner,
      })
    ),
    ...[1, 2].map(() =>
      runWorker({
        bus,
        store,
        handlers,
        kinds: JOB_KINDS,
        profile: {},
        signal: stop.signal,
        log: createLog({ level: "error" }),
      })
    ),
  ];
  try {
    await test({ store, bus, strays, strange, putRaw });
  } finally {
    stop.abort();
    await Promise.all(running);
    for (const each of [...others, bus, store]) await each.close();
    await bucket.stop();
    await nats.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

async function until(
  store: Store,
  name: string,
  what: string,
  done: (facts: LearnerFacts) => boolean,
): Promise<LearnerFacts> {
  const deadline = performance.now() + 300_000;
  while (true) {
    const facts = await loadFacts(store, name);
    if (done(facts)) return facts;
    assert(
      performance.now() < deadline,
      `${name} did not come to ${what}: ${facts.arrivals.length} arrivals`,
    );
    await sleep(100);
  }
}

const drop = (store: Store, learner: string, file: string) =>
  store.put(incomingKey(learner, file), new TextEncoder().encode(`${learner} ${file}`));

async function* pieces(count: number) {
  for (let i = 0; i < count; i++) yield await Promise.resolve(new Uint8Array(1 << 20));
}

/** Exactly one arrival and one task for each file, in this order, and nothing left in `incoming/`. */
async function checkTasks(store: Store, name: string, files: readonly string[]): Promise<void> {
  await until(store, name, `${files.length} decisions`, ({ versions }) => versions.length >= files.length);
  // Whatever else was on its way has come by then.
  await sleep(1_500);
  const facts = await until(store, name, "an empty folder", ({ incoming }) => incoming.size === 0);
  assertEquals(facts.arrivals.map(({ key }) => key), files.map((file) => incomingKey(name, file)));
  assertEquals(facts.tasks.map(({ task, arrival }) => [task, arrival]), files.map((_, n) => [n + 1, n + 1]));
  assertEquals(facts.versions.length, files.length);
  assertEquals(facts.rejections, []);
}

for (const server of S3_SERVERS) {
  Deno.test(`${server}: a dropped file is announced, and not only found`, () =>
    inCluster(server, ["FAST"], 60_000, async ({ store }) => {
      await createLearner({ store, name: "told", seed: 6, preset: "smoke" });
      const began = performance.now();
      await drop(store, "told", "a.bin");
      await until(store, "told", "an arrival", ({ arrivals }) => arrivals.length > 0);
      // In parts, as uploads over 16 MiB are sent.
      await store.putStream(incomingKey("told", "b=2.bin"), pieces(9));
      await until(store, "told", "another arrival", ({ arrivals }) => arrivals.length > 1);
      assert(performance.now() - began < 30_000);
    }));

  Deno.test(`${server}: files dropped one by one and all at once are one task each, in order, whatever is told about them`, () =>
    inCluster(server, ["SAFE", "FAST"], 5_000, async ({ store, bus, strays }) => {
      for (const [index, name] of ["slow", "burst"].entries()) {
        await createLearner({ store, name, seed: index + 1, preset: "smoke" });
      }
      const files = ["b.bin", "a.bin", "c.bin"];
      for (const file of files) {
        await drop(store, "slow", file);
        // Doubled, about files that are gone or never were, about nobody, and nonsense.
        for (const key of [...files, "never.bin"].reverse()) bus.hint({ key: incomingKey("slow", key) });
        for (const key of ["incoming/nobody/x", "incoming/", "learners/slow/head.json", "incoming/A B/x"]) {
          bus.hint({ key });
        }
        await until(
          store,
          "slow",
          file,
          ({ arrivals }) => arrivals.at(-1)?.key === incomingKey("slow", file),
        );
      }
      await drop(store, "nobody", "lost.bin");
      const burst = Array.from({ length: 4 }, (_, n) => `task${n + 1}.bin`);
      await Promise.all(burst.map((file) => drop(store, "burst", file)));
      const found = await until(store, "burst", "arrivals", ({ arrivals }) => arrivals.length === 4);
      await checkTasks(store, "slow", files);
      // PUTs under way at once have no order; each is one arrival all the same.
      const noticed = found.arrivals.map(({ key }) => key.split("/").at(-1)!);
      assertEquals([...noticed].sort(), [...burst].sort());
      await checkTasks(store, "burst", noticed);
      const again = await adoptArrival(store, "burst", found.arrivals[0]!);
      assertEquals(again, { arrival: found.arrivals[0]!, added: false });
      await until(store, "slow", "a stray", () => strays.length > 0);
      assertEquals([...new Set(strays)], ["nobody"]);
      assertEquals((await store.list("incoming/nobody/")).length, 1);
    }));

  Deno.test(`${server}: a file whose name is no key is reported once, and hinders nobody, whatever the server makes of its name`, () =>
    inCluster(server, ["SAFE", "FAST"], 1_000, async ({ store, bus, strange, putRaw }) => {
      await createLearner({ store, name: "neat", seed: 5, preset: "smoke" });
      const folders = ["neat", "A B"];
      const names = ["task 1.bin", "[2].bin", "läuft.bin", "a+b.bin", "50%.bin", "%2F.bin"];
      const keys = folders.flatMap((folder) => names.map((name) => `incoming/${folder}/${name}`));
      for (const key of keys) await putRaw(key, key);
      for (const key of keys) bus.hint({ key });
      await drop(store, "neat", "good.bin");
      await checkTasks(store, "neat", ["good.bin"]);
      await until(store, "neat", "a look at all files", () => strange.length >= keys.length);
      assertEquals([...strange].sort(), [...keys].sort());
    }));
}

Deno.test("a file that is handed over beside live coordinators is one arrival with its content's hash", () =>
  inCluster("versity", ["SAFE", "FAST"], 60_000, async ({ store }) => {
    await createLearner({ store, name: "handed", seed: 5, preset: "smoke" });
    const body = new TextEncoder().encode("handed over");
    const add = () => addUploaded({ store, learner: "handed", fileName: "one.bin", body });
    const given = [...await Promise.all([add(), add()]), await add()];
    assertEquals(given.map(({ added }) => added).sort(), [false, false, true]);
    // Noticed long before the next look at everything, though nobody but the store has spoken of it.
    const began = performance.now();
    await until(store, "handed", "a version", ({ versions }) => versions.length === 1);
    assert(performance.now() - began < 30_000);
    assertEquals((await add()).added, false);
    const { arrivals, tasks, rejections } = await loadFacts(store, "handed");
    assertEquals(arrivals.map(({ contentHash }) => contentHash), [sha256(body)]);
    assertEquals([tasks.length, rejections], [1, []]);
  }));

Deno.test("files are found without any notification", () =>
  inCluster("versity", [], 1_000, async ({ store }) => {
    await createLearner({ store, name: "quiet", seed: 3, preset: "smoke" });
    // A bucket's times have whole seconds: within one, files found together are in the natural order of names.
    const files = ["task2.bin", "task10.bin", "task1.bin"];
    for (const file of files) {
      if (file === "task1.bin") await sleep(1_100);
      await drop(store, "quiet", file);
    }
    await checkTasks(store, "quiet", files);
  }));

Deno.test("a file whose import failed is imported when it is dropped again, once, whatever is told about it", () => {
  const stub = createStubHandlers({ steps: 0, stepMs: 0 });
  let full = true;
  const handlers: JobHandlers = {
    ...stub,
    "dataset.import": (context) => {
      if (full) throw new PermanentError("the disk is full");
      return stub["dataset.import"]!(context);
    },
  };
  return inCluster("minio", ["SAFE", "FAST"], 1_000, async ({ store, bus }) => {
    await createLearner({ store, name: "again", seed: 4, preset: "smoke" });
    await drop(store, "again", "a.bin");
    const { arrivals } = await until(
      store,
      "again",
      "a rejection",
      ({ rejections }) => rejections.length > 0,
    );
    full = false;
    // A bucket's times have whole seconds: the new drop must be seen to be newer.
    const firstAt = Date.parse(arrivals[0]!.lastModified);
    while (Date.now() < firstAt + 1_100) await sleep(50);
    await drop(store, "again", "a.bin");
    for (let n = 0; n < 5; n++) bus.hint({ key: incomingKey("again", "a.bin") });
    await until(store, "again", "a version", ({ versions }) => versions.length > 0);
    await sleep(2_500);
    const facts = await until(store, "again", "an empty folder", ({ incoming }) => incoming.size === 0);
    assertEquals(facts.arrivals.map(({ seq, again }) => [seq, again]), [[1, undefined], [2, 1]]);
    assertEquals(facts.rejections.map(({ seq, failedJob }) => [seq, failedJob !== null]), [[1, true]]);
    assertEquals(facts.tasks.map(({ arrival }) => arrival), [2]);
  }, handlers);
});

Deno.test("a file that is dropped over and again within a second is noticed by its content, each time", () => {
  const stub = createStubHandlers({ steps: 0, stepMs: 0 });
  const gate = Promise.withResolvers<void>();
  const handlers: JobHandlers = {
    ...stub,
    "dataset.import": (context) => gate.promise.then(() => stub["dataset.import"]!(context)),
  };
  return inCluster("minio", ["SAFE", "FAST"], 60_000, async ({ store }) => {
    await createLearner({ store, name: "over", seed: 6, preset: "smoke" });
    const put = (text: string) => store.put(incomingKey("over", "a.bin"), new TextEncoder().encode(text));
    const arrived = (n: number) =>
      until(store, "over", `${n} arrivals`, ({ arrivals }) => arrivals.length === n);
    await put("first");
    await arrived(1);
    // Of the same size, and before the first was read.
    await put("other");
    const { arrivals } = await arrived(2);
    assertEquals(
      arrivals.map(({ key, size }) => [key, size]),
      Array(2).fill([incomingKey("over", "a.bin"), 5]),
    );
    gate.resolve();
    await until(store, "over", "a task of the second", ({ tasks }) => tasks.length === 1);
    await until(store, "over", "an empty folder", ({ incoming }) => incoming.size === 0);
    // The first content was never read: nothing is known against it.
    await put("first");
    const facts = await until(store, "over", "a task of the first", ({ tasks }) => tasks.length === 2);
    assertEquals(facts.arrivals.map(({ seq, again }) => [seq, again]), [[1, undefined], [2, undefined], [
      3,
      1,
    ]]);
    assertEquals(facts.rejections.map(({ seq, unread }) => [seq, unread]), [[1, true]]);
  }, handlers);
});

Deno.test("cancelled and deleted work leaves queue and workers within seconds, and goes on where it is wanted again", () =>
  inCluster("versity", [], 60_000, async ({ store, bus }) => {
    await createLearner({ store, name: "stops", seed: 7, preset: "smoke" });
    await drop(store, "stops", "a.bin");
    const hint = () => bus.hint({ key: incomingPrefix("stops") });
    const queue = async (what: string, isRight: (ids: string[]) => boolean) => {
      const end = performance.now() + 15_000;
      while (true) {
        const ids = (await bus.queuedJobs()).map(({ id }) => id).sort();
        if (isRight(ids)) return ids;
        assert(performance.now() < end, `${what}: ${ids.length} jobs are in the queue`);
        await sleep(50);
      }
    };
    const running = new Set<string>();
    await bus.subscribe("progress", ({ jobId }) => void running.add(jobId));
    const untilTwoRun = async () => {
      const ids = await queue("three trainings", ({ length }) => length === 3);
      const two = () => ids.filter((id) => running.has(id)).length === 2;
      for (const end = performance.now() + 15_000; !two() && performance.now() < end;) await sleep(20);
      assert(two(), "two workers are at it");
      return ids;
    };
    const notes = async () =>
      (await store.list("jobs/")).flatMap(({ key }) =>
        key.endsWith("stopped.json") ? [key.split("/")[2]!] : []
      );
    hint();
    const ids = await untilTwoRun();
    await deleteLearner({ store, name: "stops" });
    hint();
    await queue("nothing after a deletion", ({ length }) => length === 0);
    assertEquals((await notes()).sort(), ids);
    const left = (await store.list("jobs/")).map(({ key }) => key.split("/").slice(3).join("/"));
    assertEquals(left.filter((name) => name === "checkpoint").length, 2);
    assertEquals(left.filter((name) => /^failures|^run/.test(name)), []);
    // Only now: until they are stopped, the first two tell how far they are.
    running.clear();
    await restoreLearner({ store, name: "stops" });
    hint();
    assertEquals(await untilTwoRun(), ids);
    assertEquals(await notes(), []);
    await cancel({ store, name: "stops", task: 1 });
    hint();
    await queue("nothing after a cancel", ({ length }) => length === 0);
    assertEquals((await loadFacts(store, "stops")).taskFailures, []);
  }, {
    ...createStubHandlers({ steps: 100_000, stepMs: 2 }),
    "dataset.import": createStubHandlers({ steps: 0, stepMs: 0 })["dataset.import"]!,
  }));
