/**
 * A learner's report: one HTML file, complete in itself, no network.
 * @module
 */
import { describeKeptData } from "@cugro/algorithm/knobs";
import {
  byteSize,
  describeSteps,
  duration,
  type Html,
  html,
  page,
  section,
  table,
  withCode,
} from "./html.ts";
import { curvesPlot, secondsPlot } from "./plots.ts";
import { acting } from "./render_acting.ts";
import { estimates } from "./render_estimates.ts";
import { fidelity } from "./render_fidelity.ts";
import { results } from "./render_results.ts";
import type { ReportData } from "./report_data.ts";

/**
 * Renders a report.
 *
 * @param data of `gatherReport`
 * @returns the text of an HTML file
 */
export function renderReport(data: ReportData): string {
  return page(
    data.learner,
    headline(data),
    results(data),
    problems(data),
    acting(data),
    fidelity(data),
    estimates(data),
    losses(data),
    bytes(data),
    time(data),
    tasks(data),
    knobs(data),
  );
}

function headline({ tasks, versions, seed, preset, created, knobs }: ReportData): string {
  const kept = describeKeptData(knobs.replay as string | undefined);
  const last = versions.at(-1);
  const state = last ? `version ${last.version} (${last.decision})` : "no version yet";
  return `${tasks.length} task${
    tasks.length === 1 ? "" : "s"
  } in a row, ${state}; preset ${preset}, seed ${seed}, begun ${created}${kept ? `; ${kept}` : ""}`;
}

function problems({ problems }: ReportData): Html {
  if (problems.length === 0) return html``;
  return html`
    <section class="problems">
      <h2>Problems</h2>
      <ul>${problems.map((problem) => html`<li>${withCode(problem)}</li>`)}</ul>
    </section>
  `;
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
    table(["task", ...kinds], rows, { stacks: true })
  }`;
}

const ORDER =
  "In order of arrival. Of a task with more than maxTrainingRows transitions, trainings read as many, chosen by the learner's seed; " +
  "a tenth of what is read is held out.";

function tasks({ tasks }: ReportData): Html {
  const rows = tasks.map(({ task, revision, name, environment, size, trainingRows, anchors }) => {
    const which = revision === 0 ? task : `${task}, revision ${revision}`;
    return [which, name, environment, ...[size, trainingRows].map((n) => n.toLocaleString("en")), anchors];
  });
  const noticed = tasks.flatMap(({ task, notices }) =>
    notices.map((notice) => html`<li>task ${task}: ${notice}</li>`)
  );
  return section(
    "Tasks",
    noticed.length > 0 ? `${ORDER} Below: what is legal in their data but implausible.` : ORDER,
    table(["task", "name", "environment", "transitions", "read by trainings", "score anchors"], rows, {
      stacks: true,
    }),
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
