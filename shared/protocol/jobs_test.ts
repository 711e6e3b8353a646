import { assertEquals, assertNotEquals } from "@std/assert";
import { JOB_KINDS, REVISIONS } from "./job_kinds.ts";
import { createJob, deriveSeed, jobId, jobSchema } from "./jobs.ts";

const hash = "ab".repeat(32);

Deno.test("jobId() does not depend on the order in which a job was written down", () => {
  const one = createJob("states.sample", 7, { task: 1, rows: 10 }, {
    a: { dataset: hash },
    b: { artifact: hash },
  });
  const other = createJob("states.sample", 7, { rows: 10, task: 1 }, {
    b: { artifact: hash },
    a: { dataset: hash },
  });
  assertEquals(jobId(one), jobId(other));
});

Deno.test("jobId() tells kind, revision, config, seed and inputs apart", () => {
  const base = createJob("states.sample", 7, { task: 1 }, { a: { dataset: hash } });
  const ids = [
    base,
    { ...base, kind: "actions.label" as const },
    { ...base, revision: 99 },
    { ...base, seed: 8 },
    { ...base, config: { task: 2 } },
    { ...base, inputs: { a: { artifact: hash } } },
  ].map(jobId);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("jobId() of a fixed job stays what it was: a change here orphans every store in the field", () => {
  const job = createJob("critic.train", 5, { task: 2, oldTasks: 1 }, {
    parent: { job: hash, output: "weights" },
  });
  assertEquals(
    jobId({ ...job, revision: 1 }),
    "fa4b60ccce915d9581fe5440e06af2f8dab8007fd78c5335a7a941066ea15a63",
  );
});

Deno.test("deriveSeed() is a uint32 that depends on each of its arguments and on nothing else", () => {
  const seeds = [[0, "a", 1, 0, 1], [1, "a", 1, 0, 1], [0, "b", 1, 0, 1], [0, "a", 2, 0, 1], [
    0,
    "a",
    1,
    1,
    1,
  ], [
    0,
    "a",
    1,
    0,
    2,
  ]].map((a) => deriveSeed(...(a as [number, string, number, number, number])));
  assertEquals(new Set(seeds).size, seeds.length);
  for (const seed of seeds) assertEquals(seed >>> 0, seed);
  assertEquals(deriveSeed(0, "states.train", 1, 0, 1), 3016437953);
});

Deno.test("every kind has a revision, and a job is strict", () => {
  for (const kind of JOB_KINDS) assertEquals(REVISIONS[kind] >= 1, true);
  const job = createJob("states.sample", 7, {}, {});
  assertEquals(jobSchema.safeParse(job).success, true);
  assertEquals(jobSchema.safeParse({ ...job, learner: "a" }).success, false);
  assertNotEquals(jobSchema.safeParse({ ...job, seed: -1 }).success, true);
});
