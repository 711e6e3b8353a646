import { assertEquals, assertRejects } from "@std/assert";
import { createSemaphore } from "./semaphore.ts";
import { sleep } from "./sleep.ts";

Deno.test("a semaphore runs at most `slots` at once, in order of arrival", async () => {
  for (const slots of [1, 2, 5]) {
    const semaphore = createSemaphore(slots);
    const started: number[] = [];
    let [running, most] = [0, 0];
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        semaphore.run(async () => {
          started.push(i);
          most = Math.max(most, ++running);
          await sleep((i * 7) % 3);
          running--;
          return i;
        })),
    );
    const all = Array.from({ length: 20 }, (_, i) => i);
    assertEquals([results, started, most], [all, all, slots]);
    assertEquals(semaphore.waiting(), 0);
  }
});

Deno.test("a semaphore gives the slot of work that failed to the next, and not to a newcomer", async () => {
  const semaphore = createSemaphore(1);
  const order: string[] = [];
  const failing = semaphore.run(async () => {
    await sleep(1);
    throw new Error("no");
  });
  const next = semaphore.run(() => Promise.resolve(order.push("next")));
  assertEquals(semaphore.waiting(), 1);
  const newcomer = failing.catch(() => semaphore.run(() => Promise.resolve(order.push("newcomer"))));
  await assertRejects(() => failing, Error, "no");
  await Promise.all([next, newcomer]);
  assertEquals(order, ["next", "newcomer"]);
});
