import { sleep } from "@cugro/async";
import { createEmbeddedBus } from "@cugro/bus";
import { cancel, createLearner, deleteLearner, loadFacts, retry } from "@cugro/learners";
import {
  arrivalKey,
  incomingPrefix,
  JOB_KINDS,
  type JobKind,
  type JobName,
  parseKey,
  PREFIXES,
  stoppedKey,
} from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { runWorker } from "@cugro/worker";
import { assert, assertEquals } from "@std/assert";
import { createStubHandlers } from "../../scripts/lab/experiments/stub_service.ts";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { learnerWith } from "../../tests/fakes/world.ts";
import { runCoordinator } from "./run_coordinator.ts";

const TRAINING: readonly JobKind[] = ["states.train", "behavior.train", "critic.train"];
const handlers = createStubHandlers({ steps: 0, stepMs: 0 });

/** What a test does while a coordinator runs on `store`. */
interface Running {
  bus: ReturnType<typeof createEmbeddedBus>;
  /** Starts a worker of these kinds; it ends with the test. */
  work(kinds: readonly JobKind[]): void;
  /** Ids of the jobs that were handed to the bus, by kind. */
  submitted: Map<string, JobKind>;
}

/** A coordinator until `test` returns; it looks at everything by itself only at the start, unless `intervalMs` says so. */
async function withCoordinator(
  store: Store,
  test: (running: Running) => Promise<void>,
  { intervalMs = 60_000, queued }: { intervalMs?: number; queued?: JobName[] } = {},
): Promise<void> {
  const embedded = createEmbeddedBus();
  const submitted = new Map<string, JobKind>();
  const { submit } = embedded;
  const bus = Object.assign(embedded, {
    submit(message: Parameters<typeof submit>[0]) {
      submitted.set(message.jobId, message.kind);
      return submit.call(embedded, message);
    },
    ...(queued ? { queuedJobs: () => Promise.resolve(queued) } : {}),
  });
  const stop = new AbortController();
  const common = { store, bus, signal: stop.signal };
  const running = [runCoordinator({ ...common, intervalMs })];
  const log = createLog({ level: "error" });
  const work = (kinds: readonly JobKind[]) =>
    void running.push(runWorker({ ...common, handlers, kinds, profile: {}, log }));
  try {
    await test({ bus, work, submitted });
  } finally {
    stop.abort();
    await bus.close();
    await Promise.all(running);
  }
}

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!await done()) {
    assert(performance.now() < deadline, `It did not come to this: ${what}`);
    await sleep(5);
  }
}

/** Ids of the jobs that workers are told to leave. */
async function stopped(store: Store): Promise<string[]> {
  const keys = (await store.list(PREFIXES.jobs)).map(({ key }) => parseKey(key));
  return keys.flatMap((key) => key?.kind === "stopped" ? [key.job] : []);
}

const versionsOf = async (store: Store, name: string) => (await loadFacts(store, name)).versions.length;
const training = ({ submitted }: Running) =>
  [...submitted].filter(([, kind]) => TRAINING.includes(kind)).map(([id]) => id).sort();

/** Runs until the three trainings of task 1 wait for workers. */
async function untilTrainingWaits(running: Running): Promise<string[]> {
  running.work(["dataset.import"]);
  await until("trainings wait", () => training(running).length === TRAINING.length);
  return training(running);
}

/** Two learners that need the same jobs. */
async function twins(store: Store): Promise<void> {
  const info = { key: "incoming/a/one.bin", size: 3, lastModified: "2024-01-01T00:00:00.000Z" };
  const { etag } = await store.put(info.key, new TextEncoder().encode("one"));
  for (const name of ["a", "b"]) {
    await createLearner({ store, name, seed: 7, preset: "smoke" });
    const arrival = { schema: 1, seq: 1, ...info, etag, contentHash: null };
    await store.put(arrivalKey(name, 1), new TextEncoder().encode(JSON.stringify(arrival)));
  }
}

Deno.test("runCoordinator() stops the jobs of a task that is cancelled; a retry is learnt all the same", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await withCoordinator(store, async (running) => {
    const ids = await untilTrainingWaits(running);
    await cancel({ store, name: "a", task: 1 });
    running.bus.hint({ key: incomingPrefix("a") });
    await until("notes", async () => (await stopped(store)).length === ids.length);
    assertEquals((await stopped(store)).sort(), ids);
    assertEquals((await loadFacts(store, "a")).taskFailures, []);
    await retry({ store, name: "a", task: 1 });
    running.bus.hint({ key: incomingPrefix("a") });
    running.work(JOB_KINDS);
    await until("a version", async () => await versionsOf(store, "a") === 1);
    assertEquals((await loadFacts(store, "a")).versions[0]!.jobs.filter((id) => ids.includes(id)), []);
  });
});

Deno.test("runCoordinator() lets a job go on that another learner needs", async () => {
  const store = memoryStore();
  await twins(store);
  await withCoordinator(store, async (running) => {
    const ids = await untilTrainingWaits(running);
    await until("both wait", async () => (await loadFacts(store, "b")).tasks.length === 1);
    await sleep(100);
    await deleteLearner({ store, name: "a" });
    running.bus.hint({ key: incomingPrefix("a") });
    await sleep(200);
    assertEquals(await stopped(store), []);
    await deleteLearner({ store, name: "b" });
    running.bus.hint({ key: incomingPrefix("b") });
    await until("notes", async () => (await stopped(store)).length === ids.length);
  });
});

Deno.test("runCoordinator() submits a job that somebody else has stopped and it needs", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await withCoordinator(store, async (running) => {
    const ids = await untilTrainingWaits(running);
    for (const jobId of ids) {
      const note = JSON.stringify({ schema: 1, jobId, learner: "b" });
      await store.put(stoppedKey(running.submitted.get(jobId)!, jobId), new TextEncoder().encode(note));
    }
    running.work(JOB_KINDS);
    await until("a version", async () => await versionsOf(store, "a") === 1);
    assertEquals(await stopped(store), []);
  }, { intervalMs: 200 });
});

Deno.test("runCoordinator() stops jobs queued before it started that are no longer needed, and nothing else", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await learnerWith(store, ["other"], {}, "other");
  const queued: JobName[] = [];
  await withCoordinator(store, async (running) => {
    running.work(["dataset.import"]);
    await until("trainings wait", () => training(running).length === 2 * TRAINING.length);
    queued.push(...training(running).map((id) => ({ id, kind: running.submitted.get(id) })));
  });
  await cancel({ store, name: "a", task: 1 });
  const needed: string[] = [];
  await withCoordinator(store, async (running) => {
    await until("notes", async () => (await stopped(store)).length === TRAINING.length);
    needed.push(...training(running));
  }, { intervalMs: 100, queued: [...queued, { id: "0".repeat(64), kind: "states.train" }] });
  assertEquals(
    (await stopped(store)).sort(),
    queued.map(({ id }) => id).filter((id) => !needed.includes(id)).sort(),
  );
});
