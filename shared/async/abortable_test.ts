import { assertEquals, assertRejects } from "@std/assert";
import { abortable } from "./abortable.ts";
import { sleep } from "./sleep.ts";

const reason = new RangeError("enough");

Deno.test("abortable() is the promise, until the signal aborts", async () => {
  const stop = new AbortController();
  assertEquals(await abortable(Promise.resolve(3), stop.signal), 3);
  await assertRejects(() => abortable(Promise.reject(new TypeError("no")), stop.signal), TypeError, "no");
  const endless = abortable(new Promise(() => {}), stop.signal);
  setTimeout(() => stop.abort(reason), 1);
  assertEquals(await endless.catch((error) => error), reason);
});

Deno.test("abortable() rejects at once under an aborted signal, and a failure that comes later harms nobody", async () => {
  const failing = sleep(2).then(() => Promise.reject(new Error("too late to matter")));
  assertEquals(await abortable(failing, AbortSignal.abort(reason)).catch((error) => error), reason);
  await sleep(4);
});
