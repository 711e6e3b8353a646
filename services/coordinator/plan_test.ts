import { waitAtMost } from "@cugro/async";
import { assert, assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import {
  artifactKey,
  datasetKey,
  headKey,
  jobFactSchema,
  makerOf,
  parseFact,
  resultKey,
  versionKey,
} from "@cugro/protocol";
import { applyPlan } from "./apply.ts";
import { isIdle, plan } from "./plan.ts";
import { createCache, currentGraph, loadFacts, taskState, validVersions } from "@cugro/learners";
import { memoryBus, memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, pretend, randomIntegers, work } from "../../tests/fakes/world.ts";

type World = ReturnType<typeof memoryStore>;

/** Final weights and decisions, by content: what two runs must agree on. Shards and marks may differ. */
function outcomeOf(store: World): Record<string, string> {
  const entries = [...store.objects].filter(([key]) => /^learners\/.*\/(tasks|versions)\//.test(key));
  return Object.fromEntries(entries.map(([key, { bytes }]) => [key, new TextDecoder().decode(bytes)]));
}

async function reference(files: string[], overrides = {}): Promise<World> {
  const store = memoryStore();
  await learnerWith(store, files, overrides);
  await drive(store, pretend());
  return store;
}

Deno.test("plan() leads three files to three published versions, and then rests", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  const pretence = pretend();
  const bus = memoryBus();
  await drive(store, pretence, { bus });
  const facts = await loadFacts(store, "a");
  assertEquals(facts.tasks.map(({ task, name }) => [task, name]), [[1, "one"], [2, "two"], [3, "three"]]);
  assertEquals(facts.versions.map(({ version, parent, tasks }) => [version, parent, tasks]), [
    [1, null, [1]],
    [2, 1, [1, 2]],
    [3, 2, [1, 2, 3]],
  ]);
  assertEquals(facts.head?.version, 3);
  assertEquals(Math.max(...pretence.runs.values()), 1);
  assertEquals(isIdle(plan(facts)), true);
  assertEquals(bus.events.map(({ type }) => type).sort(), [
    ...Array(3).fill("cugro.task.accepted"),
    ...Array(3).fill("cugro.version.published"),
  ]);
  assertEquals((await store.list("incoming/")).length, 0);
  // The event says by itself what a version is worth, what it replaces and when.
  const second = bus.events.find(({ id }) => id === "learners/a/versions/2.json")!;
  assertEquals([second.data.previous, second.time], [1, (await store.head(second.id))!.lastModified]);
  const row = facts.versions[1]!.row;
  assertEquals(
    second.data.scores,
    row.map(({ task, meanScore, low, high, scores }) => ({
      task,
      meanScore,
      low,
      high,
      episodes: scores.length,
    })),
  );
});

Deno.test("plan() decides by success where the simulator tells it, and refuses an invalid success", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  const forgets = (task: number, newTask: number) => task < newTask ? [0, 0, 0, 0, 0] : [1, 1, 1, 1, 1];
  await drive(store, pretend({ success: forgets }));
  const [first, second] = (await loadFacts(store, "a")).versions;
  assertEquals([first!.row[0]!.success, first!.row[0]!.scores], [[1, 1, 1, 1, 1], [100, 100, 100, 100, 100]]);
  assertEquals([first!.row[0]!.meanScore, first!.row[0]!.high], [100, 100]);
  assertEquals(second!.decision, "parked");
  assertStringIncludes(second!.reasons[0]!, "task 1 fell from 100.0 to 0.0 % success");
  for (const wrong of [[1, 0], [1, 1, 1, 1, 2]]) {
    const odd = memoryStore();
    await learnerWith(odd, ["one"]);
    await assertRejects(
      () => drive(odd, pretend({ success: () => wrong })),
      Error,
      "must have a success between 0 and 1 for each of 5 episodes",
    );
  }
});

Deno.test("plan() is a function of the facts: the same facts give the same plan", async () => {
  const store = await reference(["one", "two"]);
  await addFile(store, "three");
  assertEquals(plan(await loadFacts(store, "a")), plan(await loadFacts(store, "a")));
});

Deno.test("plan() comes to the same versions in whatever order jobs finish", async () => {
  const expected = outcomeOf(await reference(["one", "two", "three"]));
  for (let seed = 0; seed < 4; seed++) {
    const integer = randomIntegers(seed);
    const store = memoryStore();
    await learnerWith(store, ["one", "two", "three"]);
    const pretence = pretend();
    await drive(store, pretence, { choose: (ids) => ids.filter(() => integer(3) === 0) });
    assertEquals(outcomeOf(store), expected);
    assertEquals(Math.max(...pretence.runs.values()), 1, "no job runs again after its result exists");
  }
});

