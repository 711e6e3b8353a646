import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { PREFIXES, versionKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { memoryBus, memoryStore } from "../../../tests/fakes/store.ts";
import { driveUntil, learnerWith, pretend } from "../../../tests/fakes/world.ts";
import { applyPlan } from "../../../services/coordinator/apply.ts";
import { isIdle, plan } from "../../../services/coordinator/plan.ts";
import { jobsOfVersion } from "../facts/facts.ts";
import { createCache, readFact } from "./fact_cache.ts";
import { loadFacts } from "./load.ts";
import { readJobState, readJobStates } from "./load_jobs.ts";
import { openView } from "./view.ts";

const SHARDS = 70;

/** Two tasks, decided a moment ago: the shards of the second are there still. */
async function decided() {
  const store = memoryStore();
  await learnerWith(store, ["one", "two"], { shardsPerTask: SHARDS });
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

Deno.test("shards of a decided task are looked for once, however many plans it takes to remove them", async () => {
  const { store, calls } = counting(await decided(), PREFIXES.artifacts);
  const cache = createCache();
  const view = openView(store, "a", cache);
  const bus = memoryBus();
  for (let look = 0;; look++) {
    const next = plan(await view.look({ whole: look === 0, facts: true }));
    if (isIdle(next)) break;
    // A few at a time, as a plan removes hundreds of thousands.
    await applyPlan({
      store,
      bus,
      learner: "a",
      plan: { ...next, release: next.release.slice(0, 20) },
      cache,
    });
  }
  assertEquals(calls.delete, 2 * SHARDS);
  assert(calls.head! < 2.5 * SHARDS, `${calls.head} looks for ${2 * SHARDS} shards`);
});

Deno.test("readJobStates() has of many jobs, by a list of their kind, what readJobState() has of each", async () => {
  const { store, calls } = counting(await decided(), PREFIXES.jobs);
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
