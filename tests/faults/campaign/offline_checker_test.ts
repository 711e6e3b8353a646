import { assert, assertEquals } from "@std/assert";
import { createEmbeddedBus } from "@cugro/bus";
import { openFilesystemStore, type Store } from "@cugro/store";
import {
  announcedKey,
  artifactKey,
  encodeFact,
  headKey,
  type JobKind,
  jobOfResult,
  type JsonObject,
  makerOf,
  parseFact,
  rejectionKey,
  resultFactSchema,
  resultKey,
  taskKey,
  versionKey,
} from "@cugro/protocol";
import { check, type Rule } from "./offline_checker.ts";
import { runUndisturbed } from "./undisturbed.ts";
import { createRecorder, type Entry, readHistory } from "./run_history.ts";
import { oneOf, randomOf } from "./seeded_random.ts";
import { stubWorkload } from "./workload.ts";
import { makeMemoryFolder } from "./memory_folder.ts";
import { readOutcome } from "./run_outcome.ts";

/** A sound run: store, history and outcome, fresh copies for each corruption. */
interface Run {
  store: Store;
  history: Entry[];
}

/** What a corruption does to a sound run; the rule that must notice. */
interface Corruption {
  rule: Rule;
  name: string;
  spoil(run: Run, random: () => number): Promise<void>;
}

const json = async (store: Store, key: string) =>
  JSON.parse(new TextDecoder().decode((await store.get(key))!.bytes)) as Record<string, unknown>;
const rewrite = async (store: Store, key: string, change: (fact: Record<string, unknown>) => void) => {
  const fact = await json(store, key);
  change(fact);
  await store.put(key, encodeFact(fact as JsonObject));
};
const keysOf = async (store: Store, prefix: string, end: string) =>
  (await store.list(prefix)).map(({ key }) => key).filter((key) => key.endsWith(end));

/** Keys of the results of all kinds but imports, whose ids depend on the store. */
async function resultsOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for (const key of await keysOf(store, "jobs/", "/result.json")) {
    const fact = parseFact(resultFactSchema, (await store.get(key))!.bytes, key);
    if (fact.kind !== "dataset.import") keys.push(key);
  }
  return keys;
}

