import { assert, assertEquals, assertRejects } from "@std/assert";
import { sleep } from "./sleep.ts";
import { waitAtMost } from "./wait_at_most.ts";

Deno.test("waitAtMost() says whether the work ended in time, and keeps no timer", async () => {
  assertEquals(await waitAtMost(60_000, sleep(1)), true);
  await assertRejects(() => waitAtMost(60_000, Promise.reject(new Error("no"))), Error, "no");
  const started = performance.now();
  assertEquals(await waitAtMost(2, new Promise(() => {})), false);
  assert(performance.now() - started < 1_000);
});

Deno.test("waitAtMost() ignores work that fails after the time limit", async () => {
  const failing = sleep(3).then(() => Promise.reject(new Error("late")));
  assertEquals(await waitAtMost(1, failing), false);
  await sleep(5);
});
