import { loadFacts, promote, reviseConfig, validVersions } from "@cugro/learners";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, pretend } from "../../tests/fakes/world.ts";

/** Every old task has lost 30 points by its estimate, in the version that learns `bad`. */
const losing = (bad: number) => (task: number, newTask: number) =>
  task === newTask ? [80, 81, 79, 80, 80] : newTask === bad ? [30, 31, 29, 30, 30] : [0, 1, -1, 0, 0];

Deno.test("a version that has lost much by its estimates is parked, and may be promoted; later ones are asked by the networks kept", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one@none", "two@none"], { estimate: "noSimulator" });
  await drive(store, pretend({ estimates: losing(2) }));
  const parked = (await loadFacts(store, "a")).versions[1]!;
  assertEquals(parked.decision, "parked");
  assertStringIncludes(parked.reasons.join(), "task 1 has lost an estimated 30.0 points");
  const { score, drop } = parked.row[0]!.estimate!;
  assertEquals([score.mean, drop!.mean, parked.row[1]!.estimate!.drop], [50, 30, null]);
  assert(drop!.low > 27 && drop!.low < 30 && score.low < 50);

  await promote({ store, name: "a", version: 2 });
  await addFile(store, "three@none");
  await drive(store, pretend({ estimates: losing(2) }));
  const facts = await loadFacts(store, "a");
  const third = validVersions(facts)[2]!;
  assertEquals([third.decision, third.row.map(({ estimate }) => estimate!.score.mean)], ["published", [
    80,
    80,
    80,
  ]]);
});

Deno.test("a task with a simulator is judged by its score alone, and has an estimate only where all have", async () => {
  for (const estimate of ["noSimulator", "always"]) {
    const store = memoryStore();
    await learnerWith(store, ["one", "two"], { estimate });
    await drive(store, pretend({ estimates: losing(2) }));
    const second = (await loadFacts(store, "a")).versions[1]!;
    assertEquals(second.decision, "published");
    assertEquals(second.row.map((cell) => cell.estimate !== undefined), Array(2).fill(estimate === "always"));
  }
});

Deno.test("a task that was learnt before there were estimates has none, and stands in nobody's way", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one@none"]);
  await drive(store, pretend());
  await reviseConfig({ store, name: "a", overrides: { estimate: "noSimulator" } });
  await addFile(store, "two@none");
  await drive(store, pretend());
  const second = (await loadFacts(store, "a")).versions[1]!;
  assertEquals(second.decision, "published");
  assertEquals(second.row.map(({ estimate }) => estimate !== undefined), [false, true]);
});

Deno.test("a task whose returns are all the same has no estimate, now or later, and parks nothing", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one@none", "two@none"], { estimate: "noSimulator" });
  await drive(store, pretend({ estimates: losing(2), isFlat: (text) => text.startsWith("one") }));
  const { versions } = await loadFacts(store, "a");
  assertEquals(versions.map(({ decision }) => decision), ["published", "published"]);
  assertEquals(versions.map(({ row }) => row.map(({ estimate }) => estimate !== undefined)), [[false], [
    false,
    true,
  ]]);
});
