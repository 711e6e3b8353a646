/** Stores that are half of version 0.2, whose jobs lie together whatever their kind, and half of this one. */
import {
  createCache,
  currentGraph,
  exportLearner,
  importLearner,
  isReached,
  learnerStatus,
  loadFacts,
  openView,
  reachOf,
  retry,
  taskState,
} from "@cugro/learners";
import { assert, assertEquals } from "@std/assert";
import { artifactKey, failureKey, jobOfKey, oldRetryKey, parseKey } from "@cugro/protocol";
import { applyPlan } from "./apply.ts";
import { collectGarbage } from "./garbage.ts";
import { plan } from "./plan.ts";
import { makeOld, oldKeys } from "../../tests/fakes/old_layout.ts";
import { memoryBus, memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, type Pretence, pretend, work } from "../../tests/fakes/world.ts";

type World = ReturnType<typeof memoryStore>;
const timesDone = ({ runs }: Pretence) => Math.max(...runs.values());

/** Jobs and versions as they are in the end, without what tells the layouts apart. */
async function outcome(store: World) {
  const { jobs, versions, tasks } = await learnerStatus(store, "a");
  const decided = versions.map(({ kinds: _, weights: __, ...version }) => version);
  return { jobs: jobs.map(({ id, kind, state, outputs }) => ({ id, kind, state, outputs })), decided, tasks };
}

/** Works until this many jobs are done. */
async function driveUntil(store: World, pretence: Pretence, done: number): Promise<void> {
  const bus = memoryBus();
  while (pretence.runs.size < done) {
    await applyPlan({ store, bus, learner: "a", plan: plan(await loadFacts(store, "a")) });
    const [message] = bus.queue.values();
    if (!message) continue;
    assertEquals(await work(store, message, pretence), "done");
    bus.queue.delete(message.jobId);
  }
}

Deno.test("a learner of the old layout goes on wherever it stood, with nothing done twice and the same end", async () => {
  const calm = memoryStore();
  await learnerWith(calm, ["one", "two"], { shardsPerTask: 2 });
  const all = pretend();
  await drive(calm, all);
  for (let done = 1; done < all.runs.size; done += 3) {
    for (const half of [false, true]) {
      const store = memoryStore();
      const pretence = pretend();
      await learnerWith(store, ["one", "two"], { shardsPerTask: 2 });
      await driveUntil(store, pretence, done);
      await makeOld(store, (id) => !half || id < "8");
      const before = await oldKeys(store);
      await drive(store, pretence);
      assertEquals(await outcome(store), await outcome(calm), `after ${done} jobs`);
      assertEquals([pretence.runs.size, timesDone(pretence)], [all.runs.size, 1], `after ${done} jobs`);
      assertEquals(await oldKeys(store), before, "nothing new lies in the old layout");
    }
  }
});

Deno.test("a task that failed in the old layout stays failed until it is retried; both layouts count", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  const failing = pretend({ fails: ({ kind }) => kind === "critic.train" ? "no" : undefined });
  await drive(store, failing);
  await makeOld(store);
  const { job } = (await loadFacts(store, "a")).taskFailures[0]!;
  assertEquals(taskState(await loadFacts(store, "a"), 1), "failed");
  await retry({ store, name: "a", task: 1 });
  assert(store.objects.has(oldRetryKey(job, 1)), "a retry lies beside its failure");
  assertEquals(taskState(await loadFacts(store, "a"), 1), "undecided");

  await drive(store, failing);
  assert(store.objects.has(failureKey("critic.train", job, 1)), "it fails once more, in the new layout");
  assertEquals(taskState(await loadFacts(store, "a"), 1), "failed");
  await retry({ store, name: "a", task: 1 });
  const view = openView(store, "a", createCache());
  assertEquals(taskState(await view.look({}), 1), "undecided");
  await drive(store, pretend());
  assertEquals((await loadFacts(store, "a")).head?.version, 1);
  assertEquals(taskState(await view.look({ facts: true }), 1), "published");
});

