import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "./deadline.ts";
import { sleep } from "./sleep.ts";

Deno.test("deadline() returns and throws what the work does, and keeps no timer", async () => {
  assertEquals(await deadline(60_000, () => Promise.resolve("done")), "done");
  const failing = () => deadline(60_000, () => Promise.reject(new TypeError("no")));
  await assertRejects(failing, TypeError, "no");
  const throwing = () =>
    deadline(60_000, () => {
      throw new SyntaxError("at once");
    });
  await assertRejects(throwing, SyntaxError, "at once");
});

Deno.test("deadline() ends work that is late through its signal, and does not wait for work that goes on", async () => {
  const late = () => new RangeError("too slow");
  let reason: unknown;
  const obedient = (signal: AbortSignal) =>
    sleep(60_000, signal).catch((error) => {
      reason = error;
      throw error;
    });
  await assertRejects(() => deadline(2, obedient, late), RangeError, "too slow");
  assert(reason instanceof RangeError);
  await assertRejects(() => deadline(2, () => new Promise(() => {}), late), RangeError, "too slow");
  const nameless = () => deadline(1, () => new Promise(() => {}));
  await assertRejects(nameless, DOMException, "Not done within 1 ms");
});
