/**
 * The report's section on estimates: what versions are worth where nothing simulates their tasks.
 * @module
 */
import type { CellEstimate } from "@cugro/protocol";
import { figure, type Html, html, section, table } from "./html.ts";
import type { ReportData } from "./report_data.ts";

/**
 * The matrix of estimates with what they cannot see; nothing where there is none.
 *
 * @param data cells with an estimate, in points of score
 * @returns the section "Estimates"
 */
export function estimates({ versions, tasks, estimates }: ReportData): Html {
  if (estimates === null) return html``;
  const rows = versions.map(({ cells }) => tasks.map((_, index) => cells[index]?.estimate ?? null));
  const head = ["version", ...tasks.map(({ task, name }) => html`task ${task}<br><small>${name}</small>`)];
  return section(
    "Estimates",
    `${estimates.note} Scores of ${estimates.scale}. Below each estimated score its 90 % interval over the networks that ` +
      "estimate, and what the task has lost " +
      "since it was learnt. What has a score is judged by that, and all else by its estimate.",
    table(
      head,
      versions.map(({ version, decision }, index) => [
        html`<b>${version}</b>${decision === "parked" ? html`<br><small>parked</small>` : html``}`,
        ...rows[index]!.map(estimateCell),
      ]),
      { kind: "matrix", stacks: true },
    ),
  );
}

function estimateCell(estimate: CellEstimate | null): Html {
  if (!estimate) return html`<span class="empty">–</span>`;
  const { score, drop } = estimate;
  const hue = Math.max(0, Math.min(1, score.mean / 110)) * 125;
  const lost = drop
    ? html`<small>lost ${figure(drop.mean)} (${figure(drop.low)} … ${figure(drop.high)})</small>`
    : html``;
  return html`
    <span class="cell" style="background:hsl(${hue.toFixed(0)} 55% 82%)"><b>≈ ${figure(score.mean)}</b
    ><small>${figure(score.low)} … ${figure(score.high)}</small>${lost}</span>
  `;
}
