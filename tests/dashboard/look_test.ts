/** How the dashboard looks to whom: hostile names, small and large screens, light and dark, tokens that may little. */
import { assert, assertEquals } from "@std/assert";
import { createClient } from "@cugro/client";
import { putOnce } from "@cugro/learners";
import { rejectionKey } from "@cugro/protocol";
import type { Page } from "playwright-core";
import { assertAccessible, browserPath, overflow, type TestBrowser, withBrowser } from "./dashboard_page.ts";
import { type ServedDashboard, withDashboard } from "./served.ts";
import { writeShownLearner } from "./shown_learner.ts";

const HOSTILE = [
  `<img src=x onerror="document.title='hacked'"><script>document.title='hacked'</script>`,
  "\u202Egnp.exe\u2066 right to left",
  "`cugro rollback 0 --learner mine`",
  "javascript:document.title='hacked'",
  "x".repeat(10_000),
];

const PLACES = [
  "/learners",
  ...["", "/tasks/1", "/versions/2", "/jobs"].map((tab) => `/learners/mine${tab}`),
  "/compare",
  "/compare?left=mine&right=other&rightVersion=2&task=1",
  "/compare?left=mine&leftVersion=1&right=mine&rightVersion=2",
];

async function prepare({ store }: ServedDashboard): Promise<void> {
  await writeShownLearner({
    store,
    name: "mine",
    tasks: 5,
    versions: 7,
    nameOf: (task) => HOSTILE[task - 1]!,
  });
  await writeShownLearner({
    store,
    name: "other",
    tasks: 3,
    versions: 3,
    nameOf: (task) => HOSTILE[task - 1]!,
  });
  const key = `incoming/mine/${HOSTILE[1]}.hdf5`;
  await putOnce(store, rejectionKey("mine", 9), {
    schema: 1,
    seq: 9,
    key,
    reason: HOSTILE[0]!,
    failedJob: null,
  });
}

async function settled(page: Page): Promise<void> {
  await page.locator("main h1").waitFor();
  await page.locator("main .empty[role=status]").waitFor({ state: "detached" });
}

async function lookEverywhere(served: ServedDashboard, { open, complaints }: TestBrowser): Promise<void> {
  for (const [width, theme] of [[360, "dark"], [1280, "light"], [3840, "dark"]] as const) {
    const page = await open(served.addressFor("admin", "/learners"), { width, theme });
    for (const place of PLACES) {
      await page.goto(`${served.url}/#${place}`);
      await settled(page);
      const where = `${place} at ${width} px, ${theme}`;
      assertEquals(await overflow(page), 0, `${where} is wider than the screen`);
      if (width !== 3840) await assertAccessible(page, where);
      assert(!(await page.title()).includes("hacked"), where);
    }
    await page.context().close();
  }
  assertEquals(complaints(), []);
}

Deno.test({
  name:
    "whatever names say, they are text; nothing is cut from 360 pixels to 4K, and axe finds nothing, light and dark",
  ignore: browserPath === undefined,
  fn: () =>
    withDashboard((served) =>
      withBrowser(async (browser) => {
        await prepare(served);
        await lookEverywhere(served, browser);
        const page = await browser.open(served.addressFor("read", "/learners/mine/tasks/1"));
        await page.locator("#task-5").waitFor();
        for (const [index, name] of HOSTILE.entries()) {
          const shown = await page.locator(`#task-${index + 1} .card-head .user-text`).textContent();
          assertEquals(shown, name, "as it is");
        }
        assertEquals(await page.locator("main img, main script").count(), 0);
        await page.locator("main").getByText("was rejected:").waitFor();
        const body = await page.locator("main").textContent();
        assert(body!.includes(`was rejected: ${HOSTILE[0]}`));
        // The other learner has the same tasks by name and simulator.
        await page.goto(`${served.url}/#/compare?left=mine&right=other`);
        await page.locator("#differences tbody tr").nth(2).waitFor();
        const compared = await page.locator("#differences tbody th").allTextContents();
        assertEquals(compared, HOSTILE.slice(0, 3).map((name, index) => `task ${index + 1}: ${name}`));
        await page.locator("#lines .legend li").nth(1).waitFor();
        assertEquals(await page.locator("#lines .legend li").count(), 2, "both on the same axes");
        await page.goto(`${served.url}/#/compare?left=${encodeURIComponent("<b>x</b>")}&right=other`);
        await page.getByText("cannot be shown").waitFor();
        await page.goto(`${served.url}/#/learners/${encodeURIComponent("<b>nobody</b>")}`);
        await page.getByText("cannot be shown").waitFor();
        assertEquals(await page.locator("main b").count(), 0);
        assertEquals(browser.complaints(), []);
      }), { learns: false }),
});

