import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderReport } from "./render_report.ts";
import type { ReportCell, ReportData } from "./report_data.ts";
import { EXAMPLE } from "./testing/example.ts";

Deno.test("renderReport() shows matrix, metrics and plots, and loads nothing", () => {
  const text = renderReport(EXAMPLE);
  for (
    const part of [
      ...["Average performance", "89.0", "Mean over versions", "91.0", "-4.5", "92.0", "task3", "stateSteps"],
      // Every interval has its number of episodes.
      ...["80.0 … 104.0, n = 20", "12.3 (8.1 … 16.2, n = 20; task 1 since version 2)", "<svg"],
    ]
  ) assertStringIncludes(text, part);
  assert(!/<(script|link|img|iframe)\b/i.test(text), "no element that loads something");
  assert(!/url\(|@import|src=/i.test(text), "no reference to elsewhere");
});

const [FIRST] = EXAMPLE.versions;
const withCells = (cell: Partial<ReportCell>): ReportData => ({
  ...EXAMPLE,
  versions: [{ ...FIRST!, cells: [{ ...FIRST!.cells[0]!, ...cell }] }],
});

Deno.test("renderReport() shows values where there are no scores, and there alone", () => {
  assert(!renderReport(EXAMPLE).includes("12.35"), "a score says more");
  const text = renderReport(withCells({ score: null, low: null, high: null, episodes: 0 }));
  assertStringIncludes(text, "<b>12.35</b><small>value</small>");
});

Deno.test("renderReport() shows no interval from few episodes, and success as what it is", () => {
  assertStringIncludes(
    renderReport(withCells({ low: null, high: null, episodes: 4 })),
    "<small>n = 4</small>",
  );
  assertStringIncludes(renderReport(withCells({ score: 35, isSuccess: true })), "35.0 %");
});

Deno.test("renderReport() says how the serving version acts, where it can do otherwise than sample", () => {
  const shown = renderReport(EXAMPLE);
  assertStringIncludes(shown, "<h2>Acting</h2>");
  assertStringIncludes(shown, "How version 3, which serves, acts");
  assertStringIncludes(shown, "proposer 92.0 (-0.3 to the sampler, n = 20)");
  const samples = renderReport({ ...EXAMPLE, acting: { version: 3, ways: [] } });
  assertEquals(samples.includes("<h2>Acting</h2>"), false);
});

Deno.test("renderReport() says of a transfer after bad learning what it is", () => {
  const measures = { ...EXAMPLE.measures, backwardTransfer: 7, badlyLearnedFirst: true };
  assertStringIncludes(renderReport({ ...EXAMPLE, measures }), "badly learned first");
});

Deno.test("renderReport() shows commands as what can be pasted", () => {
  const text = renderReport({ ...EXAMPLE, problems: ["<b>: run `deno task cugro retry 2 --learner a`"] });
  assertStringIncludes(text, "&#60;b&#62;: run <code>deno task cugro retry 2 --learner a</code>");
});

Deno.test("renderReport() shows the steps done, and what was asked for where a limit cut them", () => {
  const text = renderReport(EXAMPLE);
  assertStringIncludes(text, "<div>60 of 6,000 asked for (maxGeneratorSteps)</div>");
  assertStringIncludes(text, "<div>60</div>");
});

Deno.test("renderReport() says that a version was published in spite of reasons, one below the other", () => {
  const last = EXAMPLE.versions.at(-1)!;
  const decision = "published although 2 reasons speak against it (observe)";
  const versions = [{ ...last, decision, observed: true, reasons: ["task 1 fell", "task <2> fell"] }];
  const text = renderReport({ ...EXAMPLE, versions });
  assertStringIncludes(text, `<b class="observed">${decision}</b>`);
  assertStringIncludes(text, "<summary>2 reasons</summary>");
  assertStringIncludes(text, "<li>task 1 fell</li><li>task &#60;2&#62; fell</li>");
});

Deno.test("renderReport() escapes what comes from outside", () => {
  const text = renderReport(EXAMPLE);
  assert(!text.includes("walk <b>er</b>"));
  assertStringIncludes(text, "walk &#60;b&#62;er");
});

Deno.test("renderReport() shows a learner that has nothing yet", () => {
  const empty = {
    ...EXAMPLE,
    tasks: [],
    versions: [],
    fidelity: [],
    curves: [],
    rawBytes: [],
    keptBytes: [],
    seconds: [],
    steps: [],
  };
  assertStringIncludes(
    renderReport({ ...empty, problems: ["task 1 waits for its dataset"] }),
    "waits for its dataset",
  );
});

Deno.test("renderReport() shows notices as text, whatever they hold", () => {
  const text = renderReport(EXAMPLE);
  assertStringIncludes(text, "task 2: &#60;i&#62;terminals&#60;/i&#62;: every terminal comes at step 20");
  assert(!text.includes("<i>terminals"));
});

Deno.test("renderReport() has no empty table where nothing was learnt yet", () => {
  const empty = {
    tasks: [],
    versions: [],
    fidelity: [],
    curves: [],
    rawBytes: [],
    keptBytes: [],
    seconds: [],
    steps: [],
  };
  const html = renderReport({ ...EXAMPLE, ...empty, problems: ["one.hdf5 was rejected: no rows"] });
  assertEquals(/<tbody>\s*<\/tbody>/.test(html), false);
  assertStringIncludes(html, "None yet.");
});
