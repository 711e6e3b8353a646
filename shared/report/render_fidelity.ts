/**
 * The report's section on the replay.
 * @module
 */
import { figure, type Html, html, section, table } from "./html.ts";
import { fidelityPlot } from "./plots.ts";
import type { ReportData, ReportFidelity } from "./report_data.ts";

/**
 * How far what was replayed lies from the real data.
 *
 * @param data an entry for each version and old task
 * @returns the section "Replay fidelity"; a sentence where nothing was generated
 */
export function fidelity({ fidelity: entries }: ReportData): Html {
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
  return table(["version", "task", "generation", "sliced Wasserstein", "MMD", "row metrics"], rows, {
    stacks: true,
  });
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
