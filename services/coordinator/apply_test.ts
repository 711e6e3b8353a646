import type { Plan } from "./plan_parts.ts";
import { assertEquals } from "@std/assert";
import { loadFacts, rollback } from "@cugro/learners";
import { openFilesystemStore, type Store } from "@cugro/store";
import { memoryBus } from "../../tests/fakes/memory_store.ts";
import { addFile, drive, learnerWith, pretend, work } from "../../tests/fakes/world.ts";
import { applyPlan } from "./apply.ts";
import { plan } from "./plan.ts";

const headOf = async (store: Store) => (await loadFacts(store, "a")).head?.version;

/** A learner in a folder whose second version is decided and does not serve yet; `stale` would make it serve. */
async function withStalePlan(
  test: (store: Store, stale: Plan, finish: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const store = await openFilesystemStore({ root });
  try {
    const pretence = pretend();
    await learnerWith(store, ["one"]);
    await drive(store, pretence);
    await addFile(store, "two");
    const bus = memoryBus();
    let next = plan(await loadFacts(store, "a"));
    while (!next.moveHead) {
      await applyPlan({ store, bus, learner: "a", plan: next });
      for (const message of bus.queue.values()) await work(store, message, pretence);
      bus.queue.clear();
      next = plan(await loadFacts(store, "a"));
    }
    assertEquals([await headOf(store), next.moveHead.head.version], [1, 2]);
    await test(store, next, async () => void await drive(store, pretence));
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("applyPlan() does not move the head by facts that are no longer true", () =>
  withStalePlan(async (store, stale, finish) => {
    await rollback({ store, name: "a", version: 1 });
    await applyPlan({ store, bus: memoryBus(), learner: "a", plan: stale });
    assertEquals(await headOf(store), 1, "version 2 was withdrawn before it could serve");
    await finish();
    assertEquals(await headOf(store), 1);
  }));

Deno.test("applyPlan() does not bring back a version that served and was withdrawn since it was planned", () =>
  withStalePlan(async (store, stale, finish) => {
    await finish();
    assertEquals(await headOf(store), 2);
    await rollback({ store, name: "a", version: 1 });
    await finish();
    assertEquals(await headOf(store), 1, "the head is again what it was when the plan was made");
    await applyPlan({ store, bus: memoryBus(), learner: "a", plan: stale });
    assertEquals(await headOf(store), 1);
  }));

Deno.test("applyPlan() does not move a head that went there and back while its versions were read", () =>
  withStalePlan(async (store, stale, finish) => {
    let listed = 0;
    const list = store.list.bind(store);
    store.list = async (prefix) => {
      const infos = await list(prefix);
      if (prefix === "learners/a/versions/" && ++listed === 1) {
        await finish();
        await rollback({ store, name: "a", version: 1 });
        await finish();
        assertEquals(await headOf(store), 1);
      }
      return infos;
    };
    await applyPlan({ store, bus: memoryBus(), learner: "a", plan: stale });
    assertEquals([listed > 0, await headOf(store)], [true, 1]);
  }));
