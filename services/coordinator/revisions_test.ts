import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  artifactKey,
  datasetKey,
  type Job,
  jobFactSchema,
  jobId,
  parseFact,
  revisionKey,
} from "@cugro/protocol";
import { getJob } from "@cugro/store";
import {
  cancel,
  createCache,
  currentGraph,
  dataOfVersion,
  exportLearner,
  importLearner,
  learnerEvents,
  type LearnerFacts,
  learnerStatus,
  loadFacts,
  retry,
  rollback,
  taskState,
  validVersions,
} from "@cugro/learners";
import { applyPlan } from "./apply.ts";
import { collectGarbage } from "./garbage.ts";
import { isIdle, plan } from "./plan.ts";
import { memoryBus, memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, type Pretence, pretend, work } from "../../tests/fakes/world.ts";

type World = ReturnType<typeof memoryStore>;

/** `name: a b c` has the episodes a, b and c; `name@2: ...` says that its goal is 2. */
const distinctScores = (more: Partial<Pretence> = {}) =>
  pretend({
    episodes: (text) => text.split(": ")[1]!.split(" "),
    goal: (text) => Number(/@(\d)/.exec(text)?.[1] ?? 1),
    ...more,
  });
const WEEK1 = "jump: a b c d";
const WEEK2 = "jump: a b c d e f g";
const WEEK3 = "jump: a b c d e f g h i";
const OTHER = "run: m n o p q";

const add = (store: World, text: string, asNewTask = false) =>
  addFile(store, text, "a", `${text.split(/[@:]/)[0]}.hdf5`, asNewTask ? { asNewTask } : {});

async function learnt(files: string[], pretence = distinctScores(), overrides = {}): Promise<World> {
  const store = memoryStore();
  await learnerWith(store, [], overrides);
  for (const file of files) {
    await add(store, file);
    await drive(store, pretence);
  }
  return store;
}

const lineOf = ({ versions }: LearnerFacts) =>
  versions.map(({ version, task, revision = 0, parent, tasks, decision }) =>
    [version, task, revision, parent, tasks.join(" "), decision].join(", ")
  );

async function jobsOf(store: World, facts: LearnerFacts, version: number): Promise<Job[]> {
  const { jobs, kinds } = facts.versions.find((fact) => fact.version === version)!;
  const found = await Promise.all(jobs.map((id, at) => getJob(store, kinds![at]!, id)));
  return found.map((one) => parseFact(jobFactSchema, one!.bytes, one!.key).job);
}

Deno.test("plan() makes a revision of a file that holds a task, and learns it on the whole in the task's place", async () => {
  const pretence = distinctScores();
  const store = await learnt([WEEK1, OTHER, WEEK2], pretence);
  const facts = await loadFacts(store, "a");
  assertEquals(lineOf(facts), [
    "1, 1, 0, , 1, published",
    "2, 2, 0, 1, 1 2, published",
    "3, 1, 1, 2, 1 2, published",
  ]);
  assertEquals([facts.head?.version, facts.tasks.length, facts.rejections], [3, 2, []]);
  const [revision] = facts.revisions;
  assertEquals([revision!.task, revision!.revision, revision!.arrival, revision!.attempt], [1, 1, 3, 2]);
  assertEquals([revision!.known, revision!.added, revision!.gone, revision!.leading], [
    { episodes: 4, rows: 40 },
    { episodes: 3, rows: 30 },
    { episodes: 0, rows: 0 },
    true,
  ]);
  assertEquals(isIdle(plan(facts)), true);

  const jobs = await jobsOf(store, facts, 3);
  const replayed = jobs.filter(({ kind }) => ["states.sample", "actions.label"].includes(kind));
  assertEquals([...new Set(replayed.map(({ config }) => config.task))], [2], "task 1 is not replayed");
  const training = jobs.find(({ kind }) => kind === "critic.train")!;
  assertEquals([training.config.task, training.config.oldTasks], [1, 1]);
  assertEquals(training.inputs.dataset, { dataset: revision!.datasetHash });
  assertEquals(training.inputs["normaliser/1"], { artifact: revision!.normaliser });
  assertEquals(training.inputs.parent, { job: facts.versions[1]!.critic, output: "weights" });
  const evaluated = jobs.filter(({ kind }) => kind === "policy.evaluate");
  assertEquals(evaluated.map(({ config, inputs }) => [config.task, inputs.dataset !== undefined]), [
    [2, false],
    [1, true],
  ]);
  assertEquals(jobs.slice(0, 2).map(({ kind }) => kind), ["dataset.import", "dataset.measure"]);
  assertEquals(Math.max(...pretence.runs.values()), 1);
  // What served before knows the task as it was.
  const known = facts.versions.map((version) => dataOfVersion(facts, version).get(1)!.normaliser);
  assertEquals(known, [facts.tasks[0]!.normaliser, facts.tasks[0]!.normaliser, revision!.normaliser]);
});

