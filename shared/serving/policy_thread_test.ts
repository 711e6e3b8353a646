import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { createCache } from "@cugro/learners";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readdirSync } from "node:fs";
import process from "node:process";
import { createPolicyThreads } from "./policy_thread.ts";
import { readPolicy } from "./read_policy.ts";
import { withStore } from "./testing/quick_acting.ts";

const STATES = new Float32Array([1, 2, 3]);
const noise = [{ asker: 1, seed: 7, rows: 1, last: true }];

Deno.test({
  name:
    "a thread takes one policy after the other: the same actions as in a new one, and no descriptor is left behind",
  ignore: process.platform !== "linux",
  fn: () =>
    withStore(async (store) => {
      await publishExample({ store, name: "a" });
      await publishExample({ store, name: "a" });
      const parts = await Promise.all(
        [1, 2].map((version) => readPolicy(store, "a", { version, cache: createCache() })),
      );
      const threads = createPolicyThreads();
      try {
        const act = async (which: number) => {
          const policy = await threads.open(parts[which]!, () => {});
          const actions = await policy.act(1, STATES, noise);
          await policy.close();
          await assertRejects(() => policy.act(1, STATES, noise), Error, "has stopped (closed)");
          return actions;
        };
        const first = await act(0);
        const before = readdirSync("/proc/self/fd").length;
        assert(first.join() !== (await act(1)).join(), "two policies");
        assertEquals(await act(0), first);
        assert(readdirSync("/proc/self/fd").length <= before, "descriptors");
      } finally {
        threads.close();
      }
    }),
});
