import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { artifactKey } from "@cugro/protocol";
import { relabel } from "../acts/relabel.ts";
import { remeasurements } from "./remeasure.ts";
import { promote, retry } from "../acts/verdicts.ts";
import { loadFacts } from "../reading/load.ts";
import { learnerStatus } from "../reading/learner_status.ts";
import { learnerProblems } from "../../problems/learner_problems.ts";
import { collectGarbage } from "../../../services/coordinator/garbage.ts";
import { isIdle, plan } from "../../../services/coordinator/plan.ts";
import { makeOld } from "../../../tests/fakes/old_layout.ts";
import { memoryStore } from "../../../tests/fakes/memory_store.ts";
import {
  addFile,
  drive,
  driveUntil,
  learnerWith,
  type Pretence,
  pretend,
} from "../../../tests/fakes/world.ts";

const name = "a";
type World = ReturnType<typeof memoryStore>;

/** With goal 1 everything scores some 50, with goal 2 some 80. */
const byGoal = (options: Partial<Pretence> = {}) =>
  pretend({
    returns: (_task, _newTask, goal) => goal === 2 ? [78, 79, 80, 81, 82] : [48, 49, 50, 51, 52],
    ...options,
  });

async function learnt(files: string[], pretence = byGoal(), overrides = {}): Promise<World> {
  const store = memoryStore();
  await learnerWith(store, files, overrides);
  await drive(store, pretence);
  return store;
}

const label = (store: World, task: number, set: Record<string, unknown>) =>
  relabel({ store, name, task, set, by: "test", reason: "the file was wrong" });

async function matrix(store: World) {
  return (await learnerStatus(store, name)).resultsMatrix.map((row) =>
    row.map((value) => value && Math.round(value))
  );
}

Deno.test("a goal put right runs the episodes of its column again in every valid version, and nothing else", async () => {
  const pretence = byGoal();
  const store = await learnt(["one", "two", "three"], pretence);
  const before = new Map(pretence.runs);
  assertEquals(await matrix(store), [[50, null, null], [50, 50, null], [50, 50, 50]]);
  const decided = (await loadFacts(store, name)).versions;

  const { again } = await label(store, 1, { goal: 2 });
  assertEquals(again.map(({ version, state }) => [version, state]), [[1, "open"], [2, "open"], [3, "open"]]);
  assertEquals(
    await matrix(store),
    [[null, null, null], [null, 50, null], [null, 50, 50]],
    "still to be measured",
  );
  await drive(store, pretence);
  assertEquals(await matrix(store), [[80, null, null], [80, 50, null], [80, 50, 50]]);
  const added = [...pretence.runs.keys()].filter((id) => !before.has(id));
  assertEquals(added.sort(), again.map(({ job }) => job).sort());
  for (const [id, runs] of before) assertEquals(pretence.runs.get(id), runs);
  const facts = await loadFacts(store, name);
  assertEquals([facts.versions, facts.head?.version], [decided, 3], "what was decided stays");
  assert(isIdle(plan(facts)));

  // The way back needs no job at all: those cells were measured with goal 1.
  assertEquals((await label(store, 1, { goal: 1 })).again, []);
  await drive(store, pretence);
  assertEquals(await matrix(store), [[50, null, null], [50, 50, null], [50, 50, 50]]);
  assertEquals((await label(store, 1, { goal: 2 })).again.map(({ state }) => state), [
    "done",
    "done",
    "done",
  ]);
});

Deno.test("other anchors give the same episodes other scores; a name changes nothing that is measured", async () => {
  const pretence = byGoal();
  const store = await learnt(["one", "two"], pretence);
  const runs = pretence.runs.size;
  assertEquals((await label(store, 1, { return_final_policy: 50 })).again, []);
  assertEquals((await label(store, 2, { name: "walk to the right" })).again, []);
  await drive(store, pretence);
  assertEquals(pretence.runs.size, runs);
  const status = await learnerStatus(store, name);
  assertEquals(await matrix(store), [[100, null], [100, 50]]);
  assertEquals(status.versions.map(({ row }) => row.map(({ after }) => after)), [["rescaled"], [
    "rescaled",
    undefined,
  ]]);
  assertEquals(status.tasks.map((task) => task.name), ["one", "walk to the right"]);
});

