/**
 * How long a learner of many tasks and versions takes to open, from the address to the picture.
 * @module
 */
import { createClient } from "@cugro/client";
import process from "node:process";
import type { Page } from "playwright-core";
import { withBrowser } from "../dashboard_page.ts";
import { type ServedDashboard, withDashboard } from "../served.ts";
import { writeShownLearner } from "../shown_learner.ts";
import { type Figure, share } from "./measure_figure.ts";

const SIZE = { tasks: 50, versions: 500 };
const MOST_MS = 2_000;
/** Tabs that are opened one after another, each with a memory of its own. */
const TABS = 5;

/** What opening a tab took. */
interface Opening {
  /** From the address to the first contents, and to the matrix and the curves as they are painted (ms). */
  firstPaintMs: number;
  wholeMs: number;
  /** The page's own thread, as the processor counts it (ms). */
  computedMs: number;
  /** Everything else of it here: gateway, front and the test itself (ms of a processor). */
  servedMs: number;
  /** What answers of the API had of bytes on their way. */
  sentBytes: number;
}

/** Opens it at a gateway that has read nothing yet, then in other tabs. */
export async function measureOpening(report: (line: string) => void): Promise<Figure[]> {
  const openings: Opening[] = [];
  await withDashboard(async (served) => {
    report(`a learner of ${SIZE.tasks} tasks and ${SIZE.versions} versions is written ...`);
    await writeShownLearner({ store: served.store, name: "long", ...SIZE });
    await withBrowser(async ({ open }) => {
      for (let tab = 0; tab <= TABS; tab++) {
        if (tab === 0) await restart(served);
        const page = await open("about:blank");
        openings.push(await openOnce(page, served.addressFor("read", "/learners/long")));
        await page.context().close();
      }
    });
  }, { learns: false });
  const [first, ...later] = openings;
  const of = (name: keyof Opening) => later.map((one) => one[name]);
  return [
    { name: "opens, a gateway that has read nothing", value: first!.wholeMs, unit: "ms", most: MOST_MS },
    { name: "opens later, median", value: share(of("wholeMs"), 0.5), unit: "ms", most: MOST_MS },
    {
      name: "of that the page's own thread, by the processor",
      value: share(of("computedMs"), 0.5),
      unit: "ms",
    },
    { name: "and gateway and test, by the processor: the first time", value: first!.servedMs, unit: "ms" },
    {
      name: "and gateway and test, by the processor: later, median",
      value: share(of("servedMs"), 0.5),
      unit: "ms",
    },
    { name: "first contentful paint, median", value: share(of("firstPaintMs"), 0.5), unit: "ms" },
    { name: "answers of the API, as sent", value: share(of("sentBytes"), 0.5) / 1000, unit: "kB" },
  ];
}

/** The gateway forgets what it has read. */
async function restart(served: ServedDashboard): Promise<void> {
  await served.stopGateway();
  await served.startGateway();
  // It is there, and has been asked about no learner.
  await createClient({ url: served.url, token: served.tokens.read }).token();
}

async function openOnce(page: Page, address: string): Promise<Opening> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await session.send("Network.enable");
  const paths = new Map<string, string>();
  let sentBytes = 0;
  session.on(
    "Network.responseReceived",
    ({ requestId, response }) => void paths.set(requestId, new URL(response.url).pathname),
  );
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (paths.get(requestId)?.startsWith("/v1/")) sentBytes += encodedDataLength;
  });
  const [begun, before] = [performance.now(), process.cpuUsage()];
  await page.goto(address);
  await page.locator("table.matrix tbody td a").first().waitFor();
  await page.locator("#scores .uplot canvas").waitFor();
  await page.evaluate("new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))");
  const wholeMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  const { metrics } = await session.send("Performance.getMetrics");
  const computed = metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN;
  const firstPaintMs = await page.evaluate(
    `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN`,
  ) as number;
  return { firstPaintMs, wholeMs, computedMs: 1000 * computed, servedMs: (user + system) / 1000, sentBytes };
}
