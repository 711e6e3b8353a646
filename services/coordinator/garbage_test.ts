import { sleep } from "@cugro/async";
import {
  adoptArrival,
  adoptDropped,
  createCache,
  createLearner,
  deleteLearner,
  exportLearner,
  importLearner,
  isReached,
  learnerStatus,
  loadFacts,
  promote,
  reachOf,
  scanIncoming,
  SETTLE_MS,
  validVersions,
} from "@cugro/learners";
import { gatherProblems } from "@cugro/problems";
import { createLog } from "@cugro/telemetry";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  arrivalKey,
  artifactKey,
  checkpointKey,
  configKey,
  datasetKey,
  describeProblem,
  incomingKey,
  isUploadKey,
  jobPrefix,
  uploadKey,
} from "@cugro/protocol";
import { collectGarbage } from "./garbage.ts";
import { sweepRegularly } from "./garbage_loop.ts";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, pretend, work } from "../../tests/fakes/world.ts";

const encode = (text: string) => new TextEncoder().encode(text);
type World = ReturnType<typeof memoryStore>;
const later = (store: World, hours: number) => store.clock.now + hours * 3_600_000;

async function learnt(files: string[], overrides = {}): Promise<World> {
  const store = memoryStore();
  await learnerWith(store, files, overrides);
  await drive(store, pretend());
  return store;
}

Deno.test("collectGarbage() leaves what is young, and everything that a valid version needs", async () => {
  const store = await learnt(["one", "two"]);
  await store.put(artifactKey("ab".repeat(32)), encode("nobody's"));
  assertEquals((await collectGarbage({ store, now: later(store, 23) })).removed, []);
  const { removed } = await collectGarbage({ store, now: later(store, 25) });
  const datasets = (await loadFacts(store, "a")).tasks.map(({ datasetHash }) => datasetKey(datasetHash));
  assertEquals(removed.map(({ key }) => key).sort(), [artifactKey("ab".repeat(32)), ...datasets].sort());
  // The learner goes on without its old data.
  await addFile(store, "three");
  await drive(store, pretend());
  const facts = await loadFacts(store, "a");
  assertEquals(validVersions(facts).at(-1)?.tasks, [1, 2, 3]);
});

Deno.test("collectGarbage() keeps old data where replay is the data itself", async () => {
  for (const replay of ["oracle", "multitask"] as const) {
    const store = await learnt(["one", "two"], { replay });
    assertEquals((await collectGarbage({ store, now: later(store, 25) })).removed, []);
  }
});

Deno.test("collectGarbage() keeps the rows of a real buffer, and the learner goes on with them when the data is gone", async () => {
  const store = await learnt(["one", "two"], { replay: "real-buffer" });
  const { removed } = await collectGarbage({ store, now: later(store, 25) });
  const datasets = (await loadFacts(store, "a")).tasks.map(({ datasetHash }) => datasetKey(datasetHash));
  assertEquals(removed.map(({ key }) => key).sort(), datasets.sort());
  await addFile(store, "three");
  await drive(store, pretend());
  assertEquals(validVersions(await loadFacts(store, "a")).at(-1)?.tasks, [1, 2, 3]);
});

Deno.test("collectGarbage() keeps what is under way: jobs, checkpoints, failures, waiting files", async () => {
  const store = await learnt(["one"]);
  await addFile(store, "two");
  let failing = 0;
  await drive(
    store,
    pretend({ fails: ({ kind }) => kind === "critic.train" ? `try ${++failing}` : undefined }),
  );
  const { job, kind } = (await loadFacts(store, "a")).taskFailures[0]!;
  await store.put(checkpointKey(kind!, job), encode("half done"));
  await addFile(store, "three");
  await store.put(incomingKey("a", "noticed-by-nobody"), encode("x"));
  await store.put(incomingKey("stranger", "file"), encode("x"));
  const { removed } = await collectGarbage({ store, now: later(store, 25), dryRun: true });
  const kept = (prefix: string) => removed.every(({ key }) => !key.startsWith(prefix));
  assert(kept(jobPrefix(kind!, job)), "a failure that is swept would be forgotten");
  assert(kept("incoming/"));
  const [broken, handed] = ["0", "1"].map((id) => uploadKey("a", id.repeat(32), "x.hdf5")) as [
    string,
    string,
  ];
  await store.put(broken, encode("x"));
  await store.put(handed, encode("y"));
  await adoptArrival(store, "a", (await store.head(handed))!);
  const swept = (await collectGarbage({ store, now: later(store, 25), dryRun: true })).removed;
  assertEquals(swept.flatMap(({ key }) => isUploadKey(key) ? [key] : []), [broken], "no arrival names it");
  assertEquals(removed.filter(({ key }) => key.startsWith("datasets/")).length, 1, "of task 1 only");
});

