/** Robots in the dashboard, in a real browser: MuJoCo and three.js under the strict policy, acting by weights that the gateway gives. */
import { assert, assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { createRng } from "@cugro/algorithm";
import { encodeDataset } from "@cugro/datasets";
import { loadFacts } from "@cugro/learners";
import { datasetKey, encodeFact, taskFactSchema, taskKey, type WayOfActing } from "@cugro/protocol";
import { openBackend } from "@cugro/tensors";
import type { Page } from "playwright-core";
import { publishExample } from "../../scripts/lab/experiments/example_learner.ts";
import { assertAccessible, browserPath, overflow, withBrowser } from "./dashboard_page.ts";
import { type ServedDashboard, withDashboard } from "./served.ts";

/** A swimmer whose second version samples the second task, and a point in a maze. */
async function prepare({ store }: ServedDashboard): Promise<void> {
  await openBackend();
  const swimmer = { store, name: "swimmer", stateDim: 8, actionDim: 2 };
  const environment = { family: "swimmer-dir", goal: [1, 0] };
  const states = createRng(1, "states").normals(256 * 8);
  for (const acting of [["actor"], ["actor", "sampler"]] satisfies WayOfActing[][]) {
    await publishExample({ ...swimmer, environment, states, acting });
  }
  const maze = { family: "maze-dir", goal: [0, 1] };
  await publishExample({ store, name: "maze", stateDim: 2, environment: maze, acting: ["actor"] });
  await publishExample({
    store,
    name: "other",
    environment: { gymnasium: "Pendulum-v1" },
    acting: ["actor"],
  });
}

const picture = (page: Page, index: number) => page.locator(".robot-picture").nth(index);

/** What a picture says of its robot: step and what was earned. */
async function standing(page: Page, index: number): Promise<{ step: number; earned: string }> {
  const figures = picture(page, index).locator("dl");
  const [earned, step] = await figures.locator("dd").allInnerTexts();
  return { step: Number(step), earned: earned! };
}

/** The page's policy lets nobody wait inside it by a text. */
async function until(page: Page, isThere: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 25_000; !await isThere();) {
    assert(Date.now() < end, "it does not come");
    await page.waitForTimeout(50);
  }
}

async function untilStep(page: Page, step: number): Promise<void> {
  const robots = await page.locator(".robot-standing").count();
  for (let index = 0; index < robots; index++) {
    await until(page, async () => (await standing(page, index)).step >= step);
  }
}

/**
 * What is read of robots that have stopped is up to a beat old, and that of one may be older than that of the other: both say
 * the same step, and twice in a row what they said before.
 */
async function untilLevel(page: Page): Promise<void> {
  const readings: string[] = [];
  await until(page, async () => {
    const [first, second] = [await standing(page, 0), await standing(page, 1)];
    readings.push(JSON.stringify([first, second]));
    await page.waitForTimeout(250);
    return first.step === second.step && new Set(readings.slice(-3)).size === 1 && readings.length >= 3;
  });
}

async function watchRobots(page: Page, served: ServedDashboard): Promise<void> {
  // Who wants little motion begins with robots that stand still.
  await page.getByRole("button", { name: "Play" }).waitFor();
  await picture(page, 1).getByText("The actor of version 2, in this page.").waitFor();
  assertEquals(await standing(page, 0), { step: 0, earned: "0" });
  await page.getByRole("button", { name: "Play" }).click();
  await untilStep(page, 4);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.locator(".robot-curves .uplot").nth(1).waitFor();
  await page.locator(".frame-note").getByText("frames a second, drawn by").waitFor();
  await assertAccessible(page, "robots");
  await page.getByRole("button", { name: "Reset" }).click();
  await until(page, async () => (await standing(page, 0)).step === 0);
  // Two robots of one version are one, until one of them is pushed.
  await page.goto(`${served.url}/#/learners/swimmer/robots?task=1&a=1&b=1&seed=4`);
  await picture(page, 1).getByText("The actor of version 1").waitFor();
  await picture(page, 0).getByText("The actor of version 1").waitFor();
  await picture(page, 0).locator("canvas").focus();
  await page.keyboard.press("Space");
  await untilStep(page, 3);
  await page.keyboard.press("Space");
  await untilLevel(page);
  assertEquals(await standing(page, 0), await standing(page, 1));
  await pushFirst(page);
}

