import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { PREFIXES, versionKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { memoryBus, memoryStore } from "../../../tests/fakes/memory_store.ts";
import { driveUntil, learnerWith, pretend } from "../../../tests/fakes/world.ts";
import { applyPlan } from "../../../services/coordinator/apply.ts";
import { isIdle, plan } from "../../../services/coordinator/plan.ts";
import { jobsOfVersion } from "../facts/learner_facts.ts";
import { createCache, readFact } from "./fact_cache.ts";
import { loadFacts } from "./load.ts";
import { readJobState, readJobStates } from "./load_jobs.ts";
import { openView } from "./view.ts";

const SHARDS = 256;

/** Two tasks, decided a moment ago: the shards of the second are there still. */
async function decided(shardsPerTask: number) {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"], { shardsPerTask });
  await driveUntil(store, pretend(), () => store.objects.has(versionKey("a", 2)));
  return store;
}

/** The store, and how often each of its methods was called with a key that begins so. */
function counting(store: Store, prefix: string) {
  const calls: Record<string, number> = {};
  const counted = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...values: unknown[]) => {
        if (String(values[0]).startsWith(prefix)) calls[String(name)] = (calls[String(name)] ?? 0) + 1;
        return member.apply(target, values);
      };
    },
  });
  return { store: counted, calls };
}

Deno.test("of a decided task's shards few are looked for again after each removal, and another process sees them go", async () => {
  const { store, calls } = counting(await decided(SHARDS), PREFIXES.artifacts);
  // Somebody who removes nothing has seen them.
  const other = openView(store, "a", createCache());
  assertEquals((await other.look({ whole: true })).leftoverShards.length, 2 * SHARDS);
  calls.head = 0;
  const cache = createCache();
  const view = openView(store, "a", cache);
  const bus = memoryBus();
  for (let look = 0;; look++) {
    const next = plan(await view.look({ whole: look === 0, facts: true }));
    if (isIdle(next)) break;
    await applyPlan({ store, bus, learner: "a", plan: next, cache });
  }
  assertEquals(calls.delete, 2 * SHARDS);
  assert(calls.head < 4 * SHARDS, `${calls.head} looks for ${2 * SHARDS} shards`);
  assertEquals((await other.look({ facts: true })).leftoverShards, []);
});

Deno.test("readJobStates() has of many jobs, by a list of their kind, what readJobState() has of each", async () => {
  const { store, calls } = counting(await decided(70), PREFIXES.jobs);
  const version = (await loadFacts(store, "a")).versions[1]!;
  const names = [
    ...jobsOfVersion(version),
    ...Array.from({ length: 90 }, (_, n) => ({
      id: n.toString(16).padStart(64, "f"),
      kind: "states.train" as const,
    })),
  ];
  calls.list = 0;
  const together = await readJobStates({ store, cache: createCache() }, names);
  assert(calls.list < names.length / 4, `${calls.list} lists for ${names.length} jobs`);
  const source = { store, cache: createCache() };
  assertEquals(together, await Promise.all(names.map((name) => readJobState(source, name))));
});

Deno.test("what is read of a learner with five hundred versions is read once", async () => {
  const store = memoryStore();
  const keys = Array.from({ length: 25_000 }, (_, n) => `jobs/${n}`);
  for (const key of keys) await store.put(key, new TextEncoder().encode("{}"));
  const { store: counted, calls } = counting(store, "jobs/");
  const source = { store: counted, cache: createCache() };
  for (let reading = 0; reading < 2; reading++) {
    for (const key of keys) await readFact(source, key, z.object({}));
  }
  assertEquals(calls.get, keys.length);
});