const corruptions: Corruption[] = [
  {
    rule: "lost task",
    name: "a task's fact is gone",
    spoil: ({ store }) => store.delete(taskKey("ann", 3)),
  },
  {
    rule: "lost task",
    name: "the last decision is gone",
    spoil: ({ store }) => store.delete(versionKey("bob", 2)),
  },
  {
    rule: "duplicate task",
    name: "a dataset is two tasks",
    spoil: async ({ store }) => {
      const fact = await json(store, taskKey("bob", 1));
      await store.put(taskKey("bob", 3), encodeFact({ ...fact, task: 3 } as JsonObject));
    },
  },
  {
    rule: "duplicate task",
    name: "an attempt has two versions",
    spoil: async ({ store }) => {
      const fact = await json(store, versionKey("bob", 2));
      await store.put(versionKey("bob", 3), encodeFact({ ...fact, version: 3 } as JsonObject));
    },
  },
  {
    rule: "refused file",
    name: "a good file was refused",
    spoil: async ({ store }) => {
      const fact = { schema: 1, seq: 9, key: "incoming/bob/x", reason: "no", failedJob: null };
      await store.put(rejectionKey("bob", 9), encodeFact(fact));
    },
  },
  {
    rule: "given up",
    name: "a job was given up",
    spoil: async ({ store }, random) => {
      const result = oneOf(random, await resultsOf(store));
      const about = { jobId: jobOfResult(result)!, n: 1, message: "no", permanent: false };
      const fact = { schema: 1, ...about, failed: "2024-01-01T00:00:00Z" };
      await store.put(result.replace("result.json", "failures/1.json"), encodeFact(fact));
    },
  },
  {
    rule: "missing result",
    name: "a result is gone",
    spoil: async ({ store }, random) => {
      const versions = (await json(store, versionKey("ann", 1))).jobs as string[];
      const keys = (await resultsOf(store)).filter((key) => versions.includes(jobOfResult(key)!));
      await store.delete(oneOf(random, keys));
    },
  },
  {
    rule: "surplus result",
    name: "a result of another job",
    spoil: async ({ store }, random) => {
      const fact = await json(store, oneOf(random, await resultsOf(store)));
      const jobId = "ab".repeat(32);
      const kind = fact.kind as JobKind;
      await store.put(resultKey(kind, jobId), encodeFact({ ...fact, jobId } as JsonObject));
    },
  },
  {
    rule: "weights",
    name: "a result names other bytes",
    spoil: async ({ store }, random) => {
      await rewrite(store, oneOf(random, await resultsOf(store)), (fact) => {
        const outputs = fact.outputs as Record<string, { artifact: string }>;
        Object.values(outputs)[0]!.artifact = "cd".repeat(32);
      });
    },
  },
  {
    rule: "weights",
    name: "bytes of weights were changed",
    spoil: async ({ store }, random) => {
      const version = await json(store, versionKey("ann", 2));
      const model = oneOf(random, ["stateGenerator", "behaviorGenerator", "critic"]);
      const key = resultKey(makerOf("policy.evaluate", model), version[model] as string);
      const outputs = (await json(store, key)).outputs as Record<string, { artifact: string }>;
      await store.put(artifactKey(outputs.weights!.artifact), new Uint8Array([1, 2, 3]));
    },
  },
  {
    rule: "rewritten result",
    name: "a result was written twice",
    spoil: ({ history }, random) => {
      history.push({ ...oneOf(random, resultPuts(history)), at: history.at(-1)!.at + 1 });
      return Promise.resolve();
    },
  },
  {
    rule: "rewritten result",
    name: "a sampled result changed",
    spoil: ({ history }) => {
      const at = history.at(-1)!.at;
      for (const etag of ["one", "two"]) {
        history.push({ at, who: "campaign", pid: 1, what: "result", jobId: "ef", etag });
      }
      return Promise.resolve();
    },
  },
  {
    rule: "head backward",
    name: "the head fell back for a moment",
    spoil: ({ history }) => {
      history.push(...sampled("bob", [2, 1, 2]));
      return Promise.resolve();
    },
  },
  {
    rule: "head backward",
    name: "the head fell back between two samples, and was repaired",
    spoil: ({ history }) => {
      const writes = history.filter((entry) => entry.what === "put" && entry.key === headKey("bob"));
      const at = history.at(-1)!.at;
      for (const again of writes.slice(-2)) history.push({ ...again, at });
      return Promise.resolve();
    },
  },
  {
    rule: "head backward",
    name: "the head fell back a second time after one rollback",
    spoil: ({ history }) => {
      history.splice(goneBack(history) + 1, 0, ...sampled("ann", [2, 1, 2, 1]));
      return Promise.resolve();
    },
  },
  {
    rule: "head backward",
    name: "the head fell below that of the snapshot which was restored",
    spoil: ({ history }) => {
      history.push(lost(history, [], { ann: 3, bob: 2 }), ...sampled("bob", [1, 2]));
      return Promise.resolve();
    },
  },
  {
    rule: "rewritten result",
    name: "a result that a snapshot had was written again",
    spoil: ({ history }, random) => {
      const puts = resultPuts(history);
      history.push(lost(history, [], {}), { ...oneOf(random, puts), at: history.at(-1)!.at + 1 });
      return Promise.resolve();
    },
  },
  {
    rule: "head",
    name: "an old version serves",
    spoil: ({ store }) => store.put(headKey("bob"), encodeFact({ schema: 1, version: 1 })).then(() => {}),
  },
  {
    rule: "task",
    name: "tasks have changed places",
    spoil: async ({ store }) => {
      const [one, two] = [await json(store, taskKey("bob", 1)), await json(store, taskKey("bob", 2))];
      await store.put(taskKey("bob", 1), encodeFact({ ...two, task: 1 } as JsonObject));
      await store.put(taskKey("bob", 2), encodeFact({ ...one, task: 2 } as JsonObject));
    },
  },
  {
    rule: "version",
    name: "a score is another",
    spoil: ({ store }) =>
      rewrite(store, versionKey("ann", 1), (fact) => {
        (fact.row as { scores: number[] }[])[0]!.scores[0]! += 1;
      }),
  },
  {
    rule: "unannounced",
    name: "an event's mark is gone",
    spoil: ({ store }) => store.delete(announcedKey(versionKey("ann", 1))),
  },
  {
    rule: "unannounced",
    name: "an event was marked and never published",
    spoil: ({ history }) => {
      const id = versionKey("ann", 2);
      const announced = history.findIndex((entry) => entry.what === "announce" && entry.id === id);
      history.splice(announced, 1);
      return Promise.resolve();
    },
  },
];

