/** The page in a real browser: nothing is cut, whatever the width of the screen. */
import { assertEquals } from "@std/assert";
import { browserPath, withBrowser } from "../../tests/fakes/browser.ts";
import { renderReport } from "./render_report.ts";
import { EXAMPLE } from "./testing/example.ts";

const WHY =
  "the average over the 3 tasks that version 2 knew fell from 98.3 to 89.9, by more than 6.1 points (judged by the lower 90 % bound of 20 episodes), where 5.0 may be lost";

/** As long as real ones: names, reasons, commands. */
const LONG: typeof EXAMPLE = {
  ...EXAMPLE,
  learner: "a-learner-with-a-long-name",
  versions: EXAMPLE.versions.map((version) => ({
    ...version,
    decision: "published although … (observe)",
    observed: true,
    reasons: [WHY, WHY],
  })),
  fidelity: EXAMPLE.fidelity.map((entry) => ({
    ...entry,
    rows: ["precision", "recall", "auc", "memorisation"].map((name) => ({ name, value: 0.912 })),
  })),
  problems: [
    `It was ${WHY}. Take it back with: \`deno task cugro rollback 2 --learner a --store /a/long/path\``,
  ],
};

/** In the browser: what is wider than its place, or than the screen. What is folded up may scroll when it is opened. */
const CUT_PARTS = `
  const page = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
  const parts = [...document.querySelectorAll(".scroll, .stacks, .tile, .cell, section")]
    .filter((part) => !part.closest("details"));
  [...page, ...parts.filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.innerText)];
`;

/** Rows of the table of versions that take half a screen: their verdicts would have to be looked for. */
const LONG_ROWS = `
  [...document.querySelectorAll(".versions tbody tr")].map((row) => row.offsetHeight).filter((height) => height > 400);
`;

Deno.test({
  name: "the report is cut nowhere on a phone, a narrow window and a wide one",
  ignore: browserPath === undefined,
  fn: () =>
    withBrowser(async (browser) => {
      for (const width of [390, 500, 1280]) {
        const page = await browser.newPage({ viewport: { width, height: 900 } });
        await page.setContent(renderReport(LONG));
        assertEquals(await page.evaluate(CUT_PARTS), [], `at ${width} px`);
        assertEquals(
          await page.evaluate(LONG_ROWS),
          [],
          `at ${width} px: reasons are folded until they are asked for`,
        );
        await page.locator(".why summary").first().click();
        assertEquals(await page.getByText("judged by the lower 90 % bound").first().isVisible(), true);
        await page.close();
      }
    }),
});
