import { assert, assertEquals, assertRejects } from "@std/assert";
import { presets } from "@cugro/algorithm/arrays";
import { configKey, encodeFact, learnerKey, versionKey } from "@cugro/protocol";
import { taskState, validVersions } from "../facts/learner_facts.ts";
import { knobsOfTask } from "../facts/knobs_of_facts.ts";
import { deleteLearner } from "./delete_learner.ts";
import { createLearner, listLearners } from "./create_learner.ts";
import { configDifferences, reviseConfig } from "./revise_config.ts";
import { loadFacts } from "../reading/load.ts";
import { isIdle, plan } from "../../../services/coordinator/plan.ts";
import { memoryStore } from "../../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, type Pretence, pretend } from "../../../tests/fakes/world.ts";
import { cancel, promote, retry, rollback } from "./verdicts.ts";

const name = "a";

/** Task 2 makes the policy forget task 1, so that its version is parked; later tasks do not. */
function forgetful(): Pretence {
  return pretend({
    returns: (task, newTask) => task === 1 && newTask === 2 ? [9, 10, 11, 12, 13] : [94, 95, 96, 97, 98],
  });
}

async function states(store: ReturnType<typeof memoryStore>) {
  const facts = await loadFacts(store, name);
  return {
    tasks: facts.tasks.map(({ task }) => taskState(facts, task)),
    valid: validVersions(facts).map(({ version }) => version),
    head: facts.head?.version ?? null,
  };
}

Deno.test("a parked task is stepped over: its successors share its parent and know nothing of it", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  await drive(store, forgetful());
  assertEquals(await states(store), { tasks: ["published", "parked", "published"], valid: [1, 3], head: 3 });
  const [, parked, third] = (await loadFacts(store, name)).versions;
  assertEquals([parked!.parent, third!.parent, third!.tasks], [1, 1, [1, 3]]);
  assertEquals(third!.row.map(({ task }) => task), [1, 3]);
  assert(parked!.reasons[0]!.startsWith("task 1 fell from 96.0 to 11.0"));
});

Deno.test("promote() lets a parked version through while its parent is the newest valid one", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  await drive(store, forgetful());
  assertEquals((await states(store)).head, 1);
  await promote({ store, name, version: 2 });
  await drive(store, forgetful());
  assertEquals(await states(store), { tasks: ["published", "published"], valid: [1, 2], head: 2 });
  await assertRejects(() => promote({ store, name, version: 2 }), RangeError, "is published already");
  await addFile(store, "three");
  await drive(store, forgetful());
  assertEquals((await loadFacts(store, name)).versions[2]!.tasks, [1, 2, 3]);
});

Deno.test("promote() of a version that was passed by says to retry its task", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  await drive(store, forgetful());
  await assertRejects(() => promote({ store, name, version: 2 }), RangeError, "retry task 2 instead");
  await assertRejects(() => promote({ store, name, version: 9 }), RangeError, "There is no version 9");
});

Deno.test("rollback() withdraws every later version; so are their tasks, and new ones continue from there", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  await drive(store, pretend());
  assertEquals(await rollback({ store, name, version: 1 }), [2, 3]);
  await drive(store, pretend());
  assertEquals(await states(store), { tasks: ["published", "withdrawn", "withdrawn"], valid: [1], head: 1 });
  await assertRejects(() => rollback({ store, name, version: 3 }), RangeError, "not valid");
  await addFile(store, "four");
  await drive(store, pretend());
  const last = (await loadFacts(store, name)).versions.at(-1)!;
  assertEquals([last.version, last.parent, last.tasks], [4, 1, [1, 4]]);
});

Deno.test("rollback() that was cut off after its first fact has done it all", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  await drive(store, pretend());
  await rollback({ store, name, version: 1 });
  await store.delete(versionKey(name, 3).replace(".json", "/withdrawn.json"));
  assertEquals((await states(store)).valid, [1]);
});

Deno.test("retry() trains a parked task again, with another seed, on the newest valid version", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two", "three"]);
  await drive(store, forgetful());
  const before = (await loadFacts(store, name)).versions[1]!;
  assertEquals(await retry({ store, name, task: 2, overrides: { criticSteps: "47" } }), "new attempt");
  assertEquals(knobsOfTask(await loadFacts(store, name), 2).criticSteps, 47);
  await drive(store, pretend());
  const facts = await loadFacts(store, name);
  const after = facts.versions.at(-1)!;
  assertEquals([after.version, after.task, after.attempt, after.parent, after.tasks], [4, 2, 2, 3, [
    1,
    3,
    2,
  ]]);
  assertEquals(after.jobs.slice(1).filter((id) => before.jobs.includes(id)), []);
  await assertRejects(() => retry({ store, name, task: 2 }), RangeError, "is part of version 4");
});