Deno.test("what random actions earn is measured with the new goal, once a column, and scores 0", async () => {
  const store = await learnt(["one", "two"]);
  await label(store, 1, { goal: 2 });
  await drive(store, byGoal({ random: 60 }));
  // (80 - 60) / (100 - 60)
  assertEquals(await matrix(store), [[50, null], [50, 50]]);
  const [first, second] = (await learnerStatus(store, name)).tasks;
  assertEquals([first!.anchors.random, second!.anchors.random], [60, 0]);
  const asking = (await loadFacts(store, name)).jobs;
  assertEquals([...asking.values()].filter(({ result }) => result?.metrics.randomReturn === 60).length, 1);
  // A version that comes later is scored likewise, and says by which label.
  await addFile(store, "three");
  await drive(store, byGoal({ random: 60 }));
  assertEquals((await matrix(store))[2], [50, 50, 50]);
  const [cell, other] = (await loadFacts(store, name)).versions[2]!.row;
  assertEquals([cell!.label, cell!.anchors?.random, other!.label], [1, 60, undefined]);
});

Deno.test("a decision waits for what it is compared with; it is that of a learner whose label was right at once", async () => {
  // With goal 2 task 1 is forgotten by the version that learns task 2; with goal 1 it does not show.
  const returns = (task: number, newTask: number, goal: number) =>
    task === 1 && goal === 2
      ? newTask === 1 ? [89, 90, 91, 92, 93] : [9, 10, 11, 12, 13]
      : [60, 60, 60, 60, 60];
  const store = await learnt(["one"], pretend({ returns }));
  await label(store, 1, { goal: 2 });
  await addFile(store, "two");
  await drive(store, pretend({ returns }), { choose: (ids) => ids.slice(-1) });
  const late = (await loadFacts(store, name)).versions[1]!;
  const right = (await loadFacts(await learnt(["one@2", "two"], pretend({ returns })), name)).versions[1]!;
  assertEquals([late.decision, late.reasons], [right.decision, right.reasons]);
  assertEquals(late.decision, "parked");
});

Deno.test("a decision that would be another one is not taken back, and is reported", async () => {
  const returns = (task: number, newTask: number, goal: number) =>
    task === 1 && newTask === 2 && goal === 2 ? [9, 10, 11, 12, 13] : [89, 90, 91, 92, 93];
  const store = await learnt(["one", "two"], pretend({ returns }));
  await label(store, 1, { goal: 2 });
  await drive(store, pretend({ returns }));
  const { remarks, head, versions } = await learnerStatus(store, name);
  assertEquals([head, versions[1]!.state], [2, "published"]);
  assertStringIncludes(
    remarks[0]!,
    "goal 1 -> 2 (the file was wrong). Its episodes were run again in versions 1, 2",
  );
  assertStringIncludes(
    remarks[1]!,
    "Version 2 was published, and stays so; with the labels that stand it would be parked",
  );
  assertStringIncludes(remarks[1]!, "cugro rollback 1 --learner a");
});

Deno.test("a parked version that may still be let through is measured again, too", async () => {
  const returns = (task: number, newTask: number, goal: number) =>
    task === 1 && newTask === 2 && goal === 1 ? [9, 10, 11, 12, 13] : [89, 90, 91, 92, 93];
  const store = await learnt(["one", "two"], pretend({ returns }));
  await label(store, 1, { goal: 2 });
  await drive(store, pretend({ returns }));
  const { remarks } = await learnerStatus(store, name);
  assertStringIncludes(
    remarks[1]!,
    "Version 2 was parked, and stays so; with the labels that stand it would be published",
  );
  await promote({ store, name, version: 2 });
  await drive(store, pretend({ returns }));
  assertEquals(await matrix(store), [[91, null], [91, 91]]);
});

