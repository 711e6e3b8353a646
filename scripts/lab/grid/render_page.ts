/**
 * A grid's results as one HTML page, complete in itself.
 * @module
 */
import { Html, html, page, section, table } from "@cugro/report";
import { MIN_RUNS } from "@cugro/algorithm/arrays";
import { score } from "../../cli/commands/print_output.ts";
import { streamOf } from "../../cli/runs/summarise_seeds.ts";
import type { MeasuredRun } from "./measured_run.ts";
import { methodOf } from "./methods.ts";
import { type GridSummary, headOf, tableRows } from "./grid_table.ts";
import type { GridResults } from "./write_results.ts";

/** The page's text. */
export function renderPage(results: GridResults, summaries: readonly GridSummary[], picture: string): string {
  const { about, command, coreHours, runs } = results;
  const used = [...new Set(runs.map(({ method }) => method))];
  return page(
    about,
    html`<p>Made by <code>${command}</code>: ${runs.length} runs, ${coreHours.done.toFixed(1)} hours of a core
      (${coreHours.unshared.toFixed(1)} had they shared nothing).</p>`,
    section(
      "Over seeds",
      `Scores: 0 = random, 100 = the data's good policy (per cent of success where a stream has it). In brackets 95 % over ` +
        `seeds (bootstrap, stratified by task for IQM), from ${MIN_RUNS} seeds on. AP: mean over tasks of the last version; IQM: ` +
        `interquartile mean over seeds and tasks; ours minus: difference of AP, paired by seed; FWT: the area under the score while tasks are learnt minus that of learning each alone; worst drop: the largest of any ` +
        `task below its best, at any version of any seed.`,
      table(headOf(summaries), tableRows(summaries)),
      html`<ul>${used.map((name) => html`<li><b>${name}</b>: ${methodOf(name).about}</li>`)}</ul>`,
    ),
    section("After each task", "One line a run.", new Html(`<div class="scroll">${picture}</div>`)),
    section(
      "Every run",
      "Row: version, column: task; below each score its 90 % interval over episodes.",
      ...runs.map(renderRun),
    ),
  );
}

function renderRun(run: MeasuredRun): Html {
  const { resultsMatrix, intervals, settings, preset, seed, label } = run;
  const rows = resultsMatrix.map((row, version) => [
    version + 1,
    ...row.map((value, task) => {
      const interval = intervals[version]?.[task];
      const bounds = interval
        ? html`<br><small>${interval.map((one) => score(one)).join(" – ")}</small>`
        : html``;
      return html`${score(value)}${bounds}`;
    }),
  ]);
  const columns = resultsMatrix[0]!.map((_, task) => `task ${task + 1}`);
  return html`<details><summary>${streamOf(run)}, ${label}, seed ${seed}: average performance
      ${score(run.averagePerformance)}</summary>
    <p class="note">preset ${preset}, ${settings.join(" ")}</p>${
    table(["version", ...columns], rows)
  }</details>`;
}
