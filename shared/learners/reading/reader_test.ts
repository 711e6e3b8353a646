import { assert, assertEquals, assertRejects } from "@std/assert";
import { openFilesystemStore, putArtifact, type Store } from "@cugro/store";
import {
  datasetKey,
  encodeFact,
  failureKey,
  headKey,
  type ResultFact,
  resultFactSchema,
  resultKey,
  sha256,
  type TaskFact,
  taskFactSchema,
  taskFailureKey,
  taskKey,
  type VersionFact,
  versionFactSchema,
  versionKey,
} from "@cugro/protocol";
import { memoryStore } from "../../../tests/fakes/memory_store.ts";
import { drive, learnerWith, pretend } from "../../../tests/fakes/world.ts";
import { cancel, retry, rollback } from "../acts/verdicts.ts";
import { createCache } from "./fact_cache.ts";
import type { JobStatus } from "./job_statuses.ts";
import { createLearner } from "../acts/create_learner.ts";
import { counting } from "../testing/counting_store.ts";
import { createReader } from "./reader.ts";
import { learnerStatus } from "./learner_status.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** A job's result, with the outputs that it names. */
async function putResult(
  store: Store,
  id: string,
  kind: ResultFact["kind"],
  outputs: string[],
): Promise<void> {
  const made: ResultFact["outputs"] = {};
  for (const name of outputs) made[name] = { artifact: await putBytes(store, `${name} of ${id}`), bytes: 1 };
  const fact: ResultFact = {
    ...{ schema: 1, jobId: id, kind, outputs: made, metrics: {}, seconds: 1, startedAtStep: 0, profile: {} },
    ...{ codeVersion: "test", finished: "2024-01-01T00:00:00Z" },
  };
  await store.put(resultKey(kind, id), encodeFact(fact, resultFactSchema));
}

async function putBytes(store: Store, text: string): Promise<string> {
  return (await putArtifact(store, encode(text))).artifact;
}

async function putTask(store: Store, task: number): Promise<void> {
  const artifact = await putBytes(store, `measured on ${task}`);
  const datasetHash = sha256(`data ${task}`);
  await store.put(datasetKey(datasetHash), encode("rows"));
  const fact: TaskFact = {
    ...{
      schema: 1,
      task,
      arrival: task,
      name: `task ${task}`,
      size: 100,
      episodes: 1,
      bytes: 1,
      horizon: 100,
    },
    ...{ stateDim: 3, actionDim: 2, environment: null, anchors: { random: 0, good: 1, source: "test" } },
    ...{ datasetHash, importJob: sha256(`import ${task}`), normaliser: artifact, sketch: artifact },
  };
  await store.put(taskKey("a", task), encodeFact(fact, taskFactSchema));
}

async function putVersion(
  store: Store,
  version: number,
  jobs: Pick<JobStatus, "id" | "kind">[],
): Promise<void> {
  const weights = sha256(`weights ${version}`);
  for (const kind of ["states.train", "behavior.train", "critic.train"] as const) {
    await putResult(store, weights, kind, ["weights"]);
  }
  const all = [{ id: weights, kind: "critic.train" as const }, ...jobs];
  const fact: VersionFact = {
    ...{
      schema: 1,
      version,
      task: version,
      attempt: 1,
      decision: "published",
      reasons: [],
      row: [],
      seconds: 1,
      work: [],
    },
    ...{ parent: version === 1 ? null : version - 1, tasks: version === 1 ? [1] : [1, 2] },
    ...{ behaviorGenerator: weights, critic: weights, stateGenerator: weights },
    ...{ jobs: all.map(({ id }) => id), kinds: all.map(({ kind }) => kind) },
  };
  await store.put(versionKey("a", version), encodeFact(fact, versionFactSchema));
  await store.put(headKey("a"), encodeFact({ schema: 1, version }));
}

