import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { labelFactSchema, labelKey, parseFact } from "@cugro/protocol";
import { presets } from "@cugro/algorithm/arrays";
import { standingRejections } from "../facts/rejections.ts";
import { taskState } from "../facts/learner_facts.ts";
import { loadFacts } from "../reading/load.ts";
import { learnerStatus } from "../reading/learner_status.ts";
import { learnerProblems } from "../../problems/learner_problems.ts";
import { memoryStore } from "../../../tests/fakes/memory_store.ts";
import { addFile, drive, driveUntil, learnerWith, pretend } from "../../../tests/fakes/world.ts";
import { LabelError } from "./label_values.ts";
import { createLearner } from "./create_learner.ts";
import { reviseConfig } from "./revise_config.ts";
import { relabel } from "./relabel.ts";
import { cancel, retry, rollback } from "./verdicts.ts";

const name = "a";
const by = "tester";

async function learner(...files: string[]) {
  const store = memoryStore();
  await learnerWith(store, files);
  await drive(store, pretend());
  return store;
}

Deno.test("relabel() writes who, when, why, what, and what was before; a value that stands already is reported and not written", async () => {
  const store = await learner("one");
  const done = await relabel({
    store,
    name,
    task: 1,
    set: { goal: "2", horizon: "50" },
    by,
    reason: "a slip",
  });
  assertEquals([done.label, done.set, done.before], [1, { goal: [2] }, { goal: [1] }], "the horizon was 50");
  const key = labelKey(name, 1, 1);
  const fact = parseFact(labelFactSchema, (await store.get(key))!.bytes, key);
  assertEquals({ ...fact, at: "" }, {
    ...{ schema: 1, task: 1, n: 1, by, at: "", reason: "a slip" },
    ...{ set: { goal: [2] }, before: { goal: [1] } },
  });
  const same = await relabel({ store, name, task: 1, set: { goal: [2.0000000001] }, by });
  assertEquals([same.label, same.said], [null, "Task 1 is labelled so already: nothing to do"]);
  assertEquals((await loadFacts(store, name)).labels.length, 1);
});

Deno.test("relabel() with dryRun says what would be run again, and writes nothing", async () => {
  const store = await learner("one", "two");
  const dry = await relabel({ store, name, task: 1, set: { goal: 2 }, by, dryRun: true });
  assertEquals([dry.label, dry.again.length], [null, 2]);
  assertEquals((await loadFacts(store, name)).labels, []);
  const wet = await relabel({ store, name, task: 1, set: { goal: 2 }, by });
  assertEquals(wet, { ...dry, label: 1 });
});

Deno.test("relabel() of a task that never had a simulator runs nothing, says so, and leaves its row alone", async () => {
  const store = await learner("one@none");
  const before = await learnerStatus(store, name);
  const { again, label, said } = await relabel({ store, name, task: 1, set: { horizon: "20" }, by });
  assertEquals([again, label], [[], 1]);
  assertEquals(said, "Task 1: horizon 50 -> 20. It has no simulator, so none is run.");
  assertEquals((await learnerStatus(store, name)).versions, before.versions);
});

Deno.test("two who relabel at once write two labels in a row, and the second knows the first", async () => {
  const store = await learner("one");
  const both = await Promise.all([2, 3].map((goal) => relabel({ store, name, task: 1, set: { goal }, by })));
  assertEquals(both.map(({ label }) => label).sort(), [1, 2]);
  const [first, second] = (await loadFacts(store, name)).labels;
  assertEquals([first!.n, first!.before, second!.n], [1, { goal: [1] }, 2]);
  assertEquals(second!.before, { goal: first!.set.goal! });
  const { environment } = (await loadFacts(store, name)).tasks[0]!;
  assertEquals(environment && "goal" in environment && environment.goal, second!.set.goal!);
});

