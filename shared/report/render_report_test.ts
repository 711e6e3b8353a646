import { assert, assertStringIncludes } from "@std/assert";
import { renderReport } from "./render_report.ts";
import type { ReportCell, ReportData } from "./report_data.ts";

const DROP = { task: 1, best: 2, drop: 12.34, low: 8.1, high: 16.2, episodes: 20 };
const MEASURES = {
  ...{ averagePerformance: 89, backwardTransfer: -4.5, forgetting: 3, worstDrop: DROP },
  badlyLearnedFirst: false,
};

export const EXAMPLE: ReportData = {
  learner: "walk <b>er</b>",
  seed: 3,
  preset: "default",
  created: "2026-01-02T03:04:05Z",
  tasks: [1, 2, 3].map((task) => ({
    task,
    name: `task${task}`,
    environment: `hopper-vel [${task}]`,
    size: 40_000,
    trainingRows: task === 3 ? 10_000 : 40_000,
    anchors: "of the file",
    notices: task === 2 ? ["<i>terminals</i>: every terminal comes at step 20"] : [],
  })),
  versions: [1, 2, 3].map((version) => ({
    version,
    task: version,
    decision: "published",
    observed: false,
    reasons: [],
    cells: Array.from({ length: version }, (_, j) => ({
      ...{ score: 95 - 3 * (version - j), low: 80, high: 104, episodes: 20 },
      ...{ isSuccess: false, valueEstimate: 12.345 },
    })),
    measures: { ...MEASURES, justLearned: 92 },
    seconds: 100,
  })),
  measures: { ...MEASURES, meanPerformance: 91, worstDropEver: { ...DROP, version: 3 } },
  fidelity: [[1, 1, 0], [2, 1, 1], [3, 1, 2], [2, 2, 0], [3, 2, 1], [3, 3, 0]].map((
    [version, task, generation],
  ) => ({
    version: version!,
    task: task!,
    generation: generation!,
    slicedWasserstein: 0.02 + 0.01 * generation!,
    slicedWassersteinFloor: 0.015,
    mmd: 0.01 + 0.004 * generation!,
    mmdFloor: 0.008,
    quantileError: [0.01, 0.02, 0.03],
    quantileFloor: [0.005, 0.006, 0.007],
    rows: generation === 0 ? [{ name: "precision", value: 0.91 }] : [],
  })),
  curves: [1, 2].flatMap((task) =>
    ["states.train", "critic.train"].map((kind) => ({
      task,
      kind,
      name: "loss",
      steps: [1, 10, 20],
      values: [3, 1 / task, null],
    }))
  ),
  rawBytes: [1, 2, 3].map((task) => ({ task, bytes: 6_000_000 })),
  keptBytes: [{ name: "state generator", bytes: 1_900_000 }, { name: "critic", bytes: 900_000 }],
  seconds: [1, 2, 3].flatMap((task) =>
    ["states.train", "critic.train"].map((kind) => ({ task, kind, seconds: 20 * task }))
  ),
  steps: [1, 2, 3].map((task) => ({
    ...{ task, kind: "behavior.train", done: 60, asked: task === 3 ? 6_000 : 60 },
    cutBy: task === 3 ? "maxGeneratorSteps" : null,
  })),
  problems: [],
  knobs: { replay: "generated", stateSteps: 2000 },
};

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
