import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type JobKind,
  type JsonObject,
  parseFact,
  resultFactSchema,
  resultKey,
  type RowCell,
  versionFactSchema,
} from "@cugro/protocol";
import { encodeFact, sha256 } from "@cugro/protocol";
import type { JobHandlers } from "@cugro/worker";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { drive, learnerWith, pretend, pretendHandlers } from "../../tests/fakes/world.ts";
import { layeredStore } from "./layered_store.ts";
import { statementOf } from "./statement.ts";
import { type Verification, verifyVersion } from "./verify_version.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
type Memory = ReturnType<typeof memoryStore>;

async function learnt(): Promise<Memory> {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  await drive(store, pretend());
  return store;
}

async function verify(
  lower: Memory,
  wanted: string[] = [],
  profile: JsonObject = {},
  version = 2,
  others: (own: JobHandlers) => JobHandlers = (own) => own,
): Promise<Verification> {
  const store = layeredStore(memoryStore(), lower);
  const before = new Map(lower.objects);
  const verification = await verifyVersion({
    ...{
      store,
      learner: "a",
      version,
      wanted,
      profile,
      onJob: () => {},
      signal: new AbortController().signal,
    },
    handlers: others(pretendHandlers(store, pretend())),
  });
  assertEquals([...lower.objects.keys()], [...before.keys()]);
  return verification;
}

/** A job of version 2 of a kind, and what is recorded of it. */
async function recorded(store: Memory, kind: JobKind) {
  const key = "learners/a/versions/2.json";
  const fact = parseFact(versionFactSchema, (await store.get(key))!.bytes, key);
  const id = fact.jobs.find((_, index) => fact.kinds![index] === kind)!;
  const result = parseFact(resultFactSchema, (await store.get(resultKey(kind, id)))!.bytes, id);
  return { id, result };
}

Deno.test("a version is made again of what the store has: all but the import, whose file is gone", async () => {
  const { jobs, result } = await verify(await learnt());
  assertEquals(result, "INCOMPLETE");
  const [imported, ...others] = jobs.toSorted((a) => a.kind === "dataset.import" ? -1 : 1);
  assertStringIncludes(imported!.reason!, "is not in the store any more");
  assertEquals(others.map(({ verdict }) => verdict), others.map(() => "same"));
  assert(others.some(({ kind }) => kind === "states.sample"));
});

Deno.test("shards that went with the decision are made again first, and only once", async () => {
  const store = await learnt();
  const { id } = await recorded(store, "states.sample");
  const { jobs, result } = await verify(store, ["states.train", "behavior.train"]);
  assertEquals([result, jobs.length], ["PASSED", 2]);
  assertEquals((await verify(store, [id.slice(0, 10)])).jobs.map((job) => job.id), [id]);
  await assertRejects(
    () => verify(store, ["nothing"]),
    RangeError,
    'has no job whose id begins with, or whose kind is, "nothing"',
  );
  await assertRejects(() => verify(store, [], {}, 9), RangeError, "has no version 9: it has 1, 2");
});

Deno.test("other bytes are a fault of the data only where backend and revision are the same", async () => {
  const store = await learnt();
  const { id, result } = await recorded(store, "critic.train");
  const forged = bytes("forged weights");
  await store.put(`artifacts/${sha256(forged)}`, forged);
  const outputs = { ...result.outputs, weights: { artifact: sha256(forged), bytes: forged.length } };
  await store.put(resultKey("critic.train", id), encodeFact({ ...result, outputs }));
  const caught = await verify(store, ["critic.train"]);
  assertEquals([caught.result, caught.jobs[0]!.verdict, caught.jobs[0]!.differing.outputs], [
    "FAILED",
    "differs",
    ["weights"],
  ]);
  const elsewhere = await verify(store, ["critic.train"], { backend: "another" });
  assertEquals([elsewhere.result, elsewhere.jobs[0]!.verdict], ["INCOMPLETE", "other backend"]);
  assertStringIncludes(elsewhere.jobs[0]!.reason!, "computes otherwise (backend)");
  const statement = statementOf(caught, "2030-01-01T00:00:00Z") as {
    subject: { name: string; digest: { sha256: string } }[];
    predicate: { jobs: { differences: unknown[]; materials: { digest: { sha256: string } }[] }[] };
  };
  assertEquals(statement.subject.find(({ name }) => name === `${id}/weights`)?.digest.sha256, sha256(forged));
  assertEquals(statement.predicate.jobs[0]!.differences, [
    { output: "weights", timed: false, recorded: sha256(forged), executed: result.outputs.weights!.artifact },
  ]);
  assert(statement.predicate.jobs[0]!.materials.every(({ digest }) => /^[0-9a-f]{64}$/.test(digest.sha256)));
});