Deno.test("relabel() refuses what no label can say, and says what to do", async () => {
  const store = await learner("one", "two");
  const refused = async (set: Record<string, unknown>, field: string, ...words: string[]) => {
    const error = await assertRejects(() => relabel({ store, name, task: 1, set, by }), LabelError);
    assertEquals(error.field, field);
    for (const word of words) assertStringIncludes(error.message, word);
  };
  await refused({}, "set", "goal=2");
  await refused({ gaol: 2 }, "gaol", "did you mean goal?");
  await refused({ weather: 2 }, "weather", "there are family, goal, horizon");
  await refused(
    { reward: 2 },
    "reward",
    "Withdraw the task: cugro rollback 0 --learner a (which withdraws task 2 as well",
  );
  await refused({ action_limit: 2 }, "action_limit", "read otherwise");
  await refused({ goal: "fast" }, "goal", "must be a list of numbers", '"fast"');
  await refused({ goal: "" }, "goal", "must be a list of numbers");
  await refused({ horizon: "1.5" }, "horizon", "must be a whole number from 1");
  await refused({ horizon: [20] }, "horizon", "must be a whole number from 1");
  await refused({ return_random: "NaN" }, "return_random", "must be a number");
  await refused(
    { return_random: 100 },
    "return_random",
    "must be the greater one: current values are 100 and 100",
  );
  await refused({ family: "cheeta-vel" }, "family", "did you mean cheetah-vel?");
  await refused({ family: "cheetah-vel" }, "family", "states and actions of [17, 6] numbers", "[3, 2]");
  await refused({ name: "a\u0007b" }, "name", "that can be shown");
  await refused({ name: "" }, "name", "1 to 200 letters");
  await assertRejects(
    () => relabel({ store, name, task: 3, set: { goal: 2 }, by }),
    RangeError,
    "There is no task 3",
  );
  assertEquals((await loadFacts(store, name)).labels, []);
});

Deno.test("a task without a simulator gets one, and one with loses it", async () => {
  const store = memoryStore();
  await createLearner({ store, name, seed: 1, preset: "smoke" });
  await addFile(store, "one");
  await drive(store, pretend({ dims: () => [17, 6] }));
  await relabel({ store, name, task: 1, set: { family: "none" }, by });
  const set = { goal: 2 };
  await assertRejects(() => relabel({ store, name, task: 1, set, by }), LabelError, "A goal needs a family");
  assertEquals((await learnerStatus(store, name)).resultsMatrix, [[null]]);
  await relabel({ store, name, task: 1, set: { family: "cheetah-vel", goal: 1.5 }, by });
  assertEquals((await loadFacts(store, name)).tasks[0]!.environment, { family: "cheetah-vel", goal: [1.5] });
});

Deno.test("the same rows with another goal: what differs, the command that puts it right, and then nothing is wrong", async () => {
  const store = await learner("one", "one@2");
  const [rejection] = (await loadFacts(store, name)).rejections;
  assertStringIncludes(
    rejection!.reason,
    "already task 1, and this file says otherwise of it (goal: 1 now, 2 in the file)",
  );
  assertStringIncludes(rejection!.reason, "cugro relabel 1 --set goal=2 --learner a");
  assertEquals(learnerProblems(await loadFacts(store, name)).map(({ code }) => code), ["file.rejected"]);
  await relabel({ store, name, task: 1, set: { goal: 2 }, by });
  await drive(store, pretend());
  const facts = await loadFacts(store, name);
  assertEquals([learnerProblems(facts), standingRejections(facts)], [[], []]);
  assertEquals(facts.rejections.length, 1, "the fact stays");
  // The first file again is now the one that says otherwise.
  await addFile(store, "one@1", name, "again.hdf5");
  await drive(store, pretend());
  assertStringIncludes((await loadFacts(store, name)).rejections[1]!.reason, "goal: 2 now, 1 in the file");
});

Deno.test("a refused file is history once a later one of its name has become a task", async () => {
  const rejected = (text: string) => text.startsWith("bad") ? "it is bad" : undefined;
  const store = memoryStore();
  await learnerWith(store, []);
  for (const [text, file] of [["bad 1", "w.hdf5"], ["bad 2", "v.hdf5"], ["good", "w.hdf5"]]) {
    await addFile(store, text!, name, file);
  }
  await drive(store, pretend({ rejected }));
  const { rejections } = await learnerStatus(store, name);
  assertEquals(rejections.map(({ key }) => key.split("/").at(-1)), ["v.hdf5"]);
});