Deno.test("plan() goes on after a crash at any write and a wiped bus", async () => {
  const files = ["one", "two"];
  const expected = outcomeOf(await reference(files));
  const integer = randomIntegers(1);
  let crashes = 0;
  for (let run = 0; run < 12; run++) {
    let armed = false;
    const store = memoryStore(() => {
      if (armed && integer(25) === 0) throw new Error("crash");
    });
    await learnerWith(store, files);
    const pretence = pretend();
    armed = true;
    while (true) {
      try {
        await drive(store, pretence, { bus: memoryBus() });
        break;
      } catch (error) {
        if ((error as Error).message !== "crash") throw error;
        crashes++;
      }
    }
    assertEquals(outcomeOf(store), expected);
    assertEquals((await loadFacts(store, "a")).head?.version, 2);
  }
  assertGreater(crashes, 12);
});

Deno.test("two coordinators at once, each with facts of its own age, do no harm", async () => {
  const expected = outcomeOf(await reference(["one", "two", "three"]));
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  const pretence = pretend();
  const bus = memoryBus();
  const caches = [createCache(), createCache()];
  let stale = plan(await loadFacts(store, "a", caches[1]));
  for (let round = 0; round < 200; round++) {
    const fresh = plan(await loadFacts(store, "a", caches[0]));
    await applyPlan({ store, bus, learner: "a", plan: fresh, cache: caches[0]! });
    await applyPlan({ store, bus, learner: "a", plan: stale, cache: caches[1]! });
    if (round % 3 === 0) stale = plan(await loadFacts(store, "a", caches[1]));
    const [first] = bus.queue.keys();
    if (first && await work(store, bus.queue.get(first)!, pretence) === "done") bus.queue.delete(first);
  }
  await drive(store, pretence, { bus });
  assertEquals(outcomeOf(store), expected);
  assertEquals((await loadFacts(store, "a")).head?.version, 3);
});

Deno.test("a coordinator that lists versions while another publishes one does not move the head back", async () => {
  const store = memoryStore();
  const pretence = pretend();
  await learnerWith(store, ["one"]);
  await drive(store, pretence);
  await addFile(store, "two");
  const bus = memoryBus();
  const { promise: published, resolve } = Promise.withResolvers<void>();
  const slow = {
    ...store,
    async list(prefix: string) {
      const listed = await store.list(prefix);
      if (prefix === "learners/a/") {
        await drive(store, pretence);
        resolve();
      }
      return listed;
    },
    // Slower than the list, if both are read at once.
    async get(key: string) {
      if (key === headKey("a")) await waitAtMost(1_000, published);
      return await store.get(key);
    },
  };
  const stale = await loadFacts(slow, "a");
  assertEquals(stale.versions.length, 1);
  await applyPlan({ store, bus, learner: "a", plan: plan(stale) });
  assertEquals((await loadFacts(store, "a")).head?.version, 2);
});

Deno.test("job ids do not depend on learner names, file names or whether old datasets are kept", async () => {
  const expected = new Set(
    (await loadFacts(await reference(["one", "two", "three"]), "a")).versions.flatMap(({ jobs }) =>
      jobs.slice(1)
    ),
  );
  const store = memoryStore();
  await learnerWith(store, [], {}, "other");
  const pretence = pretend();
  for (const text of ["one", "two", "three"]) {
    await addFile(store, text, "other", `some other name of ${text}`);
    await drive(store, pretence, { name: "other" });
    for (const { key } of await store.list("datasets/")) await store.delete(key);
  }
  const facts = await loadFacts(store, "other");
  assertEquals(new Set(facts.versions.flatMap(({ jobs }) => jobs.slice(1))), expected);
  assertEquals(plan(facts).problems, []);
});

Deno.test("the learner's seed enters every job of a task", async () => {
  const store = await reference(["one"]);
  const facts = await loadFacts(store, "a");
  const other = { ...facts, learner: { ...facts.learner, seed: 8 }, versions: [] };
  const jobs = new Set(facts.versions[0]!.jobs);
  for (const { id } of currentGraph(other)!.jobs) assert(!jobs.has(id));
});

Deno.test("a lost shard is made again, and a lost dataset is a visible problem until its file comes again", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  const pretence = pretend();
  const bus = memoryBus();
  // Until the shards of task 1 are labelled and the trainers wait.
  const untilTraining = (ids: string[]) => ids.filter((id) => kindOf(store, id, 2) !== "train");
  for (let round = 0; round < 60; round++) {
    await applyPlan({ store, bus, learner: "a", plan: plan(await loadFacts(store, "a")) });
    for (const id of untilTraining([...bus.queue.keys()])) {
      if (await work(store, bus.queue.get(id)!, pretence) === "done") bus.queue.delete(id);
    }
  }
  const graph = currentGraph(await loadFacts(store, "a"))!;
  const label = graph.shards[1]!;
  const result = (await loadFacts(store, "a")).jobs.get(label)!.result!;
  await store.delete(artifactKey(result.outputs.shard!.artifact));
  const again = plan(await loadFacts(store, "a"));
  assertEquals(again.release, [resultKey("actions.label", label)]);
  assertEquals(again.submit.map(({ id }) => id), [label]);
  const { datasetHash } = (await loadFacts(store, "a")).tasks[1]!;
  await store.delete(datasetKey(datasetHash));
  const problems = plan(await loadFacts(store, "a")).problems;
  assertEquals(problems.length, 1);
  assert(problems[0]!.startsWith("Task 2 cannot go on: the dataset of task 2 is gone"));
  await addFile(store, "two");
  await drive(store, pretence, { bus });
  const facts = await loadFacts(store, "a");
  assertEquals(facts.head?.version, 2);
  assertEquals(pretence.runs.get(label), 2);
  assertEquals(facts.rejections.map(({ reason }) => reason), ["this dataset is already task 2"]);
});

