/** The dashboard in a real browser, on a gateway that learns: what a person sees and does from a file to a version and back. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createClient } from "@cugro/client";
import type { Page } from "playwright-core";
import { encodeDataset } from "@cugro/datasets";
import { exampleDataset } from "../fakes/example_dataset.ts";
import { assertAccessible, browserPath, type TestBrowser, withBrowser } from "./dashboard_page.ts";
import { type ServedDashboard, withDashboard } from "./served.ts";

/** Every replay is further from real data than that: the second version is parked. */
const STEPS = { stateSteps: 30, behaviorSteps: 30, criticSteps: 30 };
const OVERRIDES = {
  ...STEPS,
  gate: "enforce",
  evaluationEpisodes: 5,
  minNewTaskScore: "none",
  maxReplayDistance: 0.01,
};

async function makeLearner({ url, tokens }: ServedDashboard): Promise<void> {
  const client = createClient({ url, token: tokens.admin });
  await client.learners.create({ name: "mine", preset: "smoke", overrides: OVERRIDES });
}

interface Offered {
  name: string;
  bytes: Uint8Array;
}

/** Data that no simulator here can run, so that it is learnt in seconds. */
function walk(number: number): Offered {
  const dataset = exampleDataset(30, 10);
  const move = (states: Float32Array) => states.map((state) => state + 3 * number);
  const moved = { ...dataset, states: move(dataset.states), nextStates: move(dataset.nextStates) };
  return { name: `walk${number}.safetensors`, bytes: encodeDataset(moved) };
}

/** As a person drops a file: with the events of the browser. */
async function drop(page: Page, { name, bytes }: Offered): Promise<void> {
  await page.evaluate(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(${JSON.stringify([...bytes])})], ${JSON.stringify(name)}));
    for (const type of ["dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  })()`);
}

/** What two people must see alike. */
async function seen(page: Page): Promise<unknown> {
  await page.locator("table.matrix").waitFor();
  return await page.evaluate(`[
    document.querySelector("h1").innerText,
    [...document.querySelectorAll(".tile")].map((tile) => tile.innerText),
    document.querySelector("table.matrix").innerText,
    document.querySelector("table.ledger").innerText,
  ]`);
}

/** Hands a file over and watches it become a version. */
async function learnFrom(page: Page, file: Offered, version: number): Promise<void> {
  await drop(page, file);
  const dialog = page.locator("dialog");
  await dialog.getByText("The file is valid.").waitFor();
  await dialog.getByRole("button", { name: "Hand it over" }).click();
  await page.locator(".toast").getByText("is handed to mine").first().waitFor();
  await page.getByRole("heading", { name: `Learning task ${version}` }).waitFor();
  await page.locator(".group-card .state.busy").first().waitFor();
  await page.locator("table.matrix tr.pending").waitFor();
  await page.getByRole("rowheader", { name: `version ${version} learns` }).waitFor();
  await page.locator("table.matrix tr.pending").waitFor({ state: "detached" });
}

async function actOn(page: Page, button: string, confirm: string, toast: string): Promise<void> {
  await page.getByRole("button", { name: button, exact: true }).first().click();
  const dialog = page.locator("dialog");
  assertStringIncludes(await dialog.locator("code").first().innerText(), "deno task cugro");
  await dialog.getByRole("button", { name: confirm }).click();
  await page.locator(".toast").getByText(toast).waitFor();
}

async function watchLearning(served: ServedDashboard, browser: TestBrowser): Promise<void> {
  await makeLearner(served);
  const page = await browser.open(served.addressFor("admin", "/learners/mine"));
  await page.locator(".connection.live").waitFor();
  assert(!page.url().includes("token"), "the token does not stay in the address");
  await learnFrom(page, walk(1), 1);
  await assertAccessible(page, "a learner with a version");
  // The gateway goes away while nobody looks, and comes back: the page goes on by itself.
  await served.stopGateway();
  await page.locator(".connection.lost").waitFor();
  await served.startGateway();
  await page.locator(".connection.live").waitFor();
  await learnFrom(page, walk(2), 2);
  const charts = page.locator("#losses .uplot canvas");
  await charts.nth(2).waitFor();
  assertEquals(await charts.count(), 3, "losses of three trainings");
  await page.waitForFunction(`document.querySelectorAll("#losses .legend li").length === 3`);
  // Parked, as its replay is too far from real data.
  await page.getByRole("rowheader", { name: "version 2 learns task 2 parked" }).waitFor();
  await bothSeeTheSame(served, browser, page);
}

async function bothSeeTheSame(served: ServedDashboard, browser: TestBrowser, page: Page): Promise<void> {
  // What the gateway remembers of jobs is 2 s old at most, and the page asks once more.
  const other = await browser.open(served.addressFor("read", "/learners/mine"));
  await page.reload();
  await page.locator("table.ledger").waitFor();
  assertEquals(await seen(page), await seen(other));
  // A robot asks the policy: both see it without asking for it.
  const robot = createClient({ url: served.url, token: served.tokens.read });
  await robot.act("mine", { task: 1, observations: [[4, 5], [1e6, -1e6]] });
  for (const one of [page, other]) await one.locator("#traffic tbody tr", { hasText: "50.0 %" }).waitFor();
  assertEquals(await other.getByRole("button", { name: "Add a task" }).count(), 0);
  await other.goto(`${served.url}/#/learners/mine/versions`);
  await other.getByRole("heading", { name: "version 2" }).waitFor();
  const buttons = await other.locator("main").getByRole("button").allInnerTexts();
  assertEquals(
    buttons.filter((text) => !/Copy|Evaluate|Export|Report/.test(text)),
    [],
    "no act for a token that may only look",
  );
  await decide(page);
  await other.locator("#version-1 .state", { hasText: "serving" }).waitFor();
  await other.close();
}

async function decide(page: Page): Promise<void> {
  await page.keyboard.press("3");
  await page.getByRole("heading", { name: "version 2" }).waitFor();
  await assertAccessible(page, "versions");
  await actOn(page, "Promote", "Promote version 2", "is valid; it serves as soon as");
  await page.locator("#version-2 .state", { hasText: "serving" }).waitFor();
  await page.locator("#version-1").getByRole("button", { name: "Roll back to it" }).waitFor();
  await actOn(page, "Roll back to it", "Withdraw 1 version", "Withdrawn: version 2");
  await page.locator("#version-1 .state", { hasText: "serving" }).waitFor();
  await page.keyboard.press("2");
  await page.locator("#task-2").getByRole("button", { name: "Retry" }).waitFor();
  await assertAccessible(page, "tasks");
}

Deno.test({
  name:
    "a file that is dropped on the page becomes a version while it is watched; versions are promoted and rolled back",
  ignore: browserPath === undefined,
  fn: () =>
    withDashboard((served) =>
      withBrowser(async (browser) => {
        await watchLearning(served, browser);
        assertEquals(browser.complaints(), [], "the browser refused nothing and no script failed");
      })
    ),
});
