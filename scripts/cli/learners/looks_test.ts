import { assert, assertEquals } from "@std/assert";
import { createWakeup, sleep } from "@cugro/async";
import { lookOnNews } from "./looks.ts";

const never = () => new AbortController().signal;

Deno.test("lookOnNews() looks seldom however much news comes, and once more after the last", async () => {
  const wakeup = createWakeup();
  const gapMs = 50;
  const started = performance.now();
  let news = 0, looks = 0, seen = 0;
  const ringing = (async () => {
    while (news < 200) {
      news++;
      wakeup.wake();
      if (news % 2 === 0) await sleep(1);
    }
  })();
  const look = () => {
    looks++;
    seen = news;
    return Promise.resolve(seen === 200);
  };
  // Without news it would not look again for ten minutes.
  const came = await lookOnNews({ look, news: wakeup, signal: never(), gapMs, idleMs: 600_000 });
  await ringing;
  assertEquals([came, seen], [true, 200]);
  const most = Math.ceil((performance.now() - started) / gapMs) + 1;
  assert(looks <= most, `${looks} looks, where there was time for ${most}`);
});

Deno.test("lookOnNews() hears news that comes while it looks, looks without news, and ends with the signal", async () => {
  const wakeup = createWakeup();
  let looks = 0;
  const during = () => {
    if (++looks === 1) wakeup.wake();
    return Promise.resolve(looks === 2);
  };
  assertEquals(
    await lookOnNews({ look: during, news: wakeup, signal: never(), gapMs: 1, idleMs: 600_000 }),
    true,
  );
  looks = 0;
  const later = () => Promise.resolve(++looks === 3);
  assertEquals(await lookOnNews({ look: later, news: wakeup, signal: never(), gapMs: 1, idleMs: 5 }), true);
  const stop = new AbortController();
  const aborting = () => {
    stop.abort();
    return Promise.resolve(false);
  };
  const options = { look: aborting, news: wakeup, signal: stop.signal, gapMs: 600_000, idleMs: 600_000 };
  assertEquals(await lookOnNews(options), false);
});