Deno.test("retry() refuses knobs that task 1 has fixed, and unknown ones", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  await drive(store, forgetful());
  await assertRejects(
    () => retry({ store, name, task: 2, overrides: { denoiserWidth: 64 } }),
    RangeError,
    "Task 1 has fixed",
  );
  await assertRejects(() => retry({ store, name, task: 2, overrides: { depth: 1 } }), RangeError, "depth");
  await assertRejects(() => retry({ store, name, task: 3 }), RangeError, "There is no task 3");
});

Deno.test("cancel() steps over a task, and retry() brings it back", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  await drive(
    store,
    pretend({ fails: ({ kind, config }) => kind === "states.train" && config.task === 2 ? "no" : undefined }),
  );
  await cancel({ store, name, task: 2 });
  await drive(store, pretend());
  assertEquals((await states(store)).tasks, ["published", "cancelled"]);
  await assertRejects(() => cancel({ store, name, task: 2 }), RangeError, "is cancelled");
  await retry({ store, name, task: 2 });
  await drive(store, pretend());
  assertEquals((await states(store)).tasks, ["published", "published"]);
});

Deno.test("reviseConfig() holds for tasks that have not been started, and may not touch what task 1 has fixed", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  const untilTask1 = pretend();
  await drive(store, untilTask1);
  await addFile(store, "three");
  const revision = await reviseConfig({ store, name, overrides: { criticSteps: "49" } });
  assertEquals([revision.revision, revision.fromTask], [2, 3]);
  await drive(store, pretend());
  const facts = await loadFacts(store, name);
  assertEquals([2, 3].map((task) => knobsOfTask(facts, task).criticSteps), [presets.smoke.criticSteps, 49]);
  await assertRejects(
    () => reviseConfig({ store, name, overrides: { criticWidth: 64 } }),
    RangeError,
    "criticWidth (32, asked for 64)",
  );
});

Deno.test("what was stored when knobs could be turned in vain is read as it is; only what is turned now is checked", async () => {
  const store = memoryStore();
  const old = { ...presets.smoke, behaviorSteps: 6_000, expectile: 0.9 };
  const config = { schema: 1, revision: 1, fromTask: 1, preset: "smoke", knobs: old };
  await store.put(
    configKey("old", 1),
    encodeFact({ ...config, learner: { seed: 7, created: "2026-01-01T00:00:00Z" } }),
  );
  await store.put(
    learnerKey("old"),
    encodeFact({ schema: 1, name: "old", seed: 7, created: "2026-01-01T00:00:00Z" }),
  );
  const facts = await loadFacts(store, "old");
  const asked = { seed: 7, preset: "smoke" as const, overrides: { behaviorSteps: "6000", expectile: "0.9" } };
  assertEquals(configDifferences(facts, asked), [], "the command that made it goes on");
  assertEquals(
    (await reviseConfig({ store, name: "old", overrides: { maxReplayDistance: "5" } })).revision,
    2,
  );
  const revise = (overrides: Record<string, string>) => reviseConfig({ store, name: "old", overrides });
  await assertRejects(() => revise({ behaviorSteps: "5000" }), RangeError, "maxGeneratorSteps is 60");
  await assertRejects(() => revise({ expectile: "0.8" }), RangeError, "criticTarget is mc");
  assertEquals((await revise({ behaviorSteps: "60" })).knobs.expectile, 0.9);
});

Deno.test("retry() refuses a knob that would be turned in vain", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"]);
  await drive(store, forgetful());
  const vain = () => retry({ store, name, task: 2, overrides: { criticSteps: "77" } });
  await assertRejects(vain, RangeError, "criticSteps is 77 and maxCriticSteps is 60");
  assertEquals((await loadFacts(store, name)).attempts, []);
});

Deno.test("configDifferences() lists what differs from the newest configuration", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  const facts = await loadFacts(store, name);
  const settings = {
    seed: 7,
    preset: "smoke" as const,
    overrides: { gate: "enforce", evaluationEpisodes: "5" },
  };
  assertEquals(configDifferences(facts, settings), []);
  assertEquals(
    configDifferences(facts, { ...settings, seed: 8, overrides: { ...settings.overrides, candidates: "9" } }),
    [
      { knob: "seed", current: 7, wanted: 8 },
      { knob: "candidates", current: presets.smoke.candidates, wanted: 9 },
    ],
  );
});

Deno.test("createLearner() refuses a taken name, a deleted one, and a bad one; deleteLearner() stops planning", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"]);
  const create = (learner: string) => createLearner({ store, name: learner, seed: 0, preset: "smoke" });
  await assertRejects(() => create("a"), RangeError, "exists already");
  await assertRejects(() => create("A b"), RangeError, "1 to 64 lower-case letters");
  await deleteLearner({ store, name });
  assertEquals(isIdle(plan(await loadFacts(store, name))), true);
  assertEquals(await listLearners(store), []);
  await assertRejects(() => create("a"), RangeError, "its name is not used again");
  await assertRejects(() => addFile(store, "two"), RangeError, "was deleted");
  await assertRejects(() => loadFacts(store, "b"), RangeError, 'There is no learner "b"');
});
