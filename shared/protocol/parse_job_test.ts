import { assertEquals, assertThrows } from "@std/assert";
import { kindsOfService } from "./job_kind_queries.ts";
import { JOB_KINDS, JOB_SPECS } from "./job_kinds.ts";
import { createJob, type Job } from "./jobs.ts";
import { allInputs, parseJob, typedJob } from "./parse_job.ts";
import type { ParsedJob } from "./typed_jobs.ts";

const artifact = { artifact: "ab".repeat(32) };
const weights = { job: "cd".repeat(32), output: "weights" };
const sampling = createJob(
  "states.sample",
  7,
  { task: 2, shard: 1, rows: 10 },
  { stateGenerator: weights, normaliser: artifact },
  { solver: "dpm3" },
);
const training = createJob("critic.train", 7, { task: 2, oldTasks: 1, heldOutSeed: 3, replayRows: 20 }, {
  dataset: artifact,
  "normaliser/2": artifact,
  "normaliser/1": artifact,
  "replay/1/2": artifact,
  "replay/1/10": weights,
});
const isKnob = (name: string) => name === "solver";

/** The job with a change that no planner of this software would make. */
const changed = (job: Job, config: Job["config"], inputs: Job["inputs"] = {}): Job => ({
  ...job,
  config: { ...job.config, ...config },
  inputs: { ...job.inputs, ...inputs },
});

Deno.test("parseJob() tells what a handler reads from knobs, and leaves out what only enters the id", () => {
  assertEquals<unknown>(parseJob(sampling, isKnob), {
    kind: "states.sample",
    seed: 7,
    config: { task: 2, rows: 10 },
    knobs: { solver: "dpm3" },
    inputs: {
      stateGenerator: { name: "stateGenerator", ref: weights },
      normaliser: { name: "normaliser", ref: artifact },
    },
  });
});

Deno.test("parseJob() reads the numbers of inputs that are many; they come in the order of their full names", () => {
  const { inputs } = parseJob(training, isKnob) as ParsedJob<"critic.train">;
  assertEquals(inputs.parent, undefined);
  assertEquals(inputs.normaliser.map(({ task }) => task), [1, 2]);
  assertEquals(inputs.replay, [
    { name: "replay/1/10", ref: weights, task: 1, shard: 10 },
    { name: "replay/1/2", ref: artifact, task: 1, shard: 2 },
  ]);
  assertEquals(allInputs({ inputs }).length, 5);
});

Deno.test("parseJob() refuses a field that nothing reads, by its name", () => {
  const refused = (job: Job, message: string) =>
    assertThrows(() => parseJob(job, isKnob), TypeError, `Cannot do a ${message}`);
  refused(
    changed(sampling, { shardSizes: [64] }),
    "states.sample job as nothing reads its field shardSizes: current value is [64]",
  );
  refused(changed(training, { candidates: 8 }), "critic.train job as nothing reads its field candidates");
});

Deno.test("parseJob() refuses a field of a wrong type, and one that is missing, by its name", () => {
  const refused = (config: Job["config"], message: string) =>
    assertThrows(() => parseJob(changed(sampling, config), isKnob), TypeError, message);
  refused({ rows: "10" }, "Cannot do a states.sample job as its field rows does not fit");
  refused({ rows: "10" }, 'current value is "10"');
  refused({ task: 0 }, "as its field task does not fit");
  refused({ shard: -1 }, "as its field shard does not fit");
  const { rows: _, ...others } = sampling.config;
  assertThrows(
    () => parseJob({ ...sampling, config: others }, isKnob),
    TypeError,
    "its field rows does not fit (Invalid input: expected number, received undefined): current value is undefined",
  );
  const evaluation = changed({ ...sampling, kind: "policy.evaluate" }, {
    ...{ newTask: 2, environment: null, horizon: 5, heldOutSeed: 1, replayRows: 0 },
    anchors: { random: "low", good: 1, source: "" },
  });
  assertThrows(() => parseJob(evaluation, isKnob), TypeError, "its field anchors.random does not fit");
});

Deno.test("parseJob() refuses inputs that are missing or that nothing reads", () => {
  const { normaliser } = sampling.inputs;
  assertThrows(
    () => parseJob({ ...sampling, inputs: { normaliser: normaliser! } }, isKnob),
    TypeError,
    "Cannot do a states.sample job as it has no input stateGenerator",
  );
  const names = ["replay", "replay/1", "replay/0/0", "replay/1/01", "replay/1/2/3", "normaliser", "parent/1"];
  for (const name of [...names, "sketch", "constructor"]) {
    assertThrows(
      () => parseJob(changed(training, {}, { [name]: artifact }), isKnob),
      TypeError,
      `Cannot do a critic.train job as nothing reads its input ${name}`,
    );
  }
});

Deno.test("typedJob() gives undefined for a job whose fields are not those of its kind", () => {
  assertEquals<unknown>(typedJob(sampling), sampling);
  assertEquals(typedJob({ ...sampling, config: { tasks: [1] } }), undefined);
});

Deno.test("no field of a kind is both read and identity, and every kind has a service", () => {
  for (const kind of JOB_KINDS) {
    const { config, identity, service } = JOB_SPECS[kind];
    assertEquals(Object.keys(identity.shape).filter((name) => name in config.shape), []);
    assertEquals(kindsOfService(service).includes(kind), true);
  }
});

Deno.test("a planner cannot submit a field that no handler reads, nor leave one out", () => {
  const inputs = { stateGenerator: weights, normaliser: artifact };
  const fields = { task: 1, shard: 0, rows: 10, colour: "red" };
  // @ts-expect-error: nothing reads `colour`
  createJob("states.sample", 7, fields, inputs);
  // @ts-expect-error: nothing reads `colour`
  createJob("states.sample", 7, { task: 1, shard: 0, rows: 10, colour: "red" }, inputs);
  // @ts-expect-error: `rows` is missing
  createJob("states.sample", 7, { task: 1, shard: 0 }, inputs);
  // @ts-expect-error: `rows` is a number
  createJob("states.sample", 7, { task: 1, shard: 0, rows: "10" }, inputs);
  // @ts-expect-error: a sampling reads no sketch
  createJob("states.sample", 7, { task: 1, shard: 0, rows: 10 }, { ...inputs, sketch: artifact });
  // @ts-expect-error: a label needs the normaliser of its task
  createJob("actions.label", 7, { task: 1, shard: 0 }, { behaviorGenerator: weights, states: weights });
});

Deno.test("a handler sees no field that only enters the id, and no input of another kind", () => {
  const { config, inputs } = parseJob(sampling, isKnob) as ParsedJob<"states.sample">;
  // @ts-expect-error: which shard it is only enters the id
  assertEquals(config.shard, undefined);
  // @ts-expect-error: a sampling is given no replay
  assertEquals(inputs.replay, undefined);
});