async function pushFirst(page: Page): Promise<void> {
  const canvas = picture(page, 0).locator("canvas");
  const { x, y, width, height } = (await canvas.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2, y + height / 4, { steps: 3 });
  const { step } = await standing(page, 0);
  await page.keyboard.press("Space");
  await untilStep(page, step + 3);
  await page.keyboard.press("Space");
  await page.mouse.up();
  await untilLevel(page);
  const [pushed, free] = [await standing(page, 0), await standing(page, 1)];
  assertEquals(pushed.step, free.step);
  assertNotEquals(pushed.earned, free.earned);
}

/** Two recorded episodes of 6 and 5 steps, whose rewards are all 2. @returns what takes the rows away */
async function keepRows({ store }: ServedDashboard): Promise<() => Promise<void>> {
  const [size, stateDim, actionDim] = [11, 8, 2];
  const rng = createRng(2, "episodes");
  const states = rng.normals(size * stateDim);
  const timeouts = new Uint8Array(size);
  timeouts[5] = timeouts[10] = 1;
  const dataset = {
    ...{ states, nextStates: states, actions: rng.uniforms(size * actionDim, -1, 1), timeouts },
    ...{
      rewards: new Float32Array(size).fill(2),
      terminals: new Uint8Array(size),
      size,
      stateDim,
      actionDim,
    },
    metadata: {},
  };
  const [fact] = (await loadFacts(store, "swimmer")).tasks;
  await store.put(taskKey("swimmer", 1), encodeFact({ ...fact!, episodes: 2 }, taskFactSchema));
  const key = datasetKey(fact!.datasetHash);
  await store.put(key, encodeDataset(dataset));
  return () => store.delete(key);
}

async function playData(page: Page, url: string, removeRows: () => Promise<void>): Promise<void> {
  await page.goto(`${url}/#/learners/swimmer/robots?task=1&a=1&b=none&speed=0.25`);
  await page.getByLabel("Version of the second robot").selectOption("data");
  await picture(page, 1).getByText("Episode 0 of the data of task 1: 6 steps").waitFor();
  await picture(page, 1).getByText("judged by the critic of version 1").waitFor();
  assertEquals(await standing(page, 1), { step: 0, earned: "0" });
  await page.getByRole("button", { name: "Play" }).click();
  await until(page, async () => (await standing(page, 1)).step >= 2);
  await page.getByRole("button", { name: "Pause" }).click();
  const { step, earned } = await standing(page, 1);
  assertEquals(Number(earned), 2 * step);
  await page.locator(".robot-curves .uplot").nth(1).waitFor();
  assertEquals(await page.locator(".robot-curves .uplot").count(), 2);
  await assertAccessible(page, "an episode of the data");
  await page.keyboard.press("e");
  await picture(page, 1).getByText("Episode 1 of the data of task 1: 5 steps").waitFor();
  assert(page.url().includes("b=data%2F1"), page.url());
  await page.reload();
  await picture(page, 1).getByText("Episode 1 of the data of task 1: 5 steps").waitFor();
  await page.getByRole("button", { name: "Another episode" }).click();
  await picture(page, 1).getByText("Episode 0 of the data").waitFor();
  await page.getByLabel("Episode of the second robot").fill("7");
  await page.keyboard.press("Enter");
  await picture(page, 1).getByText("There is no episode 7 of task 1: it has 2").waitFor();
  await removeRows();
  await page.reload();
  await page.getByText("The rows of task 1 are gone, so that no episode").waitFor();
  await picture(page, 1).getByText("The rows of task 1 are gone: only what").waitFor();
}

