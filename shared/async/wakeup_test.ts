import { assert, assertEquals } from "@std/assert";
import { sleep } from "./sleep.ts";
import { waitAtMost } from "./wait_at_most.ts";
import { createWakeup, type Wakeup } from "./wakeup.ts";

/** Whether a wait is over within 5 ms; one that is not ends after 20 ms. */
async function isWoken(wakeup: Wakeup): Promise<boolean> {
  const wait = wakeup.wait({ milliseconds: 20 });
  const woken = await waitAtMost(5, wait);
  await wait;
  return woken;
}

Deno.test("a wake-up that comes while nobody waits ends the next wait, and only that one", async () => {
  const wakeup = createWakeup();
  for (let i = 0; i < 3; i++) wakeup.wake();
  assertEquals([await isWoken(wakeup), await isWoken(wakeup)], [true, false]);
  wakeup.wake();
  wakeup.reset();
  assertEquals(await isWoken(wakeup), false);
});

Deno.test("a wake-up ends all waits under way, and is not kept for later ones", async () => {
  const wakeup = createWakeup();
  const waits = Array.from({ length: 5 }, () => wakeup.wait({ milliseconds: 60_000 }));
  wakeup.wake();
  await Promise.all(waits);
  assertEquals(await isWoken(wakeup), false);
});

Deno.test("a wait ends by its time and by its signal, without a timer left", async () => {
  const wakeup = createWakeup();
  const started = performance.now();
  await wakeup.wait({ milliseconds: 2 });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1);
  await wakeup.wait({ milliseconds: 60_000, signal: stop.signal });
  await wakeup.wait({ signal: stop.signal });
  assert(performance.now() - started < 5_000);
});

Deno.test("no news is missed by a reader that looks, then waits", async () => {
  const wakeup = createWakeup();
  let written = 0;
  const writing = (async () => {
    while (written < 100) {
      written++;
      wakeup.wake();
      if (written % 3 === 0) await sleep(0);
    }
  })();
  let seen = 0;
  while (seen < 100) {
    await wakeup.wait();
    seen = written;
    if (seen % 2 === 0) await sleep(1);
  }
  await writing;
});