Deno.test("check() finds nothing in a sound run, and each of its corruptions", async () => {
  const folder = await makeMemoryFolder();
  const workload = stubWorkload(1);
  const root = `${folder}/store`;
  const record = createRecorder(`${folder}/history/campaign.jsonl`, "campaign");
  const store = await openFilesystemStore({ root });
  try {
    const bus = createEmbeddedBus();
    await runUndisturbed({ workload, store, bus, record });
    const expected = await readOutcome(store, ["ann", "bob"]);
    const history = await readHistory(`${folder}/history`);
    assertEquals(await check({ history, store, expected }), []);
    assert(expected.learners.ann!.withdrawn.length === 1, "the workload has a rollback");
    const objects = await Promise.all(
      (await store.list("")).map(async ({ key }) => [key, (await store.get(key))!.bytes] as const),
    );
    for (const [seed, { rule, name, spoil }] of corruptions.entries()) {
      const run = { store, history: structuredClone(history) };
      await spoil(run, randomOf(seed));
      const found = await check({ ...run, expected });
      assert(found.some((violation) => violation.rule === rule), `${name}: ${JSON.stringify(found)}`);
      await restore(store, objects);
    }
    assertEquals(await check({ history, store, expected }), [], "everything was put back");
    const late = history.toSpliced(goneBack(history) + 1, 0, ...sampled("ann", [2, 1]));
    assertEquals(await check({ history: late, store, expected }), [], "the sampler saw version 2 late");
    assertEquals(
      await check({ history: doneAgain(history), store, expected }),
      [],
      "restored without version 2",
    );
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
});

/** Where the operator goes back to version 1. */
function goneBack(history: readonly Entry[]): number {
  return history.findIndex((entry) => entry.what === "act" && entry.act === "rollback");
}

function resultPuts(history: readonly Entry[]) {
  return history.filter((entry) => entry.what === "put" && entry.key.endsWith("/result.json"));
}

/** The store is lost at the end of what was seen. */
function lost(history: readonly Entry[], keys: string[], heads: Record<string, number | null>): Entry {
  return { at: history.at(-1)!.at, who: "campaign", pid: 1, what: "lost", keys, heads };
}

/** Bob's second version and all results are lost, and made again. */
function doneAgain(history: readonly Entry[]): Entry[] {
  const seen = sampled("bob", [1, 2]);
  const puts = history.filter((entry) =>
    entry.what === "put" && entry.outcome === "written" &&
    (entry.key.endsWith("/result.json") || entry.key === headKey("bob"))
  );
  const keys = resultPuts(history).map((entry) => entry.what === "put" ? entry.key : "");
  return [...history, ...seen, lost(history, keys, { ann: 3, bob: 1 }), ...puts, ...seen];
}

/** What the sampler sees of a learner's head. */
function sampled(learner: string, versions: readonly number[]): Entry[] {
  return versions.map((version) => ({ at: 0, who: "campaign", pid: 1, what: "head", learner, version }));
}

/** Puts the store back as it was. */
async function restore(store: Store, objects: (readonly [string, Uint8Array])[]): Promise<void> {
  const wanted = new Map(objects);
  for (const { key } of await store.list("")) if (!wanted.has(key)) await store.delete(key);
  for (const [key, bytes] of wanted) {
    const there = await store.get(key);
    if (!there || !isSame(there.bytes, bytes)) await store.put(key, bytes);
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