Deno.test("collectGarbage() that only says what would go removes nothing", async () => {
  const store = await learnt(["one"]);
  const before = store.objects.size;
  const { removed, bytes } = await collectGarbage({ store, now: later(store, 25), dryRun: true });
  assertEquals([removed.length, bytes > 0, store.objects.size], [1, true, before]);
});

Deno.test("collectGarbage() removes all of a deleted learner, results before artifacts, but not its name", async () => {
  const store = await learnt(["one", "two"]);
  await deleteLearner({ store, name: "a" });
  const { removed } = await collectGarbage({ store, now: later(store, 25) });
  const lastJob = removed.findLastIndex(({ key }) => key.startsWith("jobs/"));
  const firstOther = removed.findIndex(({ key }) => !key.startsWith("jobs/"));
  assert(lastJob < firstOther);
  for (const prefix of ["jobs/", "artifacts/", "datasets/"]) assertEquals(await store.list(prefix), []);
  assert((await store.list("learners/a/")).length > 0);
});

Deno.test("a parked version that may still be promoted keeps its weights", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  await drive(
    store,
    pretend({ returns: (task, newTask) => task < newTask ? [0, 1, 2, 3, 4] : [94, 95, 96, 97, 98] }),
  );
  await collectGarbage({ store, now: later(store, 25) });
  await promote({ store, name: "a", version: 2 });
  await addFile(store, "three");
  await drive(store, pretend());
  assertEquals(validVersions(await loadFacts(store, "a")).map(({ version }) => version), [1, 2, 3]);
});

Deno.test("garbage collection in the middle of a task costs nothing that is not made again", async () => {
  const store = await learnt(["one"]);
  await addFile(store, "two");
  const pretence = pretend();
  let rounds = 0;
  await drive(store, pretence, { choose: (ids) => ids.slice(0, ++rounds % 3) });
  const reach = await reachOf(store, await loadFacts(store, "a"), createCache());
  for (const key of store.objects.keys()) {
    if (key.startsWith("jobs/")) assert(isReached(reach, key), key);
  }
});

Deno.test("exportLearner() takes along all that a learner needs to go on elsewhere", async () => {
  const store = await learnt(["one", "two"]);
  await addFile(store, "three");
  const folder = memoryStore();
  const { objects } = await exportLearner({ store, name: "a", to: folder });
  assertEquals(objects, folder.objects.size);
  assertEquals(
    (await exportLearner({ store, name: "a", to: folder })).objects,
    objects,
    "it can be repeated",
  );
  const elsewhere = memoryStore();
  await importLearner({ store: elsewhere, name: "a", from: folder });
  await assertRejects(
    () => importLearner({ store: elsewhere, name: "a", from: folder }),
    RangeError,
    "already",
  );
  await drive(store, pretend());
  const pretence = pretend();
  await drive(elsewhere, pretence);
  const version = async (world: World) => (await loadFacts(world, "a")).versions.at(-1);
  assertEquals(await version(elsewhere), await version(store));
  assertEquals((await version(elsewhere))?.tasks, [1, 2, 3]);
});

Deno.test("learnerStatus() tells scores, jobs, bytes and seconds", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  const returns = (task: number, newTask: number) =>
    [90, 91, 92].map((value) => value - 5 * (newTask - task));
  const fidelity = (task: number) => ({ slicedWasserstein: 0.1 * task, slicedWassersteinFloor: 0.1 });
  await drive(store, pretend({ returns, fidelity }));
  const status = await learnerStatus(store, "a");
  assertEquals(status.resultsMatrix, [[91, null, null], [86, 91, null], [81, 86, 91]]);
  assertEquals([status.averagePerformance, status.backwardTransfer, status.forgetting], [86, -7.5, 7.5]);
  assertEquals(status.head, 3);
  assertEquals(status.jobs.every(({ state }) => state === "done"), true);
  assertEquals(status.secondsPerKind["policy.evaluate"], 6);
  assertEquals(status.secondsPerKind["dataset.import"], 3);
  assertEquals(status.fidelity.length, 6);
  assertEquals(status.bytes.rawData, "onetwothree".length);
  assert(status.bytes.generators > 0 && status.bytes.shards > 0);
  assertEquals(await gatherProblems({ store }), []);
});

