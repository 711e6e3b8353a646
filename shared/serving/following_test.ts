import { assertEquals, assertLessOrEqual } from "@std/assert";
import { createCache } from "@cugro/learners";
import { headKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { followHeads } from "./following.ts";
import type { PolicyPool } from "./policy_pool.ts";
import type { PooledPolicy } from "./pooled_policy.ts";
import type { Slot } from "./slot.ts";
import { createStoreGuard } from "./store_guard.ts";
import { withStore } from "./testing/quick_acting.ts";

Deno.test("followHeads() asks the store about few heads a turn however many policies are open, and about all in turn", () =>
  withStore(async (real) => {
    const asked: string[] = [];
    const done = Promise.withResolvers<void>();
    const store = new Proxy(real, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          const key = `${args[0]}`;
          if (name === "head" && key.endsWith("/head.json")) asked.push(key);
          if (asked.length >= 300) done.resolve();
          return value.apply(target, args);
        };
      },
    }) as Store;
    const names = Array.from({ length: 120 }, (_, i) => `a${i}`);
    const slots = names.map((learner): Slot => ({
      ...{ learner, pinned: 1, acting: undefined, opening: undefined },
      // cast: nothing is asked of policies whose version is pinned.
      current: {} as PooledPolicy,
      ...{ lastUsed: 0, confirmedAt: -Infinity, lookFailed: false },
    }));
    const turns: number[] = [];
    // cast: following asks a pool for its slots, and whether they are open.
    const pool = {
      slots: () => {
        turns.push(asked.length);
        return slots;
      },
    } as unknown as PolicyPool;
    const log = createLog({ level: "silent" });
    const guard = createStoreGuard(store);
    const stop = await followHeads({ pool, guard, cache: createCache(), log, bus: undefined, pollMs: 5 });
    await done.promise;
    await stop();
    const order = [...new Set(asked.slice(0, 120))];
    assertEquals(order, names.map(headKey), "each once before any is asked about again");
    for (const [i, count] of turns.entries()) assertLessOrEqual(count - (turns[i - 1] ?? 0), 50);
  }));
