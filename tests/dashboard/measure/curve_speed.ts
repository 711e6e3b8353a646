/**
 * How fluid a curve of a million points is while one moves about in it.
 * @module
 */
import type { Page } from "playwright-core";
import { withBrowser } from "../dashboard_page.ts";
import { withDashboard } from "../served.ts";
import { writeShownLearner, writeShownTraining } from "../shown_learner.ts";
import { type Figure, share } from "./measure_figure.ts";

const POINTS = 1_000_000;
const ROUNDS = 5;
/** Closer, along, back, and all of it again. */
const KEYS = ["+", "+", "ArrowRight", "ArrowRight", "ArrowLeft", "+", "+", "+", "ArrowRight", "-", "-", "0"];
/** Sixty pictures a second leave so long for each (ms). */
const MOST_MS = 16;

/** What one move took (ms): the page's own thread by the processor, scripts and drawing; and until the picture was there, by the clock. */
interface Move {
  computedMs: number;
  clockMs: number;
}

/** A training's loss, moved about in by its keys. */
export async function measureCurves(report: (line: string) => void): Promise<Figure[]> {
  let moves: Move[] = [];
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
      report(
        `${POINTS} points are there after ${(openMs / 1000).toFixed(1)} s; ${ROUNDS * KEYS.length} moves ...`,
      );
      moves = await moveAbout(page);
    });
  }, { learns: false });
  const of = (name: keyof Move, level: number) => share(moves.map((move) => move[name]), level);
  return [
    { name: "moves and zooms in 1,000,000 points", value: moves.length, unit: "" },
    {
      name: "a move and its picture, by the processor, p95",
      value: of("computedMs", 0.95),
      unit: "ms",
      most: MOST_MS,
    },
    { name: "  median", value: of("computedMs", 0.5), unit: "ms" },
    { name: "  by the clock, p95", value: of("clockMs", 0.95), unit: "ms" },
    { name: "  by the clock, median", value: of("clockMs", 0.5), unit: "ms" },
  ];
}

async function moveAbout(page: Page): Promise<Move[]> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const computed = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN);
  };
  const moves: Move[] = [];
  for (const key of Array<string[]>(ROUNDS).fill(KEYS).flat()) {
    const before = await computed();
    const clockMs = await page.evaluate(pressed(key)) as number;
    moves.push({ clockMs, computedMs: await computed() - before });
  }
  return moves;
}

const pressed = (key: string) =>
  `(async () => {
    const begun = performance.now();
    document.querySelector("article [role=img]")
      .dispatchEvent(new KeyboardEvent("keydown", { key: ${
    JSON.stringify(key)
  }, bubbles: true, cancelable: true }));
    await new Promise((seen) => requestAnimationFrame(() => setTimeout(seen)));
    return performance.now() - begun;
  })()`;