Deno.test("learnerStatus() tells what waits, what is ready, what failed and what to do", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  assertEquals((await learnerStatus(store, "a")).jobs.map(({ state, kind }) => [state, kind]), [
    ["ready", "dataset.import"],
    ["ready", "dataset.import"],
  ]);
  await drive(
    store,
    pretend({
      fails: ({ kind, config }) => kind === "critic.train" && config.task === 2 ? "NaN" : undefined,
    }),
  );
  const status = await learnerStatus(store, "a");
  assertEquals(status.tasks.map(({ state }) => state), ["published", "failed"]);
  assertEquals((await gatherProblems({ store })).map(describeProblem), [
    "Task 2 has failed: train critic on task 2: NaN. See to it, then: cugro retry 2 --learner a",
  ]);
  await addFile(store, "three");
  for (const { id, kind } of (await learnerStatus(store, "a")).jobs) {
    if (store.objects.has(`${jobPrefix(kind, id)}job.json`)) {
      await work(store, { jobId: id, kind }, pretend());
    }
  }
  const jobs = (await learnerStatus(store, "a")).jobs.filter(({ kind }) => kind === "dataset.import");
  assertEquals(jobs.length, 2, "imports of task 1, and of what has just arrived");
});

Deno.test("collectGarbage() leaves a file that has arrived once more after its import failed", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  const { arrival: { key } } = await addFile(store, "one");
  await drive(store, pretend({ fails: () => "the disk is full" }));
  const swept = async () => (await collectGarbage({ store, now: later(store, 25), dryRun: true })).removed;
  const names = async () =>
    (await swept()).map(({ key }) => key).filter((key) => key.startsWith("incoming/"));
  assertEquals(await names(), [key]);
  await adoptDropped({ store, facts: await loadFacts(store, "a"), info: (await store.head(key))! });
  assertEquals(await names(), []);
});

Deno.test("collectGarbage() sweeps nothing while a learner cannot be read, and says which and what to do", async () => {
  const store = await learnt(["one"]);
  await createLearner({ store, name: "b", seed: 1, preset: "smoke" });
  await store.put(artifactKey("ab".repeat(32)), encode("nobody's"));
  const good = (await store.get(configKey("b", 1)))!.bytes;
  await store.put(configKey("b", 1), encode("{"));
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ write: (line) => void lines.push(JSON.parse(line)) });
  const before = store.objects.size;
  const stop = new AbortController();
  const sweeping = sweepRegularly({ store, log, signal: stop.signal, wait: () => sleep(5) });
  const deadline = performance.now() + 60_000;
  while (lines.length === 0 && performance.now() < deadline) await sleep(5);
  stop.abort();
  await sweeping;
  for (
    const part of [
      'the learner \\"b\\"',
      "learners/b/config/1.json is damaged",
      "Restore",
      "under learners/b/",
    ]
  ) {
    assertStringIncludes(JSON.stringify(lines[0]), part);
  }
  assertEquals(store.objects.size, before);
  await store.put(configKey("b", 1), good);
  const { removed } = await collectGarbage({ store, now: later(store, 25) });
  assert(removed.some(({ key }) => key === artifactKey("ab".repeat(32))));
});

Deno.test("sweepRegularly() collects ten minutes after a coordinator has started, then every hour", async () => {
  const waits: number[] = [];
  const stop = new AbortController();
  const wait = (milliseconds: number) => {
    waits.push(milliseconds / 60_000);
    if (waits.length === 3) stop.abort();
    return Promise.resolve();
  };
  const lines: string[] = [];
  const log = createLog({ write: (line) => void lines.push(line) });
  await sweepRegularly({ store: memoryStore(), log, signal: stop.signal, wait });
  assertEquals([waits, lines.length], [[10, 60, 60], 2]);
});

Deno.test("a large file that waits keeps its arrival when the software is renewed, whose etags say more", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  const key = incomingKey("a", "large.hdf5");
  await store.put(key, encode("large"));
  const { list } = store;
  const bareEtag = "5242880-1704067200000-77";
  store.list = async (prefix) =>
    (await list(prefix)).map((info) =>
      info.key === key ? { ...info, etag: `${bareEtag}-0123456789abcdef` } : info
    );
  const info = { ...(await store.head(key))!, etag: bareEtag };
  await store.put(
    arrivalKey("a", 1),
    encode(JSON.stringify({ schema: 1, seq: 1, ...info, contentHash: null })),
  );
  const seen = new Map();
  for (const now of [0, SETTLE_MS]) {
    const facts = await loadFacts(store, "a");
    assertEquals(await scanIncoming({ store, facts, seen, now }), { added: 0, settling: false });
  }
});
