/**
 * How long frames of two robots take, by the clock and by the processor: on a busy machine only the second is the page's own.
 * @module
 */
import type { Page } from "playwright-core";
import { createRng } from "@cugro/algorithm";
import { resolveTask } from "@cugro/environments/families";
import { openBackend } from "@cugro/tensors";
import { publishExample } from "../../../scripts/lab/experiments/example_learner.ts";
import { withBrowser } from "../dashboard_page.ts";
import { withDashboard } from "../served.ts";
import { type Figure, share } from "./measure_figure.ts";

const SECONDS = 20;
const WIDTH = 1280;
const MOST_MS = 8;
const ENVIRONMENT = { family: "cheetah-vel", goal: [1] };

/** Two cheetahs of a learner whose networks have the size of the preset `default`. */
export async function measureRobots(report: (line: string) => void): Promise<Figure[]> {
  let figures: Figure[] = [];
  await withDashboard(async (served) => {
    await openBackend();
    const { stateDim, actionDim } = resolveTask(ENVIRONMENT).family.info;
    const states = createRng(1, "states").normals(256 * stateDim);
    const cheetah = { environment: ENVIRONMENT, stateDim, actionDim, states, acting: ["actor"] } as const;
    const { store } = served;
    for (let version = 1; version <= 2; version++) {
      await publishExample({ store, name: "cheetah", preset: "default", ...cheetah });
    }
    await withBrowser(async ({ open }) => {
      const address = served.addressFor("read", "/learners/cheetah/robots?task=1&a=1&b=2");
      const page = await open(address, { width: WIDTH });
      await page.getByText("The actor of version 2, in this page.").waitFor({ timeout: 120_000 });
      await page.getByRole("button", { name: "Play" }).click();
      // Functions are compiled by then.
      await page.waitForTimeout(3_000);
      report(`frames of ${SECONDS} s ...`);
      const frames = await tracedFrames(page, SECONDS);
      report((await page.locator(".frame-note").innerText()).trim());
      figures = figuresOf(frames);
    });
  }, { learns: false });
  return figures;
}

/** One frame: the first of the two functions that it calls is our own work, the second hands it to the browser. */
interface Frame {
  /** By the clock, and by the processor (ms). */
  workMs: number;
  computedMs: number;
  drawMs: number;
  drawComputedMs: number;
  collectedMs: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  ts: number;
  dur?: number;
  tdur?: number;
  pid: number;
  tid: number;
  args: { data?: { functionName?: string; url?: string; lineNumber?: number; columnNumber?: number } };
}

/** What the browser itself notes of the page's frames. */
async function tracedFrames(page: Page, seconds: number): Promise<Frame[]> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: ["devtools.timeline", "v8"] });
  await page.waitForTimeout(1_000 * seconds);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const inside = (event: TraceEvent, { pid, tid, ts, dur = 0 }: TraceEvent) =>
    event.pid === pid && event.tid === tid && event.ts >= ts && event.ts + (event.dur ?? 0) <= ts + dur;
  const fired = traceEvents.filter(({ name, ph }) => name === "FireAnimationFrame" && ph === "X");
  const calls = traceEvents.filter(({ name, ph }) => name === "FunctionCall" && ph === "X");
  const collections = traceEvents.filter(({ name, ph }) => /^(MinorGC|MajorGC)$/.test(name) && ph === "X");
  const called = fired.map((frame) => ({ frame, call: calls.find((call) => inside(call, frame)) }));
  const [work, draw] = mostCalled(called.flatMap(({ call }) => call ? [placeOf(call)] : []));
  const frames: Frame[] = [];
  let before: TraceEvent | undefined;
  for (const { frame, call } of called) {
    if (!call) continue;
    if (placeOf(call) === work) before = frame;
    if (placeOf(call) !== draw || !before) continue;
    const collected = collections.filter((one) => inside(one, before!)).reduce(
      (sum, { dur = 0 }) => sum + dur,
      0,
    );
    frames.push({
      ...{
        workMs: (before.dur ?? 0) / 1000,
        computedMs: (before.tdur ?? NaN) / 1000,
        collectedMs: collected / 1000,
      },
      ...{ drawMs: (frame.dur ?? 0) / 1000, drawComputedMs: (frame.tdur ?? NaN) / 1000 },
    });
    before = undefined;
  }
  return frames;
}

const placeOf = ({ args: { data = {} } }: TraceEvent) =>
  `${data.url} ${data.lineNumber} ${data.columnNumber}`;

/** The two functions that are called most, in the order in which they come. */
function mostCalled(places: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
  const two = [...counts].sort(([, a], [, b]) => b - a).slice(0, 2).map(([place]) => place);
  return two.sort((a, b) => places.indexOf(a) - places.indexOf(b));
}

function figuresOf(frames: readonly Frame[]): Figure[] {
  const of = (name: keyof Frame, level: number) => share(frames.map((frame) => frame[name]), level);
  const waited = frames.filter(({ workMs, computedMs }) => workMs - computedMs > 1).length;
  return [
    {
      name: "frames with physics, policies and scene of two cheetahs at 1280 px",
      value: frames.length,
      unit: "",
    },
    {
      name: "their own work by the processor, p95",
      value: of("computedMs", 0.95),
      unit: "ms",
      most: MOST_MS,
    },
    { name: "  median", value: of("computedMs", 0.5), unit: "ms" },
    { name: "  by the clock, p95", value: of("workMs", 0.95), unit: "ms" },
    { name: "  by the clock, median", value: of("workMs", 0.5), unit: "ms" },
    {
      name: "  frames whose work waited for a processor (over 1 ms)",
      value: 100 * waited / frames.length,
      unit: "%",
    },
    { name: "  memory collected in them, p95", value: of("collectedMs", 0.95), unit: "ms" },
    {
      name: "handing them to the browser, by the processor, p95",
      value: of("drawComputedMs", 0.95),
      unit: "ms",
    },
  ];
}
