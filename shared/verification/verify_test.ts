import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type JobKind,
  type JsonObject,
  parseFact,
  resultFactSchema,
  resultKey,
  versionFactSchema,
} from "@cugro/protocol";
import { encodeFact, sha256 } from "@cugro/protocol";
import { memoryStore } from "../../tests/fakes/store.ts";
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
    handlers: pretendHandlers(store, pretend()),
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
