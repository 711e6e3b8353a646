import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { hasOutput, makerOf, readKinds, readsDatasets } from "./job_kind_queries.ts";
import { JOB_KINDS, JOB_SPECS, type JobSpec, REVISIONS } from "./job_kinds.ts";
import { createJob, deriveSeed, type Job, jobId, jobSchema } from "./jobs.ts";

const hash = "ab".repeat(32);

const inputs = { stateGenerator: { job: hash, output: "weights" }, normaliser: { artifact: hash } };
const fields = { task: 1, shard: 0, rows: 10 };

Deno.test("jobId() does not depend on the order in which a job was written down", () => {
  const { stateGenerator, normaliser } = inputs;
  const one = createJob("states.sample", 7, { task: 1, shard: 0, rows: 10 }, { stateGenerator, normaliser });
  const other = createJob("states.sample", 7, { rows: 10, shard: 0, task: 1 }, {
    normaliser,
    stateGenerator,
  });
  assertEquals(jobId(one), jobId(other));
});

Deno.test("jobId() tells kind, revision, config, knobs, seed and inputs apart", () => {
  const base: Job = createJob("states.sample", 7, fields, inputs);
  const ids = [
    base,
    { ...base, kind: "actions.label" as const },
    { ...base, revision: 99 },
    { ...base, seed: 8 },
    createJob("states.sample", 7, { ...fields, shard: 1 }, inputs),
    createJob("states.sample", 7, fields, inputs, { solver: "dpm3" }),
    { ...base, inputs: { a: { artifact: hash } } },
  ].map(jobId);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("jobId() of a fixed job stays what it was: a change here orphans every store in the field", () => {
  const job: Job = {
    schema: 1,
    kind: "critic.train",
    revision: 1,
    config: { task: 2, oldTasks: 1 },
    seed: 5,
    inputs: { parent: { job: hash, output: "weights" } },
  };
  assertEquals(jobId(job), "fa4b60ccce915d9581fe5440e06af2f8dab8007fd78c5335a7a941066ea15a63");
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
  const job = createJob("states.sample", 7, fields, inputs);
  assertEquals(jobSchema.safeParse(job).success, true);
  assertEquals(jobSchema.safeParse({ ...job, learner: "a" }).success, false);
  assertNotEquals(jobSchema.safeParse({ ...job, seed: -1 }).success, true);
});

Deno.test("makerOf() names a kind that has the output, for every input that another job may make", () => {
  for (const kind of JOB_KINDS) {
    const { inputs, makers, datasets }: JobSpec = JOB_SPECS[kind];
    for (const [input, form] of Object.entries(inputs)) {
      if (Object.hasOwn(makers, input)) {
        const maker = makerOf(kind, form === "perShard" ? `${input}/1/0` : input);
        const outputs = { replay: "shard", states: "shard", network: "network", labels: "labels" };
        const output = outputs[input as keyof typeof outputs] ?? "weights";
        assertEquals(hasOutput(maker, output), true, `${kind} ${input}`);
        assertEquals(readKinds(kind).includes(maker), true);
      } else assertThrows(() => makerOf(kind, input), TypeError, "made by no other job");
    }
    for (const input of [...Object.keys(makers), ...datasets]) assertEquals(input in inputs, true, input);
  }
  assertEquals(JOB_KINDS.filter(readsDatasets), [
    "dataset.measure",
    "actions.label",
    "states.train",
    "behavior.train",
    "critic.train",
    "proposer.label",
    "proposer.train",
    "actor.label",
    "actor.train",
    "policy.evaluate",
    "policy.estimate",
  ]);
});
