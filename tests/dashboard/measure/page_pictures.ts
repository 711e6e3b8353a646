/**
 * Pictures of every view of the page, light and dark, from a phone to a wide screen, to be looked at; and what axe finds in each.
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { importLearner, listLearners } from "@cugro/learners";
import { openFilesystemStore } from "@cugro/store";
import type { Page } from "playwright-core";
import { assertAccessible, overflow, withBrowser } from "../dashboard_page.ts";
import { type ServedDashboard, withDashboard } from "../served.ts";

const WIDTHS = [360, 1280, 2560];
const THEMES = ["light", "dark"] as const;
/** Generators are asked for what they remember. */
const LONGEST_MS = 180_000;

/** One view: its name, its place, and what is there when it is whole. */
type View = readonly [name: string, place: string, whole: string];

function viewsOf(learner: string): View[] {
  const of = (tab: string) => `/learners/${encodeURIComponent(learner)}${tab}`;
  const both = `left=${encodeURIComponent(learner)}&right=${encodeURIComponent(learner)}`;
  return [
    ["learners", "/learners", ".learner-card"],
    ["live", of(""), "table.ledger"],
    ["task-chosen", of("?task=1"), "table.ledger"],
    ["tasks", of("/tasks/1"), "#task-1 details[open]"],
    ["versions", of("/versions/2"), "#version-2 details[open]"],
    ["jobs", of("/jobs"), "main tbody tr"],
    ["evaluation", of("/jobs/evaluation?version=2&task=1"), "article .facts"],
    ["robots", of("/robots?task=1&a=1&b=2&seed=3"), ".robot-standing"],
    ["replay", of("/replay?task=1"), ".state-cloud circle"],
    ["compare", `/compare?${both}&leftVersion=1&rightVersion=2`, "#differences tbody tr"],
    ["nowhere", "/nothing", "main h1"],
  ];
}

/** What to take pictures of. */
export interface PictureOptions {
  folder: string;
  /** A store whose learners are shown; the first is looked at. */
  store: string;
  /** Names of views; else all. */
  views: readonly string[] | undefined;
  report: (line: string) => void;
}

/** Takes them. @returns what is wrong with any */
export async function takePictures({ folder, store, views, report }: PictureOptions): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const faults: string[] = [];
  await withDashboard(async (served) => {
    const names = await copyLearners(served, store);
    if (names.length === 0) throw new Error(`There is no learner in ${store}`);
    const all = viewsOf(names[0]!).filter(([name]) => views?.includes(name) ?? true);
    await withBrowser(async ({ open, complaints }) => {
      for (const width of WIDTHS) {
        for (const theme of THEMES) {
          const page = await open(served.addressFor("admin", "/learners"), { width, theme });
          for (const view of all) {
            const file = `${view[0]}-${width}-${theme}.png`;
            faults.push(...await takePicture(page, served.url, view, join(folder, file)));
            report(file);
          }
          await page.context().close();
        }
      }
      faults.push(...complaints());
    });
  }, { learns: false });
  return faults;
}

async function copyLearners({ store }: ServedDashboard, root: string): Promise<string[]> {
  const from = await openFilesystemStore({ root, lock: false });
  const names = await listLearners(from);
  for (const name of names) await importLearner({ store, name, from });
  await from.close();
  return names;
}

async function takePicture(
  page: Page,
  url: string,
  [name, place, whole]: View,
  file: string,
): Promise<string[]> {
  const faults: string[] = [];
  const report = (error: unknown) =>
    void faults.push(`${file}: ${error instanceof Error ? error.message : error}`);
  await page.goto(`${url}/#${place}`);
  await page.locator(whole).first().waitFor({ timeout: LONGEST_MS }).catch(report);
  // What is asked for one by one, such as poses.
  await page.locator("main .empty[role=status]").first().waitFor({ state: "detached", timeout: LONGEST_MS })
    .catch(report);
  if (name === "robots") await letThemRun(page).catch(report);
  await page.evaluate("scrollTo(0, 0)");
  await page.waitForTimeout(500);
  await page.screenshot({ path: file, fullPage: true });
  const tooWide = await overflow(page);
  if (tooWide > 0) report(`${tooWide} pixels wider than the screen`);
  await assertAccessible(page, file).catch(report);
  return faults;
}

async function letThemRun(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForTimeout(4_000);
  await page.getByRole("button", { name: "Pause" }).click();
}
