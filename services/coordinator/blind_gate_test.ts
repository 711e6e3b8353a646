/** A gate that enforces needs episodes to judge by: where a task is simulated, and nowhere else. */
import { loadFacts, reviseConfig } from "@cugro/learners";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { memoryStore } from "../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, pretend } from "../../tests/fakes/world.ts";

const FEW = { gate: "enforce", evaluationEpisodes: 3 };

Deno.test("without a simulator a gate enforces whatever evaluationEpisodes is; a task that is simulated is rejected, and taken once there are enough", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one@none"], FEW);
  await drive(store, pretend());
  await addFile(store, "two");
  await drive(store, pretend());
  const before = await loadFacts(store, "a");
  assertEquals([before.versions.length, before.tasks.length, before.rejections.length], [1, 1, 1]);
  const { reason } = before.rejections[0]!;
  assertStringIncludes(reason, "its episodes are simulated (");
  assertStringIncludes(reason, "evaluationEpisodes is 3 and no bound is drawn from fewer than 5");
  assertStringIncludes(reason, "cugro run --learner a --from-next-task --set evaluationEpisodes=5");

  await reviseConfig({ store, name: "a", overrides: { evaluationEpisodes: "5" } });
  await addFile(store, "two");
  await drive(store, pretend());
  const after = await loadFacts(store, "a");
  assertEquals([after.versions.length, after.tasks.length], [2, 2]);
});

Deno.test("with a simulated task, knobs by which a gate could judge nothing are refused; others may be turned", async () => {
  const store = memoryStore();
  await learnerWith(store, ["one"], { gate: "enforce", evaluationEpisodes: 5 });
  await drive(store, pretend());
  const revise = (overrides: Record<string, unknown>) => reviseConfig({ store, name: "a", overrides });
  const error = await assertRejects(
    () => revise({ evaluationEpisodes: 4 }),
    RangeError,
    "task 1 is simulated (",
  );
  assertStringIncludes(error.message, "Instead, set evaluationEpisodes=5 or more, or gate=observe");
  await revise({ gate: "observe", evaluationEpisodes: 4 });
  await assertRejects(() => revise({ gate: "enforce" }), RangeError, "evaluationEpisodes is 4");
});