Deno.test("garbage collection and copies take both layouts; what was left of done jobs goes", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  await drive(store, pretend());
  await makeOld(store, (id) => id < "8");
  const [old] = await oldKeys(store);
  const left = `jobs/${jobOfKey(old!)}/checkpoint`;
  await store.put(left, new Uint8Array(1));
  await store.put(`jobs/${"f".repeat(64)}/result.json`, new Uint8Array(1));
  const cache = createCache();
  const reach = await reachOf(store, await loadFacts(store, "a", cache), cache);
  for (const key of await oldKeys(store)) assert(key.includes("ffffffff") || isReached(reach, key), key);
  const { removed } = await collectGarbage({ store, now: store.clock.now + 25 * 3_600_000 });
  assertEquals(
    removed.map(({ key }) => key).filter((key) => key.startsWith("jobs/")).sort(),
    [left, `jobs/${"f".repeat(64)}/result.json`].sort(),
  );

  const [box, other] = [memoryStore(), memoryStore()];
  await exportLearner({ store, name: "a", to: box });
  await importLearner({ store: other, name: "a", from: box });
  assertEquals(await outcome(other), await outcome(store));
  const pretence = pretend();
  await addFile(other, "three");
  await drive(other, pretence);
  assertEquals((await loadFacts(other, "a")).head?.version, 3);
  assertEquals([...pretence.runs.keys()].filter((id) => old!.includes(id)), []);
});

Deno.test("a result of the old layout whose output is lost goes, and its job is done again in the new one", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await drive(store, pretend());
  await addFile(store, "two");
  const pretence = pretend();
  const isLabelled = () => [...store.objects.keys()].some((key) => /actions.label.*result/.test(key));
  for (let done = 2; !isLabelled(); done++) await driveUntil(store, pretence, done);
  await makeOld(store);
  const facts = await loadFacts(store, "a");
  const shard = currentGraph(facts)!.shards.find((id) =>
    facts.jobs.get(id)?.result?.kind === "actions.label"
  )!;
  const { outputs } = facts.jobs.get(shard)!.result!;
  await store.delete(artifactKey(outputs.shard!.artifact));
  const lost = plan(await loadFacts(store, "a"));
  assertEquals(lost.release, [`jobs/${shard}/result.json`]);
  await drive(store, pretence);
  assertEquals(pretence.runs.get(shard), 2);
  const [result] = [...store.objects.keys()].filter((key) => key.endsWith(`/${shard}/result.json`));
  assertEquals(parseKey(result!)?.kind, "result");
});

/** The same store, with its requests by what they ask. */
function counted(store: World) {
  const asked = { list: 0, get: 0, head: 0, folders: 0 };
  const count = (act: keyof typeof asked) => {
    const call = store[act] as (...args: unknown[]) => unknown;
    store[act] = ((...args: unknown[]) => (asked[act]++, call(...args))) as never;
  };
  for (const act of ["list", "get", "head", "folders"] as const) count(act);
  return asked;
}

Deno.test("a store without old jobs is asked once about a job, and once in all whether it has any", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"], { shardsPerTask: 50 });
  await drive(store, pretend());
  await addFile(store, "two");
  const pretence = pretend();
  await driveUntil(store, pretence, 2);
  const asked = counted(store);
  const cache = createCache();
  const view = openView(store, "a", cache);
  const open = [...(await view.look({ whole: true })).jobs.values()].filter(({ result }) => !result).length;
  assert(open > 100, `${open} unfinished jobs`);
  const first = { ...asked };
  // Beside the jobs: the learner's facts, its announcements, its files.
  assert(first.list <= open + 30, `${first.list} lists for ${open} unfinished jobs`);
  assertEquals(first.folders, 1);
  await view.look({ whole: true });
  assertEquals(asked.folders, 1);
  assert(asked.list - first.list <= 131 + 3, `${asked.list - first.list} lists by a second look`);
});