Deno.test("a revision is announced: its event, and its line in status", async () => {
  const store = await learnt([WEEK1]);
  await add(store, WEEK2);
  const bus = memoryBus();
  await drive(store, distinctScores(), { bus });
  const event = bus.events.find(({ type }) => type === "cugro.task.revised")!;
  assertEquals([event.id, event.subject], [revisionKey("a", 1, 1), "a"]);
  assertEquals(
    event.data.message,
    "the first 40 rows of this file are task 1's, and 30 are new: it becomes revision 1 of task 1; " +
      "--as-new-task (asNewTask) makes it a task of its own",
  );
  const { tasks, versions, revisions, resultsMatrix } = await learnerStatus(store, "a");
  assertEquals(tasks.map(({ task, revision, size, state }) => [task, revision, size, state]), [
    [1, 1, 70, "published"],
  ]);
  assertEquals([versions.map(({ revision }) => revision), revisions.length], [[0, 1], 1]);
  assertEquals(resultsMatrix.map((row) => row.length), [1, 1]);
});

Deno.test("the revision of a task that is alone is learnt without any replay", async () => {
  const store = await learnt([WEEK1, WEEK2]);
  const facts = await loadFacts(store, "a");
  assertEquals(lineOf(facts), ["1, 1, 0, , 1, published", "2, 1, 1, 1, 1, published"]);
  const kinds = (await jobsOf(store, facts, 2)).map(({ kind }) => kind);
  assertEquals(kinds, [
    ...["dataset.import", "dataset.measure", "states.train", "behavior.train", "critic.train"],
    "policy.evaluate",
  ]);
  await add(store, OTHER);
  await drive(store, distinctScores());
  const after = await loadFacts(store, "a");
  assertEquals(lineOf(after).at(-1), "3, 2, 0, 2, 1 2, published");
  const sampled = (await jobsOf(store, after, 3)).find(({ kind }) => kind === "states.sample")!;
  assertEquals(sampled.inputs.normaliser, { artifact: facts.revisions[0]!.normaliser });
});

Deno.test("a file becomes a task of its own where that is asked for, and what is no growth is named", async () => {
  const store = await learnt([WEEK1]);
  await add(store, WEEK2, true);
  await drive(store, distinctScores());
  assertEquals(lineOf(await loadFacts(store, "a")).at(-1), "2, 2, 0, 1, 1 2, published");
  const cases: [string, RegExp][] = [
    [
      "again: a b c",
      /^30 of its 30 rows are among the 40 of task 1: it is a part of that dataset .*--as-new-task/,
    ],
    ["again: d c b a", /^this dataset is already task 1: it has the same episodes in another order$/],
    [
      "again@2: a b c d x",
      /^the first 40 rows of this file are task 1's, and 10 are new, but its goal is 2 where task 1's is 1: .*--as-new-task/,
    ],
  ];
  for (const [text, words] of cases) {
    await add(store, text);
    await drive(store, distinctScores());
    const { rejections, tasks } = await loadFacts(store, "a");
    assertMatch(rejections.at(-1)!.reason, words);
    assertEquals([rejections.at(-1)!.besideTask, tasks.length], [1, 2]);
  }
  await add(store, "again: a b c", true);
  await add(store, "half: a b x y z");
  await drive(store, distinctScores());
  const { tasks } = await loadFacts(store, "a");
  assertEquals(tasks.slice(2).map(({ notices = [] }) => notices.map(({ code }) => code)), [
    [],
    ["rows-shared-with-task", "rows-shared-with-task", "rows-shared-with-task"],
  ]);
});

