/**
 * How fluid a curve of a million points is while one moves about in it.
 * @module
 */
import type { Page } from "playwright-core";
import { withBrowser } from "../browser.ts";
import { withDashboard } from "../served.ts";
import { writeShownLearner, writeShownTraining } from "../shown_learner.ts";
import { type Figure, share } from "./figure.ts";
import { type Traced, tracedCalls } from "./traced.ts";

const POINTS = 1_000_000;
const ROUNDS = 5;
/** Closer, along, back, and all of it again. */
const KEYS = ["+", "+", "ArrowRight", "ArrowRight", "ArrowLeft", "+", "+", "+", "ArrowRight", "-", "-", "0"];
/** Sixty pictures a second leave so long for each (ms). */
const MOST_MS = 16;

/** A training's loss, moved about in by its keys. */
export async function measureCurves(say: (line: string) => void): Promise<Figure[]> {
  let moves: Traced[] = [];
  let openMs = 0;
  await withDashboard(async (served) => {
    const { store } = served;
    await writeShownLearner({ store, name: "long", tasks: 1, versions: 1 });
    const job = await writeShownTraining({ store, name: "long", version: 1, points: POINTS });
    await withBrowser(async ({ open }) => {
      const begun = performance.now();
      const page = await open(served.addressFor("read", `/learners/long/jobs/${job}`));
      await page.locator("article [role=img] canvas").waitFor({ timeout: 120_000 });
      openMs = performance.now() - begun;
      say(`${POINTS} points are there after ${(openMs / 1000).toFixed(1)} s; ${ROUNDS * KEYS.length} moves ...`);
      moves = await tracedCalls(page, () => moveAbout(page), ({ type }) => type === "keydown");
    });
  }, { learns: false });
  const of = (name: keyof Traced, level: number) => share(moves.map((move) => move[name]), level);
  return [
    { name: "moves and zooms in 1,000,000 points", value: moves.length, unit: "" },
    { name: "a move and its picture, by the processor, p95", value: of("computedMs", 0.95), unit: "ms", most: MOST_MS },
    { name: "  median", value: of("computedMs", 0.5), unit: "ms" },
    { name: "  by the clock, p95", value: of("clockMs", 0.95), unit: "ms" },
    { name: "  by the clock, median", value: of("clockMs", 0.5), unit: "ms" },
  ];
}

async function moveAbout(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const host = document.querySelector("article [role=img]");
    for (let round = 0; round < ${ROUNDS}; round++) {
      for (const key of ${JSON.stringify(KEYS)}) {
        host.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
        await new Promise((seen) => requestAnimationFrame(() => setTimeout(seen)));
      }
    }
  })()`);
}