async function chooseByAddress(page: Page, { url }: ServedDashboard): Promise<void> {
  await page.goto(`${url}/#/learners/swimmer/robots?task=2&a=2&b=none&speed=0.25&seed=3`);
  await picture(page, 0).getByText("The sampler of version 2, in the gateway.").waitFor();
  await picture(page, 1).getByText("Choose a version to see it beside the other.").waitFor();
  await page.getByText("start state 3").waitFor();
  await page.getByRole("button", { name: "Play" }).click();
  await untilStep(page, 3);
  await page.getByLabel("Version of the second robot").selectOption("2");
  await page.getByLabel("Acts by").selectOption("actor");
  await page.keyboard.press("n");
  await picture(page, 0).getByText("The actor of version 2, in this page.").waitFor();
  assert(page.url().endsWith("task=2&a=2&b=2&speed=0.25&seed=4&by=actor"), page.url());
  await page.reload();
  await picture(page, 1).getByText("The actor of version 2, in this page.").waitFor();
  await page.getByLabel("Acts by").selectOption("proposer");
  await picture(page, 1).getByText("The proposer of version 2, in this page.").waitFor();
  // Another learner beside it, and one that cannot be seen.
  await page.getByLabel("Learner of the second robot").selectOption("other");
  await picture(page, 1).getByText("does not know task 2: it knows 1").waitFor();
  await page.goto(`${url}/#/learners/other/robots`);
  await picture(page, 0).getByText("no browser simulates that").waitFor();
}

Deno.test({
  name: "robots act in the page by a version's weights, are pushed, and every choice is an address",
  ignore: browserPath === undefined,
  fn: () =>
    withDashboard((served) =>
      withBrowser(async ({ open, complaints }) => {
        await prepare(served);
        const removeRows = await keepRows(served);
        const page = await open(served.addressFor("read", "/learners/swimmer"));
        const loaded: string[] = [];
        page.on("request", (request) => void loaded.push(new URL(request.url()).pathname));
        await page.locator("main h1").waitFor();
        assertEquals(
          loaded.filter((path) => /part-|wasm/.test(path)),
          [],
          "nothing of robots is loaded before",
        );
        await page.keyboard.press("5");
        await watchRobots(page, served);
        assertEquals(loaded.filter((path) => path.endsWith(".wasm")).length, 1);
        assertGreater(loaded.filter((path) => path.endsWith("/versions/1/policy")).length, 0);
        await chooseByAddress(page, served);
        await playData(page, served.url, removeRows);
        assertEquals(complaints(), []);
      }), { learns: false }),
});

Deno.test({
  name: "robots fit from 360 pixels to 2,560, light and dark; a maze is drawn, too",
  ignore: browserPath === undefined,
  fn: () =>
    withDashboard((served) =>
      withBrowser(async ({ open, complaints }) => {
        await prepare(served);
        for (const [width, theme, name] of [[360, "dark", "maze"], [2560, "light", "swimmer"]] as const) {
          const page = await open(served.addressFor("read", `/learners/${name}/robots`), { width, theme });
          await picture(page, 0).getByText("The actor of version 1").waitFor();
          await page.getByRole("button", { name: "Play" }).click();
          await untilStep(page, 1);
          assertEquals(await overflow(page), 0, `${width} px`);
          await assertAccessible(page, `robots at ${width} px, ${theme}`);
          await page.context().close();
        }
        assertEquals(complaints(), []);
      }), { learns: false }),
});

Deno.test({
  name: "what a version's generators remember is points, quantiles and robots; the choice is an address",
  ignore: browserPath === undefined,
  fn: () =>
    withDashboard((served) =>
      withBrowser(async ({ open, complaints }) => {
        await prepare(served);
        const address = served.addressFor("read", "/learners/swimmer/replay?task=2&share=80");
        const page = await open(address, { width: 360, theme: "dark" });
        // Three tensor graphs are compiled before the first pseudo-sample is there.
        await page.locator(".state-cloud .line-0 circle.marked").waitFor({ timeout: 90_000 });
        await page.locator(".lineup").waitFor();
        await page.getByText("generation 0, of version 2 (1,024)").waitFor();
        assertEquals(await page.getByRole("slider").inputValue(), "80");
        await page.locator(".strips tbody tr").nth(9).waitFor();
        assertEquals(
          await page.locator(".strips tbody tr").count(),
          10,
          "eight numbers of a state, two of an action",
        );
        assertEquals(await overflow(page), 0);
        await assertAccessible(page, "replay at 360 px, dark");
        await page.getByLabel("generation 0: version 2").uncheck();
        await page.locator(".state-cloud .line-0").waitFor({ state: "detached" });
        assert(page.url().includes("g=&") || page.url().endsWith("g="), page.url());
        assertEquals(complaints(), []);
      }), { learns: false }),
});