Deno.test("one episode, or one in twenty, may be missing of a dataset that has grown", async () => {
  const store = await learnt([WEEK1]);
  await add(store, "jump: e f a b c g");
  await drive(store, distinctScores());
  const facts = await loadFacts(store, "a");
  const [{ known, added, gone, leading }] = facts.revisions as [LearnerFacts["revisions"][number]];
  assertEquals([known.episodes, added.episodes, gone.episodes, leading], [3, 3, 1, false]);
  const { data } = learnerEvents(facts).find(({ type }) => type === "cugro.task.revised")!;
  assertStringIncludes(
    String(data.message),
    "30 of the 60 rows of this file are task 1's, and 30 are new (one episode of task 1, 10 rows, is not in it)",
  );
});

Deno.test("a task that was imported without hashes is measured if its dataset is there, else a notice says why", async () => {
  for (const isThere of [true, false]) {
    const store = await learnt([WEEK1], pretend());
    const { tasks: [old] } = await loadFacts(store, "a");
    assertEquals(old!.episodeHashes, undefined);
    if (!isThere) await store.delete(datasetKey(old!.datasetHash));
    // What has more rows than a task of 100 may hold it.
    const episodes = (text: string) => text === WEEK1 ? ["a", "b"] : ["a", "b", ..."cdefghijklmnop"];
    await add(store, WEEK2);
    const pretence = distinctScores({ episodes });
    await drive(store, pretence);
    const facts = await loadFacts(store, "a");
    assertEquals([facts.tasks.length, facts.revisions.length], isThere ? [1, 1] : [2, 0]);
    const [notice] = facts.tasks[1]?.notices ?? [];
    assertEquals(notice?.code, isThere ? undefined : "task-not-compared");
    if (notice) assertMatch(notice.message, /cannot be determined: .* its dataset is gone/);
    assertEquals(Math.max(...pretence.runs.values()), 1);
  }
});

Deno.test("revisions come to the same facts whatever crashes, and with two coordinators at once", async () => {
  const outcomeOf = ({ objects }: World) =>
    Object.fromEntries(
      [...objects].filter(([key]) => /^learners\/.*\/(tasks|versions)\//.test(key))
        .map(([key, { bytes }]) => [key, new TextDecoder().decode(bytes)]).sort(),
    );
  const files = [WEEK1, OTHER, WEEK2, WEEK3];
  const expected = memoryStore();
  await learnerWith(expected, []);
  for (const file of files) await add(expected, file);
  await drive(expected, distinctScores());
  assertEquals(lineOf(await loadFacts(expected, "a")), [
    ...["1, 1, 0, , 1, published", "2, 2, 0, 1, 1 2, published", "3, 1, 1, 2, 1 2, published"],
    "4, 1, 2, 3, 1 2, published",
  ]);
  let crashes = 0;
  for (let run = 0; run < 6; run++) {
    let writes = run;
    let armed = false;
    const store = memoryStore(() => {
      if (armed && ++writes % 13 === 0) throw new Error("crash");
    });
    await learnerWith(store, []);
    for (const file of files) await add(store, file);
    armed = true;
    for (let done = false; !done;) {
      try {
        await drive(store, distinctScores());
        done = true;
      } catch (error) {
        if ((error as Error).message !== "crash") throw error;
        crashes++;
      }
    }
    assertEquals(outcomeOf(store), outcomeOf(expected));
  }
  assert(crashes > 12);

  const store = memoryStore();
  await learnerWith(store, []);
  for (const file of files) await add(store, file);
  // The same file noticed twice is one arrival.
  assertEquals((await add(store, WEEK3)).added, false);
  const [bus, pretence, caches] = [memoryBus(), distinctScores(), [createCache(), createCache()]];
  let stale = plan(await loadFacts(store, "a", caches[1]));
  for (let round = 0; round < 150; round++) {
    const fresh = plan(await loadFacts(store, "a", caches[0]));
    await applyPlan({ store, bus, learner: "a", plan: fresh, cache: caches[0]! });
    await applyPlan({ store, bus, learner: "a", plan: stale, cache: caches[1]! });
    if (round % 3 === 0) stale = plan(await loadFacts(store, "a", caches[1]));
    const [first] = bus.queue.keys();
    if (first && await work(store, bus.queue.get(first)!, pretence) === "done") bus.queue.delete(first);
  }
  await drive(store, pretence, { bus });
  assertEquals(outcomeOf(store), outcomeOf(expected));
});

Deno.test("a revision waits until its task was learnt as it was, and cancelling takes both", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  await add(store, WEEK1);
  await add(store, WEEK2);
  const [bus, pretence] = [memoryBus(), distinctScores()];
  const round = async () => {
    await applyPlan({ store, bus, learner: "a", plan: plan(await loadFacts(store, "a")) });
    for (const [id, message] of bus.queue) {
      if (message.kind.startsWith("dataset.") && await work(store, message, pretence) === "done") {
        bus.queue.delete(id);
      }
    }
  };
  for (let n = 0; n < 8; n++) await round();
  const facts = await loadFacts(store, "a");
  const graph = currentGraph(facts)!;
  assertEquals([facts.revisions.length, graph.task, graph.revision, graph.attempt], [1, 1, 0, 1]);
  // A dataset that is lost before it is learnt comes back with its file.
  const key = datasetKey(facts.revisions[0]!.datasetHash);
  await store.delete(key);
  assertEquals((await add(store, WEEK2)).added, true);
  for (let n = 0; n < 4; n++) await round();
  const { rejections, tasks } = await loadFacts(store, "a");
  assertEquals([rejections.map(({ reason }) => reason), tasks.length], [
    ["this dataset is already task 1, revision 1"],
    1,
  ]);
  assert(await store.head(key));
  await cancel({ store, name: "a", task: 1 });
  const after = await loadFacts(store, "a");
  assertEquals([taskState(after, 1), currentGraph(after), [...after.cancelled].sort()], [
    "cancelled",
    undefined,
    ["1/1", "1/2"],
  ]);
  await retry({ store, name: "a", task: 1 });
  await drive(store, pretence, { bus });
  assertEquals(lineOf(await loadFacts(store, "a")), ["1, 1, 1, , 1, published"]);
});

