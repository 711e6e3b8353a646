/** Long curves in Chromium: a million points are drawn by what a screen has of pixels, however often one moves about in them. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { browserPath, withBrowser } from "./dashboard_page.ts";
import { withDashboard } from "./served.ts";
import { writeShownLearner, writeShownTraining } from "./shown_learner.ts";

const POINTS = 1_000_000;

/** Counts what is drawn with the pen, and how long scripts take for a redraw. */
const COUNTED = `(() => {
  window.drawn = { lines: 0 };
  for (const of of [Path2D, CanvasRenderingContext2D]) {
    const { lineTo } = of.prototype;
    of.prototype.lineTo = function (...to) { window.drawn.lines++; return lineTo.apply(this, to); };
  }
})()`;

/** Presses keys in the chart. @returns of each redraw the lines and the milliseconds of scripts */
const moved = (keys: readonly string[]) =>
  `(async () => {
  const host = document.querySelector("article [role=img]");
  const seen = [];
  for (const key of ${JSON.stringify(keys)}) {
    window.drawn.lines = 0;
    const from = performance.now();
    host.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await new Promise((resolve) => queueMicrotask(() => queueMicrotask(resolve)));
    seen.push([window.drawn.lines, performance.now() - from]);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return seen;
})()`;

const KEYS = ["+", "+", "ArrowRight", "ArrowRight", "ArrowLeft", "+", "+", "+", "ArrowRight", "-", "-", "0"];

Deno.test({
  name:
    "a million points of a loss are one picture, and each move in it draws no more than the screen has room for",
  ignore: browserPath === undefined,
  fn: () =>
    withDashboard((served) =>
      withBrowser(async ({ open, complaints }) => {
        const { store } = served;
        await writeShownLearner({ store, name: "long", tasks: 1, versions: 1 });
        const job = await writeShownTraining({ store, name: "long", version: 1, points: POINTS });
        const page = await open(served.addressFor("read", `/learners/long/jobs/${job}`));
        await page.evaluate(COUNTED);
        const chart = page.locator("article [role=img]");
        await chart.locator("canvas").waitFor();
        const width = await chart.evaluate((host: { clientWidth: number }) => host.clientWidth);
        const seen = await page.evaluate(moved(KEYS)) as [number, number][];
        for (const [index, [lines]] of seen.entries()) {
          assertGreater(lines, 100, `${KEYS[index]} draws`);
          assert(lines < 8 * width, `${KEYS[index]}: ${lines} lines at ${width} pixels`);
        }
        const times = seen.map(([, ms]) => ms).sort((a, b) => a - b);
        console.log(
          `${POINTS} points: median ${times[times.length >> 1]!.toFixed(1)} ms, most ${
            times.at(-1)!.toFixed(1)
          } ms a redraw`,
        );
        await page.locator("article details summary").first().click();
        await page.locator("article table tbody tr").nth(199).waitFor();
        assertEquals(await page.locator("article table tbody tr").count(), 200, "a table of some of them");
        // It is the job's own curve, so a reload shows the same.
        await page.reload();
        await chart.locator("canvas").waitFor();
        assertEquals(complaints(), []);
      }), { learns: false }),
});