function kindOf(store: World, id: string, task: number): string {
  const key = [...store.objects.keys()].find((each) => each.endsWith(`/${id}/job.json`))!;
  const fact = parseFact(jobFactSchema, store.objects.get(key)!.bytes, id);
  return fact.task === task ? fact.job.kind.split(".")[1]! : "";
}

Deno.test("a version says what it consists of, so that a result that is overwritten later changes nothing about it", async () => {
  const store = await reference(["one"]);
  const [version] = (await loadFacts(store, "a")).versions;
  assertEquals(version!.kinds!.length, version!.jobs.length);
  for (const model of ["stateGenerator", "behaviorGenerator", "critic"] as const) {
    const key = resultKey(makerOf("policy.evaluate", model), version![model]);
    const { outputs } = JSON.parse(new TextDecoder().decode(store.objects.get(key)!.bytes));
    assertEquals(version!.weights![model], outputs.weights.artifact);
  }
});

Deno.test("lost weights of a decided version are a problem in words, never behind its back", async () => {
  const store = await reference(["one"]);
  const [version] = (await loadFacts(store, "a")).versions;
  const key = resultKey("states.train", version!.stateGenerator);
  const { outputs } = JSON.parse(new TextDecoder().decode(store.objects.get(key)!.bytes));
  await store.delete(artifactKey(outputs.weights.artifact));
  await addFile(store, "two");
  await drive(store, pretend());
  const facts = await loadFacts(store, "a");
  assertEquals(taskState(facts, 2), "undecided");
  assert(plan(facts).problems.some((problem) => problem.includes("needs weights of version 1")));
});

Deno.test("a task whose job fails is stepped over, stays so under a later parent, and goes on after a retry", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  let broken = true;
  const pretence = pretend({
    fails: ({ kind, config }) =>
      broken && kind === "critic.train" && config.task === 2 ? "out of luck" : undefined,
  });
  await drive(store, pretence);
  let facts = await loadFacts(store, "a");
  assertEquals([1, 2, 3].map((task) => taskState(facts, task)), ["published", "failed", "published"]);
  assertEquals(validVersions(facts).at(-1)?.tasks, [1, 3]);
  assertEquals(facts.taskFailures.map(({ task, message }) => [task, message]), [[
    2,
    "train critic on task 2: out of luck",
  ]]);
  broken = false;
  const { retry } = await import("@cugro/learners");
  assertEquals(await retry({ store, name: "a", task: 2 }), "continued");
  await drive(store, pretence);
  facts = await loadFacts(store, "a");
  assertEquals(validVersions(facts).at(-1)?.tasks, [1, 3, 2]);
});

Deno.test("every plan repairs the head", async () => {
  const store = await reference(["one", "two"]);
  await store.put(headKey("a"), new TextEncoder().encode('{"schema":1,"version":1}'));
  await drive(store, pretend());
  assertEquals((await loadFacts(store, "a")).head?.version, 2);
  await store.delete(headKey("a"));
  await drive(store, pretend());
  assertEquals((await loadFacts(store, "a")).head?.version, 2);
});

Deno.test("events are announced until they are marked", async () => {
  const store = await reference(["one"]);
  await store.delete(`announced/${versionKey("a", 1)}`);
  const bus = memoryBus();
  await drive(store, pretend(), { bus });
  assertEquals(bus.events.map(({ id }) => id), [versionKey("a", 1)]);
});

Deno.test("shards are released once their task is decided, and kept where replay comes from the first", async () => {
  for (const [replaySource, kept] of [["latest", 0], ["first", 12]] as const) {
    const store = await reference(["one", "two", "three"], { replaySource });
    const facts = await loadFacts(store, "a");
    const results = facts.versions.flatMap(({ jobs, kinds }) =>
      jobs.map((id, i) => resultKey(kinds![i]!, id))
    );
    const shards = results.filter((key) => store.objects.has(key))
      .flatMap((key) => {
        const { kind, outputs } = JSON.parse(new TextDecoder().decode(store.objects.get(key)!.bytes));
        return ["states.sample", "actions.label"].includes(kind) ? [outputs.shard.artifact] : [];
      });
    assertEquals(shards.filter((artifact) => store.objects.has(artifactKey(artifact))).length, kept);
  }
});

Deno.test("at most 64 jobs of a learner wait at once", async () => {
  const store = memoryStore();
  await learnerWith(store, Array.from({ length: 70 }, (_, n) => `file ${n}`));
  assertEquals(plan(await loadFacts(store, "a")).submit.length, 64);
});