Deno.test("a revision whose task falls is parked; withdrawn ones leave the task as it was, and its next file is compared with that", async () => {
  const bad = distinctScores({
    returns: (task, newTask) =>
      task === 1 && newTask === 1 ? [90, 100, 110, 95, 105, 100] : [95, 100, 105, 98, 102, 100],
  });
  const store = await learnt([WEEK1, OTHER], bad, { maxForgetting: 10 });
  await add(store, WEEK2);
  await drive(
    store,
    distinctScores({
      returns: (task) => task === 1 ? [50, 60, 70, 55, 65, 60] : [95, 100, 105, 98, 102, 100],
    }),
  );
  const parked = await loadFacts(store, "a");
  assertEquals([lineOf(parked).at(-1), parked.head?.version], ["3, 1, 1, 2, 1 2, parked", 2]);
  assertMatch(parked.versions[2]!.reasons.join(), /^task 1 fell from/);
  assertEquals(taskState(parked, 1), "parked");
  await retry({ store, name: "a", task: 1 });
  await drive(store, bad);
  assertEquals(lineOf(await loadFacts(store, "a")).at(-1), "4, 1, 1, 2, 1 2, published");

  await rollback({ store, name: "a", version: 2 });
  await add(store, WEEK3);
  await drive(store, bad);
  const facts = await loadFacts(store, "a");
  assertEquals(lineOf(facts).at(-1), "5, 1, 2, 2, 1 2, published");
  assertEquals(facts.revisions[1]!.known, { episodes: 4, rows: 40 });
  assertEquals(validVersions(facts).map(({ version }) => version), [1, 2, 5]);
});

Deno.test("garbage collection and copies keep what a revision needs", async () => {
  const pretence = distinctScores();
  const store = await learnt([WEEK1, OTHER, WEEK2], pretence);
  await collectGarbage({ store, now: store.clock.now + 25 * 3_600_000 });
  const { revisions: [revision], tasks } = await loadFacts(store, "a");
  assertEquals(await store.head(datasetKey(revision!.datasetHash)), undefined);
  for (const key of [revision!.normaliser, revision!.sketch, revision!.episodeHashes, tasks[0]!.normaliser]) {
    assert(await store.head(artifactKey(key)));
  }
  const copy = memoryStore();
  await exportLearner({ store, name: "a", to: copy });
  const other = memoryStore();
  await importLearner({ store: other, name: "a", from: copy });
  await add(other, WEEK3);
  await drive(other, pretence);
  const facts = await loadFacts(other, "a");
  assertEquals(lineOf(facts).at(-1), "4, 1, 2, 3, 1 2, published");
  assertEquals(facts.revisions[1]!.known.episodes, 7);
  const ids = new Set(
    (await Promise.all([1, 2, 3, 4].map((version) => jobsOf(other, facts, version)))).flat().map(jobId),
  );
  assertEquals(ids.size, facts.versions.flatMap(({ jobs }) => jobs).length);
});
