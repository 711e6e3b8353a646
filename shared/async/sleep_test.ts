import { assert, assertEquals } from "@std/assert";
import { pause } from "./pause.ts";
import { sleep } from "./sleep.ts";

const reason = new RangeError("enough");

Deno.test("sleep() lasts as long as it is told, and is over at once under an aborted signal", async () => {
  const stop = new AbortController();
  const started = performance.now();
  await sleep(5, stop.signal);
  // Timers are whole milliseconds.
  assert(performance.now() - started >= 4);
  stop.abort(reason);
  await sleep(1);
  assertEquals(await sleep(60_000, stop.signal).catch((error) => error), reason);
});

Deno.test("sleep() rejects with the signal's reason, pause() ends, and neither leaves a timer or a listener", async () => {
  const stop = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = stop.signal;
  stop.signal.addEventListener = (...args: unknown[]) => {
    listeners++;
    Reflect.apply(addEventListener, stop.signal, args);
  };
  stop.signal.removeEventListener = (...args: unknown[]) => {
    listeners--;
    Reflect.apply(removeEventListener, stop.signal, args);
  };
  for (let round = 0; round < 10; round++) await sleep(0, stop.signal);
  assertEquals(listeners, 0, "a loop of sleeps does not fill its signal");
  const asleep = sleep(60_000, stop.signal);
  const paused = pause(60_000, stop.signal);
  setTimeout(() => stop.abort(reason), 1);
  assertEquals(await asleep.catch((error) => error), reason);
  await paused;
  await pause(60_000, stop.signal);
});