Deno.test("returns that an evaluation did not have are found, though its outputs are as they were", async () => {
  const store = await learnt();
  const { id, result } = await recorded(store, "policy.evaluate");
  const record = (metrics: JsonObject) =>
    store.put(resultKey("policy.evaluate", id), encodeFact({ ...result, metrics }));
  assertEquals((await verify(store, [id])).result, "PASSED");
  const { returns } = result.metrics as { returns: number[] };
  for (const other of [returns.with(1, 120), returns.slice(1), [...returns, 90], null]) {
    await record({ ...result.metrics, returns: other });
    const { result: found, jobs } = await verify(store, [id]);
    assertEquals([found, jobs[0]!.differing.metrics], ["FAILED", ["returns"]], JSON.stringify(other));
  }
  const elsewhere = await verify(store, [id], { backend: "another" });
  // Its row was made of what was recorded then.
  assertEquals([elsewhere.jobs[0]!.verdict, elsewhere.row[0]!.verdict, elsewhere.result], [
    "other backend",
    "differs",
    "FAILED",
  ]);
  // What software tells since then is nothing that differs.
  await record({ returns });
  assertEquals((await verify(store, [id])).result, "PASSED");
});

Deno.test("episodes of a simulator that is another one, or does not run here, tell nothing of the data", async () => {
  const store = await learnt();
  const { id, result } = await recorded(store, "policy.evaluate");
  const simulating = (gymnasium: string, more: JsonObject) => (own: JobHandlers): JobHandlers => ({
    ...own,
    "policy.evaluate": async (context) => {
      const { metrics } = await own["policy.evaluate"]!(context);
      return { outputs: { rollouts: rollouts(gymnasium) }, metrics: { ...metrics, ...more } };
    },
  });
  const rollouts = (gymnasium: string) => bytes(JSON.stringify({ versions: { gymnasium } }));
  const then = rollouts("1.0");
  await store.put(`artifacts/${sha256(then)}`, then);
  const outputs = { rollouts: { artifact: sha256(then), bytes: then.length } };
  await store.put(resultKey("policy.evaluate", id), encodeFact({ ...result, outputs }));
  const look = async (gymnasium: string, more: JsonObject) => {
    const { jobs: [job] } = await verify(store, [id], {}, 2, simulating(gymnasium, more));
    return [job!.verdict, job!.differing.profile.join(), job!.reason];
  };
  assertEquals(await look("1.0", {}), ["same", "", undefined]);
  assertEquals((await look("1.0", { returns: [1] }))[0], "differs");
  assertEquals((await look("1.1", { returns: [1] })).slice(0, 2), ["other backend", "gymnasium"]);
  const away = await look("1.0", { returns: [], notRun: "there is no Python" });
  assertEquals(away, ["not executed", "", "its episodes cannot be run here: there is no Python"]);
});

Deno.test("a dataset that is gone is reported, and the other jobs are verified", async () => {
  const store = await learnt();
  for (const key of store.objects.keys()) if (key.startsWith("datasets/")) await store.delete(key);
  const { jobs } = await verify(store, ["critic.train", "states.sample"]);
  assertEquals([...new Set(jobs.map(({ kind, verdict }) => `${kind} ${verdict}`))].sort(), [
    "critic.train not executed",
    "states.sample same",
  ]);
  assertStringIncludes(jobs.find(({ kind }) => kind === "critic.train")!.reason!, "give it with --file");
});

Deno.test("the row that was decided on must follow from the results that it names", async () => {
  const store = await learnt();
  const key = "learners/a/versions/2.json";
  assertEquals((await verify(store, ["policy.evaluate"])).row.map(({ task, verdict }) => [task, verdict]), [
    [1, "same"],
    [2, "same"],
  ]);
  const whole = parseFact(versionFactSchema, (await store.get(key))!.bytes, key);
  const altered: [string[], Partial<RowCell>][] = [
    [["returns"], { returns: [90, 95, 100, 105, 111] }],
    [["scores"], { scores: [190, 95, 100, 105, 110] }],
    [["meanScore"], { meanScore: 101 }],
    [["low", "high"], { low: 0, high: 1 }],
    [["job"], { job: whole.row[1]!.job }],
  ];
  for (const [members, change] of altered) {
    const row = whole.row.map((cell) => cell.task === 1 ? { ...cell, ...change } : cell);
    await store.put(key, encodeFact({ ...whole, row }, versionFactSchema));
    const { result, row: [cell] } = await verify(store, ["policy.evaluate"]);
    assertEquals([result, cell!.verdict, cell!.differing], ["FAILED", "differs", members]);
  }
});
