/**
 * The report's first section: figures, versions, results matrix, curves.
 * @module
 */
import { briefly, describeDrop, describeInterval, figure, type Html, html, section, table } from "./html.ts";
import type { AfterLabel } from "@cugro/protocol";
import { scoresPlot } from "./plots.ts";
import type { ReportCell, ReportData, ReportVersion } from "./report_data.ts";

/**
 * What was reached.
 *
 * @param data scores in points; null where a task has no simulator
 * @returns the section "Results": measures, versions, the results matrix and its plot
 */
export function results(data: ReportData): Html {
  return section(
    "Results",
    "Score 0 is random, 100 the data's good policy; where a simulator tells success, it is the per cent of episodes that " +
      "succeed. Scores are never clipped. Intervals are 90 %, over n episodes that start alike in all versions; from fewer " +
      "than 5 there is none.",
    html`<div class="tiles">${tiles(data)}</div>`,
    versionTable(data),
    html`
      <p
        class="note">Each version (row) on each task (column). A task without a simulator has no score but a value: the
            critic's mean for the policy's own actions, a discounted return in the task's units of reward.</p>
    `,
    matrix(data),
    remarks(data),
    scoresPlot(data),
  );
}

function tiles({ measures, versions }: ReportData): Html[] {
  const { worstDropEver: ever, badlyLearnedFirst } = measures;
  const newest = versions.at(-1)?.version;
  const shown: [string, number | null, string][] = [
    ["Average performance", measures.averagePerformance, "mean score over all tasks after the last"],
    [
      "Mean over versions",
      measures.meanPerformance,
      "of the average performance of every version that counts",
    ],
    [
      "Worst drop",
      ever?.drop ?? null,
      ever === null
        ? "no task is old yet"
        : `${describeInterval(ever)}: task ${ever.task} below its best in version ${ever.best}` +
          (ever.version === newest ? "" : `, in version ${ever.version}`),
    ],
    ["Forgetting", measures.forgetting, "drop of the old tasks below the best they were before"],
    [
      "Backward transfer",
      measures.backwardTransfer,
      badlyLearnedFirst
        ? "badly learned first: old tasks have gained since, but were learnt to less than 90"
        : "change of old tasks since they were learnt",
    ],
  ];
  return shown.map(([name, value, meaning]) =>
    html`<div class="tile"><b>${figure(value)}</b><span>${name}</span><small>${meaning}</small></div>`
  );
}

function versionTable({ versions }: ReportData): Html {
  if (versions.length === 0) return html``;
  const rows = versions.map((one) => {
    const { version, task, revision, measures } = one;
    return [
      html`<b>${version}</b>`,
      revision === 0 ? task : `${task}, revision ${revision}`,
      figure(measures.averagePerformance),
      figure(measures.justLearned),
      describeDrop(measures.worstDrop),
      figure(measures.forgetting),
      `${figure(measures.backwardTransfer)}${measures.badlyLearnedFirst ? " (badly learned first)" : ""}`,
      decision(one),
    ];
  });
  const head = [
    ...["version", "new task", "average", "just learned", "worst drop of an old task"],
    ...["forgetting", "backward transfer", "decision"],
  ];
  return table(head, rows, { kind: "versions", stacks: true });
}

/** The verdict in a few words; what a version was parked for, or published in spite of, is folded below it. */
function decision({ decision, reasons, observed }: ReportVersion): Html {
  if (reasons.length === 0) return html`${decision}`;
  const list = html`<ul class="reasons">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`;
  const count = reasons.length === 1 ? "1 reason" : `${reasons.length} reasons`;
  return html`
    <b class="${observed ? "observed" : "parked"}">${decision}</b><details
      class="why"><summary>${count}</summary>${list}</details>
  `;
}

function matrix({ versions, tasks }: ReportData): Html {
  const head = ["version", ...tasks.map(({ task, name }) => html`task ${task}<br><small>${name}</small>`)];
  const rows = versions.map(({ version, decision, cells }) => [
    html`<b>${version}</b>${decision === "parked" ? html`<br><small>parked</small>` : html``}`,
    ...tasks.map((_, index) => html`${scoreCell(cells[index] ?? null)}${mark(cells[index]?.after)}`),
  ]);
  return table(head, rows, { kind: "matrix", stacks: true });
}

const MARKS: Readonly<Record<AfterLabel, string>> = {
  again: "run again after a label; fidelity and value from before it",
  wait: "to be run again after a label",
  failed: "could not be run again after a label",
  lost: "not run again after a label: the weights are gone",
  left: "not run again after a label",
  none: "no simulator since a label",
  rescaled: "other anchors since a label",
};

/** The mark of a cell that changed after a label. */
function mark(after: AfterLabel | undefined): Html {
  return after === undefined ? html`` : html`<br><small>${MARKS[after]}</small>`;
}

/** Changes by labels. */
function remarks({ remarks }: ReportData): Html {
  if (remarks.length === 0) return html``;
  return html`<ul class="remarks">${remarks.map((remark) => html`<li>${remark}</li>`)}</ul>`;
}

function scoreCell(cell: ReportCell | null): Html {
  if (cell === null || (cell.score === null && cell.valueEstimate === null)) {
    return html`<span class="empty">–</span>`;
  }
  const { score, valueEstimate, isSuccess } = cell;
  if (score === null) {
    return html`<span class="cell"><b>${briefly(valueEstimate)}</b><small>value</small></span>`;
  }
  const hue = Math.max(0, Math.min(1, score / 110)) * 125;
  return html`
    <span class="cell" style="background:hsl(${hue.toFixed(0)} 55% 82%)"><b>${figure(score)}${isSuccess
      ? " %"
      : ""}</b
    ><small>${describeInterval(cell)}</small></span>
  `;
}