Deno.test("the first task can be withdrawn before and after its version, and the learner is as before it", async () => {
  for (const when of ["before", "after"]) {
    const store = memoryStore();
    await learnerWith(store, ["wide"]);
    const pretence = pretend({ dims: (text) => text === "wide" ? [9, 4] : [3, 2] });
    if (when === "before") {
      await driveUntil(store, pretence, () => pretence.runs.size === 1);
      assertEquals((await loadFacts(store, name)).tasks.length, 1);
      await cancel({ store, name, task: 1 });
    } else {
      await drive(store, pretence);
      const refused = () => cancel({ store, name, task: 1 });
      await assertRejects(refused, RangeError, "it is taken back with: cugro rollback 0 --learner a");
      assertEquals(await rollback({ store, name, version: 0 }), [1]);
      await drive(store, pretence);
      assertEquals((await loadFacts(store, name)).head?.version, null);
    }
    // Neither its shapes nor its networks bind what comes next.
    await reviseConfig({ store, name, overrides: { criticWidth: "64" } });
    await addFile(store, "narrow");
    await drive(store, pretence);
    const facts = await loadFacts(store, name);
    assertEquals(facts.tasks.map(({ task }) => taskState(facts, task)), [
      when === "before" ? "cancelled" : "withdrawn",
      "published",
    ]);
    const version = facts.versions.at(-1)!;
    assertEquals([version.parent, version.tasks, facts.head?.version], [null, [2], version.version]);
    assert(presets.smoke.criticWidth !== 64);
    await assertRejects(
      () => retry({ store, name, task: 1 }),
      RangeError,
      "which was learnt since, of 3 and 2",
    );
  }
});

Deno.test("a label on a withdrawn task does not say that its episodes are measured; a file with its rows gets both commands", async () => {
  const store = await learner("one");
  await rollback({ store, name, version: 0 });
  const { said, again } = await relabel({ store, name, task: 1, set: { goal: 3 }, by, dryRun: true });
  assertEquals(again, []);
  assertStringIncludes(said, "No version that counts knows the task: only evaluations to come are made so.");
  assertEquals(said.includes("as they were measured"), false);
  await addFile(store, "one@2");
  await drive(store, pretend());
  const [rejection] = (await loadFacts(store, name)).rejections;
  assertEquals(
    rejection!.reason,
    "this dataset is already task 1, which was withdrawn, and this file says otherwise of it (goal: 1 now, 2 in the file). " +
      "If the file is right: cugro relabel 1 --set goal=2 --learner a; after that it is learnt again with: cugro retry 1 --learner a",
  );
  // Both commands are taken as they stand there.
  await relabel({ store, name, task: 1, set: { goal: 2 }, by });
  await retry({ store, name, task: 1 });
  await drive(store, pretend());
  const facts = await loadFacts(store, name);
  assertEquals([taskState(facts, 1), facts.tasks[0]!.environment, learnerProblems(facts)], [
    "published",
    { family: "test", goal: [2] },
    [],
  ]);
});

Deno.test("a version's performance in words has the scores that stand, as status has them", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"], { gate: "observe" });
  await drive(store, pretend({ returns: () => Array(5).fill(-20) }));
  const scores = async () => {
    const facts = await loadFacts(store, name);
    const low = learnerProblems(facts).find(({ code }) => code === "performance.low");
    return [
      low?.message.match(/performance of (\S+)/)?.[1],
      (await learnerStatus(store, name)).resultsMatrix,
    ];
  };
  assertEquals(await scores(), ["-20.0", [[-20]]]);
  await relabel({ store, name, task: 1, set: { return_random: -60, return_final_policy: -40 }, by });
  assertEquals(await scores(), [undefined, [[200]]]);
  await relabel({ store, name, task: 1, set: { return_random: 0, return_final_policy: 40 }, by });
  assertEquals(await scores(), ["-50.0", [[-50]]]);
});
