/** What is read of decided jobs: next to nothing where versions say what those took, and the same figures where they do not. */
import {
  encodeFact,
  parseFact,
  type ResultFact,
  sha256,
  versionFactSchema,
  versionKey,
} from "@cugro/protocol";
import { assert, assertEquals } from "@std/assert";
import { memoryStore } from "../../../tests/fakes/memory_store.ts";
import { drive, learnerWith, pretend } from "../../../tests/fakes/world.ts";
import { rollback } from "../acts/verdicts.ts";
import { counting } from "../testing/counting_store.ts";
import { learnerOverview, learnerStatus } from "./learner_status.ts";
import { mergeWork, stepsOfWork, sumWork } from "./work_sums.ts";

const VERSIONS = 8;
const SHARDS = 4;
type Memory = ReturnType<typeof memoryStore>;

/** A learner that real plans have led to eight versions. */
async function learnt(): Promise<Memory> {
  const store = memoryStore();
  const files = Array.from({ length: VERSIONS }, (_, i) => `file ${i}`);
  await learnerWith(store, files, { shardsPerTask: SHARDS, replayPairs: 4_000, replayPairsPerTask: 4_000 });
  await drive(store, pretend());
  return store;
}

/** As versions up to 0.8 wrote their facts. */
async function forgetWork(store: Memory): Promise<void> {
  for (let version = 1; version <= VERSIONS; version++) {
    const key = versionKey("a", version);
    const { work, ...fact } = parseFact(versionFactSchema, (await store.get(key))!.bytes, key);
    assert(work!.length > 0, "the decision says what its jobs took");
    await store.delete(key);
    await store.put(key, encodeFact(fact, versionFactSchema));
  }
}

async function overviewOf(plain: Memory) {
  const { store, calls } = counting(plain);
  return { overview: await learnerOverview(store, "a"), calls: calls.count };
}

Deno.test("learnerOverview() asks a few times a version and says what the whole status does, of facts up to 0.8 too", async () => {
  const store = await learnt();
  const { overview, calls } = await overviewOf(store);
  const { jobs, ...status } = await learnerStatus(store, "a");
  assertEquals(overview, status);
  const done = jobs.filter(({ state }) => state === "done");
  assertEquals(overview.jobCounts, { waiting: 0, ready: 0, done: done.length, failed: 0 });
  assertEquals(
    overview.secondsPerKind,
    Object.fromEntries(
      [...Map.groupBy(done, ({ kind }) => kind)].map(([kind, { length }]) => [kind, length]),
    ),
  );
  // The newest version's own shards and networks say how large they are; the rest are lists.
  const newest = (VERSIONS - 1) * SHARDS + 5;
  assert(
    calls <= 3 * VERSIONS + newest + 20,
    `${calls} requests for ${VERSIONS} versions of ${done.length} jobs`,
  );
  assert(done.length > 20 * VERSIONS, `${done.length} jobs`);

  await forgetWork(store);
  const old = await overviewOf(store);
  assertEquals(old.overview, overview);
  assert(old.calls > done.length, "results are read then");
});

Deno.test("learnerOverview() counts a job once, whatever versions it led to, and tells of one whose result is gone", async () => {
  const store = await learnt();
  // The next attempt of the last task has its jobs again.
  await rollback({ store, name: "a", version: VERSIONS - 1 });
  const { overview } = await overviewOf(store);
  const { jobs, openJobs, ...rest } = await learnerStatus(store, "a");
  assertEquals(overview, { ...rest, openJobs });
  assertEquals(Object.values(overview.jobCounts).reduce((sum, count) => sum + count, 0), jobs.length);

  await forgetWork(store);
  const [one] = jobs.filter(({ kind }) => kind === "policy.evaluate");
  await store.delete(`jobs/policy.evaluate/${one!.id}/result.json`);
  const { overview: without } = await overviewOf(store);
  assertEquals(without.openJobs.map(({ id }) => id), [one!.id]);
  assertEquals(without.jobCounts, { ...overview.jobCounts, waiting: 1, done: overview.jobCounts.done - 1 });
});

Deno.test("sumWork() adds kind by kind, threads counted; stepsOfWork() has the last training of each", () => {
  const result = (
    kind: ResultFact["kind"],
    seconds: number,
    threads?: number,
    steps?: number,
  ): ResultFact => ({
    ...{ schema: 1, jobId: sha256(kind), kind, outputs: {}, metrics: steps === undefined ? {} : { steps } },
    ...{ seconds, startedAtStep: 0, profile: threads === undefined ? {} : { threads } },
    ...{ codeVersion: "0", finished: "2026-01-01T00:00:00.000Z" },
  });
  const training = (steps: number) => ({
    result: result("critic.train", 2, 4, steps),
    job: {
      ...{ schema: 1 as const, kind: "critic.train" as const, revision: 1, seed: 1, inputs: {} },
      config: { criticSteps: 100, criticStepsPerOldTask: 0, maxCriticSteps: 50, oldTasks: 0 },
    },
  });
  const label = { result: result("actions.label", 1), job: undefined };
  const sums = sumWork([label, training(50), label]);
  assertEquals(sums, [
    { kind: "actions.label", jobs: 2, seconds: 2, coreSeconds: 2 },
    { kind: "critic.train", jobs: 1, seconds: 2, coreSeconds: 8, steps: { asked: 100, done: 50 } },
  ]);
  const later = sumWork([training(100)]);
  const merged = mergeWork([...sums, ...later].map((sum) => ({ ...sum, task: 1 })));
  assertEquals(merged.map(({ kind, jobs, coreSeconds }) => [kind, jobs, coreSeconds]), [
    ["actions.label", 2, 2],
    ["critic.train", 2, 16],
  ]);
  assertEquals(stepsOfWork(merged), [{ task: 1, kind: "critic.train", asked: 100, done: 100, cutBy: null }]);
  const [, cut] = sums;
  assertEquals(stepsOfWork([{ ...cut!, task: 2 }])[0]!.cutBy, "maxCriticSteps");
});
