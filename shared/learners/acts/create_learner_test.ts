import { assertEquals, assertRejects } from "@std/assert";
import { createCache } from "../reading/fact_cache.ts";
import { createLearner, type LearnerSettings, listLearners } from "./create_learner.ts";
import { readListed } from "../reading/load_lists.ts";
import { configKey, encodeFact, learnerKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { memoryStore } from "../../../tests/fakes/memory_store.ts";

const name = "a";
const ONE: LearnerSettings = { seed: 1, preset: "smoke", overrides: { criticWidth: 32 } };
const OTHER: LearnerSettings = { seed: 2, preset: "default", overrides: { criticWidth: 64 } };

/** What a learner is: its seed, and the preset and a knob of its only configuration. */
async function made(store: Store) {
  const { learner, configs } = await readListed({ store, cache: createCache() }, name);
  return configs.map(({ preset, knobs }) => [learner.seed, preset, knobs.criticWidth]);
}

const asked = ({ seed, preset, overrides }: LearnerSettings) => [[seed, preset, overrides!.criticWidth]];

/** The store, with `before` awaited ahead of the `n`-th request through it. */
function interrupted(store: Store, n: number, before: () => Promise<void>): { store: Store; calls: number } {
  const counted = { store, calls: 0 };
  counted.store = new Proxy(store, {
    get(target, member) {
      const value = Reflect.get(target, member);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        if (++counted.calls === n) await before();
        return await value.apply(target, args);
      };
    },
  });
  return counted;
}

Deno.test("createLearner() mixes no two learners, wherever another creation comes between", async () => {
  const alone = interrupted(memoryStore(), 0, () => Promise.resolve());
  await createLearner({ store: alone.store, name, ...ONE });
  for (let n = 1; n <= alone.calls; n++) {
    for (let stop = 1; stop <= alone.calls; stop++) {
      const store = memoryStore();
      // The other begins at the n-th request of the first, and stops before its own `stop`-th until the first is done.
      const first = Promise.withResolvers<void>();
      const paused = Promise.withResolvers<void>();
      const slow = interrupted(store, stop, () => (paused.resolve(), first.promise));
      let other: Promise<unknown> = Promise.resolve();
      const quick = interrupted(store, n, async () => {
        other = createLearner({ store: slow.store, name, ...OTHER }).then(() => "made", String);
        await Promise.race([paused.promise, other]);
      });
      const outcome = await createLearner({ store: quick.store, name, ...ONE }).then(() => "made", String);
      first.resolve();
      const outcomes = [outcome, await other];
      const where = `the other at ${n}, resting at ${stop}: ${outcomes.join("; ")}`;
      const refusal = 'RangeError: The learner "a" exists already';
      assertEquals(outcomes.toSorted(), [refusal, "made"], where);
      assertEquals(await made(store), asked(outcome === "made" ? ONE : OTHER), where);
    }
  }
});

Deno.test("createLearner() goes on after a crash, wherever it was", async () => {
  const crash = (store: Store, n: number) =>
    createLearner({
      store: interrupted(store, n, () => Promise.reject(new Error("crash"))).store,
      name,
      ...ONE,
    });
  for (let n = 1; n <= 4; n++) {
    const store = memoryStore();
    await assertRejects(() => crash(store, n), Error, "crash");
    assertEquals(await listLearners(store), []);
    await createLearner({ store, name, ...ONE });
    assertEquals(await made(store), asked(ONE));
  }
  const store = memoryStore();
  await assertRejects(() => crash(store, 4), Error, "crash");
  const refusal = await createLearner({ store, name, ...OTHER }).then(() => "made", String);
  assertEquals(refusal, 'RangeError: The learner "a" exists already', "it was begun before");
  assertEquals(await made(store), asked(ONE), "and the name can be used");
});

Deno.test("createLearner() replaces a configuration that an earlier version left without a learner", async () => {
  const store = memoryStore();
  const old = { schema: 1, revision: 1, fromTask: 1, preset: "smoke", knobs: { criticWidth: 8 } };
  await store.put(configKey(name, 1), encodeFact(old));
  await createLearner({ store, name, ...OTHER });
  assertEquals(await made(store), asked(OTHER));
  assertEquals((await store.head(learnerKey(name)))?.key, learnerKey(name));
});