Deno.test({
  name:
    "without a token the page asks for one; one that is unknown is refused, a report is opened without it, and one may leave",
  ignore: browserPath === undefined,
  fn: () =>
    withDashboard(({ url, tokens, store }) =>
      withBrowser(async ({ open, complaints }) => {
        await writeShownLearner({ store, name: "mine", tasks: 1, versions: 1 });
        const page = await open(url);
        await page.getByLabel("Token").fill("cugro_wrong");
        await assertAccessible(page, "asking for a token");
        await page.getByRole("button", { name: "Look" }).click();
        await page.getByText("does not know this token").waitFor();
        await page.getByLabel("Token").fill(tokens.submit);
        await page.keyboard.press("Enter");
        await page.getByRole("link", { name: "mine" }).waitFor();
        await page.reload();
        await page.getByRole("link", { name: "mine" }).waitFor();
        assertEquals(
          await page.evaluate("document.cookie + Object.values(localStorage)"),
          "",
          "kept in this tab alone",
        );
        await page.getByRole("link", { name: "mine" }).click();
        const opened = page.context().waitForEvent("page");
        await page.getByRole("button", { name: "Report" }).click();
        const report = await opened;
        await report.getByRole("heading", { name: "mine" }).first().waitFor();
        assert(new URL(report.url()).pathname.startsWith("/reports/"), "without a token");
        await report.close();
        await page.keyboard.press("/");
        await page.locator("[type='search']:focus").waitFor();
        await page.keyboard.type("nobody");
        await page.getByText("No learner has “nobody” in its name").waitFor();
        await page.getByRole("button", { name: "Leave" }).click();
        await page.getByLabel("Token").waitFor();
        assertEquals(await page.evaluate("sessionStorage.length"), 0);
        assertEquals(complaints(), []);
      }), { learns: false }),
});

Deno.test({
  name: "of a learner of many versions the rows in view are drawn, and keys and wheel lead to all of them",
  ignore: browserPath === undefined,
  fn: () =>
    withDashboard((served) =>
      withBrowser(async ({ open, complaints }) => {
        const { store, url, tokens } = served;
        await writeShownLearner({ store, name: "long", tasks: 32, versions: 50 });
        const { resultsMatrix } = await createClient({ url, token: tokens.read }).results("long");
        assertEquals(resultsMatrix.length, 50);
        const page = await open(served.addressFor("read", "/learners/long"), { width: 360 });
        const row = (version: number) => page.getByRole("rowheader", { name: `version ${version} learns` });
        await row(50).waitFor();
        assert(await page.locator("table.matrix tbody tr").count() < 30, "a part of 50 rows");
        assertEquals(await page.locator("table.matrix").getAttribute("aria-rowcount"), "51");
        await assertAccessible(page, "a long matrix");
        // One cell is reached by the tabulator key, the first row and the tasks' names from there.
        assertEquals(await page.locator("table.matrix [tabindex='0']").count(), 1);
        await page.locator("table.matrix [tabindex='0']").focus();
        for (const key of ["Control+Home", "ArrowRight"]) await page.keyboard.press(key);
        await page.locator("table.matrix [data-at='0 0']:focus").waitFor();
        await row(1).waitFor();
        assertEquals(await row(50).count(), 0);
        await page.keyboard.press("Enter");
        await page.getByText("was not evaluated").or(page.getByText("cannot be shown")).waitFor();
        assert(page.url().endsWith("/jobs/evaluation?version=1&task=1"), page.url());
        await page.goto(`${url}/#/learners/long`);
        await row(50).waitFor();
        await page.locator(".scroll.long").evaluate((host: { scrollTop: number }) => {
          host.scrollTop = 0;
        });
        await row(1).waitFor();
        // One task alone, by its address: intervals and bounds.
        await page.goto(`${url}/#/learners/long?task=3`);
        await page.getByLabel("Score of task 3 over versions, with intervals and bounds").waitFor();
        // Drops are marked.
        await page.locator("table.matrix .drop").first().waitFor();
        assertEquals(complaints(), []);
      }), { learns: false }),
});