Deno.test("a task that is labelled before it is learnt is evaluated so; no training is another one", async () => {
  const plain = byGoal(), labelled = byGoal();
  await learnt(["one"], plain);
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  await driveUntil(store, labelled, () => labelled.runs.size === 1);
  assertEquals((await loadFacts(store, name)).versions, []);
  const { said } = await label(store, 1, { goal: 2 });
  assertStringIncludes(said, "No version knows the task yet");
  await drive(store, labelled);
  assertEquals(await matrix(store), [[80]]);
  assertEquals(
    [...labelled.runs.keys()].filter((id) => !plain.runs.has(id)).length,
    1,
    "the evaluation alone",
  );
});

Deno.test("weights that are gone leave a cell without a score, and a word; a failed run is a problem until it is retried", async () => {
  const store = await learnt(["one", "two"]);
  const [first, second] = (await loadFacts(store, name)).versions;
  await store.delete(artifactKey(first!.weights!.critic));
  const fails = byGoal({
    fails: ({ kind, config }) => kind === "policy.evaluate" && config.episodesOnly ? "no engine" : undefined,
  });
  await label(store, 1, { goal: 2 });
  await drive(store, fails);
  const facts = await loadFacts(store, name);
  const { versions, remarks } = await learnerStatus(store, name);
  assertEquals(versions.map(({ row }) => row[0]!.after), ["lost", "failed"]);
  assertStringIncludes(remarks[0]!, "cannot be run again in version 1, whose weights are gone");
  const [problem] = learnerProblems(facts);
  assertEquals([problem!.code, problem!.subject], ["label.failed", {
    learner: "a",
    task: 1,
    version: second!.version,
  }]);
  assertEquals(await retry({ store, name, task: 1 }), "continued");
  await drive(store, byGoal());
  assertEquals(await matrix(store), [[null, null], [80, 50]]);
  assertEquals(learnerProblems(await loadFacts(store, name)), []);
});

Deno.test("versions up to 0.2, which name their weights by jobs alone, are measured again as well", async () => {
  const store = await learnt(["one", "two"]);
  await makeOld(store);
  await label(store, 1, { goal: 2 });
  await drive(store, byGoal());
  assertEquals(await matrix(store), [[80, null], [80, 50]]);
});

Deno.test("a task that has grown is measured again in each version as that has learnt it", async () => {
  const pretence = byGoal({ episodes: (text) => text.split(": ")[1]!.split(" "), goal: () => 1 });
  const store = memoryStore();
  await learnerWith(store, []);
  for (const text of ["jump: a b c d", "run: m n o", "jump: a b c d e f g"]) {
    await addFile(store, text, name, `${text.split(":")[0]}.hdf5`);
    await drive(store, pretence);
  }
  const before = await loadFacts(store, name);
  assertEquals(before.versions.map(({ task, revision = 0 }) => [task, revision]), [[1, 0], [2, 0], [1, 1]]);
  const runs = new Set(pretence.runs.keys());
  await label(store, 1, { goal: 2 });
  await drive(store, pretence);
  assertEquals(await matrix(store), [[80, null], [80, 50], [80, 50]]);
  const again = remeasurements(await loadFacts(store, name));
  assertEquals(
    [...pretence.runs.keys()].filter((id) => !runs.has(id)).sort(),
    again.map(({ id }) => id).sort(),
  );
  const normalisers = again.map(({ job }) => job.inputs.normaliser);
  const whole = before.revisions[0]!.normaliser;
  const accepted = before.tasks[0]!.normaliser;
  assertEquals(normalisers, [accepted, accepted, whole].map((artifact) => ({ artifact })));
});

Deno.test("garbage collection keeps what a label has measured, and takes what an older one had", async () => {
  const store = await learnt(["one"]);
  const ids = [];
  for (const goal of [2, 3]) {
    ids.push((await label(store, 1, { goal })).again[0]!.job);
    await drive(store, byGoal());
  }
  await collectGarbage({ store, graceHours: 0, now: Date.now() + 1_000 });
  const there = await Promise.all(
    ids.map(async (id) => (await store.list("jobs/")).some(({ key }) => key.includes(id))),
  );
  assertEquals(there, [false, true]);
  assertEquals(await matrix(store), [[50]], "with goal 3 as with goal 1");
});
