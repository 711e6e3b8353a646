/**
 * The dashboard in a real Chromium, for tests: what the browser refuses or complains of is a fault of the page.
 * @module
 */
import { assertEquals } from "@std/assert";
import { chromium, type Page } from "playwright-core";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import process from "node:process";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];
/** Where it is; undefined where there is none. */
export const browserPath = (process.env.PATH ?? "").split(delimiter)
  .flatMap((folder) => BROWSERS.map((name) => join(folder, name))).find((path) => existsSync(path));

/** A browser with pages that listen to its complaints. */
export interface TestBrowser {
  /** Another tab, with a memory of its own. */
  open(address: string, look?: { width?: number; theme?: "light" | "dark" }): Promise<Page>;
  /** What browsers have complained of since this was asked last: refused content, errors of scripts. */
  complaints(): string[];
}

/** What a gateway that is away, or refuses, makes a browser say: the page says it, too. */
const EXPECTED = /^Failed to load resource/;

/** Without a graphics card, WebGL is drawn by the processor. */
const ARGUMENTS = ["--no-sandbox", "--enable-unsafe-swiftshader"];

/** Runs a test with a browser. */
export async function withBrowser(test: (browser: TestBrowser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({ executablePath: browserPath!, args: ARGUMENTS });
  const faults: string[] = [];
  try {
    await test({
      complaints: () => faults.splice(0),
      async open(address, { width = 1280, theme = "light" } = {}) {
        const context = await browser.newContext({
          viewport: { width, height: 900 },
          colorScheme: theme,
          reducedMotion: "reduce",
          permissions: ["clipboard-read", "clipboard-write"],
        });
        const page = await context.newPage();
        page.setDefaultTimeout(60_000);
        page.on("pageerror", (error) => void faults.push(error.message));
        page.on("console", (message) => {
          if (message.type() === "error" && !EXPECTED.test(message.text())) faults.push(message.text());
        });
        await page.goto(address);
        return page;
      },
    });
  } finally {
    await browser.close();
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Asserts that axe finds nothing wrong with a page as it is. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  // Not as an element of the page, whose policy refuses foreign scripts.
  await page.evaluate(AXE);
  const found = await page.evaluate(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map(({ target, failureSummary }) => target + " " + failureSummary).join(" | ")))`,
  );
  assertEquals(found, [], what);
}

/** What is wider than the screen. */
export async function overflow(page: Page): Promise<number> {
  return await page.evaluate("document.documentElement.scrollWidth - innerWidth") as number;
}
