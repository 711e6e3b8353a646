/**
 * A learner's report: one HTML file, complete in itself, no network.
 * @module
 */
import { briefly, byteSize, describeSteps, duration, figure, Html, html, table } from "./html.ts";
import { curvesPlot, fidelityPlot, scoresPlot, secondsPlot } from "./plots.ts";
import type { ReportData, ReportFidelity, ReportVersion } from "./report_data.ts";
import { STYLE } from "./style.ts";

/** Renders a report. @returns the text of an HTML file */
export function renderReport(data: ReportData): string {
  const body = html`
    <header>
      <h1>${data.learner}</h1>
      <p>${headline(data)}</p>
    </header>
    <main>${[
      scores(data),
      problems(data),
      fidelity(data),
      losses(data),
      bytes(data),
      time(data),
      tasks(data),
      knobs(data),
    ]}</main>
  `;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html`CuGRO report: ${data.learner}`.text}</title><style>${STYLE}</style></head>
<body>${body.text}</body></html>\n`;
}

function section(title: string, explanation: string, ...content: Html[]): Html {
  return html`<section><h2>${title}</h2><p class="note">${explanation}</p>${content}</section>`;
}

function headline({ tasks, versions, seed, preset, created }: ReportData): string {
  const last = versions.at(-1);
  const state = last ? `version ${last.version} (${last.decision})` : "no version yet";
  return `${tasks.length} task${
    tasks.length === 1 ? "" : "s"
  } in a row, ${state}; preset ${preset}, seed ${seed}, begun ${created}`;
}

function scores(data: ReportData): Html {
  const tiles = [
    ["Average performance", data.averagePerformance, "mean score over all tasks after the last"],
    ["Backward transfer", data.backwardTransfer, "change of old tasks since they were learnt"],
    ["Forgetting", data.forgetting, "drop of the old tasks below the best they ever were"],
  ] as const;
  const cards = tiles.map(([name, value, meaning]) =>
    html`<div class="tile"><b>${figure(value)}</b><span>${name}</span><small>${meaning}</small></div>`
  );
  return section(
    "Results",
    "Row: version. Column: task. Score 0 is random, 100 the data's good policy; scores are never clipped. " +
      "Below each score the 90 % interval over evaluation episodes. A task without a simulator has no score but a value: " +
      "the critic's mean for the policy's own actions, a discounted return in the task's units of reward.",
    html`<div class="tiles">${cards}</div>`,
    matrix(data),
    scoresPlot(data),
  );
}

function matrix({ versions, tasks }: ReportData): Html {
  const head = [
    "version",
    ...tasks.map(({ task, name }) => html`task ${task}<br><small>${name}</small>`),
    "decision",
  ];
  const rows = versions.map((version) => [
    html`<b>${version.version}</b> <small>task ${version.task}</small>`,
    ...tasks.map((_, index) =>
      version.scores[index] == null
        ? valueCell(version.valueEstimates[index] ?? null)
        : scoreCell(version.scores[index], version.low[index] ?? null, version.high[index] ?? null)
    ),
    decision(version),
  ]);
  return new Html(table(head, rows).text.replace("<table>", '<table class="matrix">'));
}

function decision({ decision, reasons, observed }: ReportVersion): Html {
  if (reasons.length === 0) return html`${decision}`;
  const list = html`<ul class="reasons">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`;
  return html`${observed ? html`<b class="observed">${decision}</b>` : decision}${list}`;
}

function valueCell(value: number | null): Html {
  if (value === null) return html`<span class="empty">–</span>`;
  return html`<span class="cell"><b>${briefly(value)}</b><small>value</small></span>`;
}

function scoreCell(score: number, low: number | null, high: number | null): Html {
  const hue = Math.max(0, Math.min(1, score / 110)) * 125;
  return html`
    <span class="cell"
      style="background:hsl(${hue.toFixed(0)} 55% 82%)"><b>${figure(score)}</b><small>${figure(
        low,
      )} … ${figure(high)}</small></span>
  `;
}

function problems({ problems }: ReportData): Html {
  if (problems.length === 0) return html``;
  return html`
    <section class="problems">
      <h2>Problems</h2>
      <ul>${problems.map((problem) => html`<li>${problem}</li>`)}</ul>
    </section>
  `;
}

function fidelity({ fidelity: entries }: ReportData): Html {
  const explanation =
    "How far pseudo-samples lie from held-out real rows of the same task, in the task's normalised units. In the version that " +
    "learnt the task: samples of its new generators; in later ones: the shards that version was trained with, drawn from its " +
    "parent. Generation: how often the generators had by then been trained on their own samples. Dashed, hollow: what real rows " +
    "themselves show at that sample size.";
  if (entries.length === 0) {
    return section("Replay fidelity", "This run replayed nothing that was generated.");
  }
  const sliced = fidelityPlot(
    entries,
    (e) => e.slicedWasserstein,
    (e) => e.slicedWassersteinFloor,
    "sliced Wasserstein",
  );
  const kernel = fidelityPlot(entries, (e) => e.mmd, (e) => e.mmdFloor, "maximum mean discrepancy");
  return section(
    "Replay fidelity",
    explanation,
    html`<div class="pair">${[sliced, kernel]}</div>`,
    fidelityTable(entries),
    quantileTable(entries),
  );
}

function fidelityTable(entries: readonly ReportFidelity[]): Html {
  const rows = entries.map((entry) => [
    entry.version,
    entry.task,
    entry.generation,
    `${figure(entry.slicedWasserstein, 4)} (floor ${figure(entry.slicedWassersteinFloor, 4)})`,
    `${figure(entry.mmd, 4)} (floor ${figure(entry.mmdFloor, 4)})`,
    entry.rows.map(({ name, value }) => `${name} ${figure(value, 3)}`).join(", ") || "–",
  ]);
  return table(["version", "task", "generation", "sliced Wasserstein", "MMD", "row metrics"], rows);
}

function quantileTable(entries: readonly ReportFidelity[]): Html {
  const widest = Math.max(...entries.map(({ quantileError }) => quantileError.length));
  const head = ["version", "task", ...Array.from({ length: widest }, (_, index) => `d${index + 1}`)];
  const rows = entries.map((entry) => [
    entry.version,
    entry.task,
    ...entry.quantileError.map((error, index) =>
      html`${figure(error, 3)}<br><small>${figure(entry.quantileFloor[index], 3)}</small>`
    ),
  ]);
  return html`<details><summary>Mean quantile error of each dimension (states, then actions); below it the floor</summary>${
    table(head, rows)
  }</details>`;
}

function losses({ curves }: ReportData): Html {
  const kinds = [...new Set(curves.map(({ kind, name }) => `${kind}: ${name}`))].sort();
  const plots = kinds.map((title) =>
    curvesPlot(curves.filter(({ kind, name }) => `${kind}: ${name}` === title), title)
  );
  return section(
    "Losses",
    "Smoothed by the mean over a few steps; each task starts with fresh optimiser state.",
    html`<div class="pair">${plots}</div>`,
  );
}

function bytes({ rawBytes, keptBytes }: ReportData): Html {
  const raw = rawBytes.reduce((sum, entry) => sum + entry.bytes, 0);
  const kept = keptBytes.reduce((sum, entry) => sum + entry.bytes, 0);
  const rows = [
    ...rawBytes.map(({ task, bytes }) => [`data of task ${task}`, byteSize(bytes), ""]),
    ...keptBytes.map(({ name, bytes }) => [name, "", byteSize(bytes)]),
    [html`<b>together</b>`, html`<b>${byteSize(raw)}</b>`, html`<b>${byteSize(kept)}</b>`],
  ];
  const explanation =
    "The behavior generator and the critic are the policy itself and would be kept in any case; " +
    "what replay costs is the state generator.";
  return section("Bytes", explanation, table(["", "raw data (may be deleted)", "kept"], rows));
}

function time(data: ReportData): Html {
  const total = data.seconds.reduce((sum, entry) => sum + entry.seconds, 0);
  return section(
    "Time",
    `${duration(total)} of work over all workers.`,
    secondsPlot(data),
    stepsTable(data),
  );
}

/** Gradient steps by task and kind. */
function stepsTable({ steps }: ReportData): Html {
  if (steps.length === 0) return html``;
  const kinds = [...new Set(steps.map(({ kind }) => kind))].sort();
  const rows = [...new Set(steps.map(({ task }) => task))].map((task) => [
    task,
    ...kinds.map((kind) => {
      const found = steps.find((one) => one.task === task && one.kind === kind);
      return found ? describeSteps(found) : "–";
    }),
  ]);
  return html`<p class="note">Gradient steps done, and where a limit cut them, what was asked for.</p>${
    table(["task", ...kinds], rows)
  }`;
}

const ORDER =
  "In order of arrival. Of a task with more than maxTrainingRows transitions, trainings read as many, chosen by the learner's seed; " +
  "a tenth of what is read is held out.";

function tasks({ tasks }: ReportData): Html {
  const rows = tasks.map((
    { task, name, environment, size, trainingRows, anchors },
  ) => [task, name, environment, size.toLocaleString("en"), trainingRows.toLocaleString("en"), anchors]);
  const noticed = tasks.flatMap(({ task, notices }) =>
    notices.map((notice) => html`<li>task ${task}: ${notice}</li>`)
  );
  return section(
    "Tasks",
    noticed.length > 0 ? `${ORDER} Below: what is legal in their data but implausible.` : ORDER,
    table(["task", "name", "environment", "transitions", "read by trainings", "score anchors"], rows),
    noticed.length > 0 ? html`<ul class="notices">${noticed}</ul>` : html``,
  );
}

function knobs({ knobs }: ReportData): Html {
  const rows = Object.entries(knobs).sort(([a], [b]) => (a < b ? -1 : 1)).map((
    [name, value],
  ) => [name, JSON.stringify(value)]);
  return section(
    "Configuration",
    "Every knob, as the last task was learnt with.",
    html`<details><summary>${rows.length} knobs</summary>${table(["knob", "value"], rows)}</details>`,
  );
}