/** A learner whose second task replays the first one in `shards` shards: twice as many unfinished jobs, and some. */
async function withLearner(shards: number, test: (store: Store) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "cugro-reader-" });
  const store = await openFilesystemStore({ root });
  try {
    const replay = { shardsPerTask: shards, replayPairs: 10_000, replayPairsPerTask: 10_000 };
    await createLearner({
      store,
      name: "a",
      seed: 1,
      preset: "smoke",
      overrides: { gate: "observe", ...replay },
    });
    for (const task of [1, 2]) await putTask(store, task);
    await putVersion(store, 1, []);
    await test(store);
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("createReader() reads a learner with 200 unfinished jobs once, then little, with the same answers", () =>
  withLearner(100, async (plain) => {
    const { store, calls } = counting(plain);
    const spent = async (work: () => Promise<unknown>) => {
      const before = calls.count;
      await work();
      return calls.count - before;
    };
    const cache = createCache();
    const status = await learnerStatus(store, "a", cache);
    const open = status.jobs.filter(({ state }) => state !== "done").length;
    assertEquals(open >= 200, true, `${open} unfinished jobs`);
    const before = await spent(async () => {
      for (let i = 0; i < 10; i++) await learnerStatus(store, "a", cache);
    });
    let now = 0;
    const reader = createReader({ store, cache: createCache(), now: () => now });
    await reader.status("a");
    const later = await spent(async () => {
      for (let i = 0; i < 9; i++) assertEquals(await reader.status("a"), status);
    });
    now += 2_000;
    const asking = await spent(() => reader.status("a"));
    const together = await spent(() => Promise.all(Array.from({ length: 50 }, () => reader.status("a"))));
    assert(before < open, "jobs of which there is nothing are listed together");
    assert(later < open / 5, `${later} in nine readings of ${open} unfinished jobs`);
    assert(asking < open / 5, `${asking} to ask about ${open} unfinished jobs`);
    assert(together <= later, "those who ask together share a reading");
  }));

Deno.test("createReader() says at once what acts and decisions have changed, and soon what became of jobs", () =>
  withLearner(3, async (store) => {
    let now = 0;
    const reader = createReader({ store, cache: createCache(), now: () => now });
    const same = async (what: string) =>
      assertEquals(await reader.status("a"), await learnerStatus(store, "a"), what);
    await same("at first");
    const ready = (await reader.status("a")).jobs.filter(({ state }) => state === "ready");
    const [sample, second] = ready.filter(({ kind }) => kind === "states.sample");
    await putResult(store, sample!.id, "states.sample", ["shard"]);
    now += 2_000;
    await same("a job that was done unheard");

    // A task that fails, is retried and is cancelled.
    const failed = "2024-01-01T00:00:00Z";
    const fact = { schema: 1, jobId: second!.id, n: 1, message: "no", permanent: true, failed };
    await store.put(failureKey("states.sample", second!.id, 1), encodeFact(fact));
    const failure = {
      schema: 1,
      task: 2,
      attempt: 1,
      n: 1,
      job: second!.id,
      kind: "states.sample",
      message: "no",
    };
    await store.put(taskFailureKey("a", 2, 1), encodeFact(failure));
    await same("a task that has failed");
    assertEquals((await reader.status("a")).tasks[1]!.state, "failed");
    await retry({ store, name: "a", task: 2, reason: "again", overrides: {} });
    reader.invalidate("a");
    await same("a task that is tried again");
    assertEquals((await reader.status("a")).tasks[1]!.state, "undecided");

    // Decided by jobs of which nobody has told, and withdrawn.
    const { jobs } = await reader.status("a");
    const left = jobs.filter(({ state }) => state !== "done");
    for (const { id, kind } of left) await putResult(store, id, kind, ["weights"]);
    await putVersion(store, 2, [sample!, ...left]);
    await same("a version");
    assertEquals((await reader.status("a")).jobs.every(({ state }) => state === "done"), true);
    await rollback({ store, name: "a", version: 1, reason: "worse" });
    await same("a version that was withdrawn");
    await retry({ store, name: "a", task: 2, reason: "again", overrides: {} });
    await same("a new attempt");
    await cancel({ store, name: "a", task: 2, reason: "enough" });
    await same("an attempt that was cancelled");
  }));

Deno.test("createReader() names what it cannot read, and goes on when it can", () =>
  withLearner(1, async (store) => {
    const reader = createReader({ store, cache: createCache() });
    await assertRejects(() => reader.status("nobody"), RangeError, 'no learner "nobody"');
    await reader.status("a");
    const key = taskKey("a", 3);
    await store.put(key, encode("damaged"));
    await assertRejects(() => reader.status("a"), SyntaxError, key);
    await store.delete(key);
    assertEquals(await reader.status("a"), await learnerStatus(store, "a"));
    // Inputs that are lost show within half a minute, and at once that they are there again.
    let now = 0;
    const watching = createReader({ store, cache: createCache(), now: () => now });
    const lost = async () => (await watching.facts("a")).missing.size;
    const { tasks } = await watching.status("a");
    assertEquals(await lost(), 0);
    const dataset = datasetKey(tasks[1]!.datasetHash);
    await store.delete(dataset);
    now += 30_000;
    assertEquals(await lost(), 1);
    await store.put(dataset, encode("rows"));
    now += 2_000;
    assertEquals(await lost(), 0);
  }));

Deno.test("createReader() has no job of a version as open, though it was when last asked about and no graph lay between", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  const reader = createReader({ store, cache: createCache(), now: () => 0 });
  const states = async () => (await reader.status("a")).jobs.map(({ state }) => state);
  assertEquals(await states(), ["ready"], "the import");
  await drive(store, pretend());
  assertEquals((await reader.facts("a")).versions.length, 1);
  assertEquals(new Set(await states()), new Set(["done"]));
});
