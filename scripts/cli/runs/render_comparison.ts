/**
 * A comparison for people: tables for a terminal, and one self-contained HTML page.
 * @module
 */
import { type Gain, type Measured, MIN_RUNS, type OverRuns } from "@cugro/algorithm/arrays";
import { describeInterval, Html, html, page, section, table } from "@cugro/report";
import { score } from "../commands/print_output.ts";
import { printTable } from "../terminal_table.ts";
import type { ComparedRow, Comparison } from "./compare_learners.ts";
import { drawRuns } from "./draw_runs.ts";
import { figure } from "./summarise_seeds.ts";

/** Learners with equal settings are distinguished by their seeds. */
const nameOf = ({ label, seed }: ComparedRow) => `${label} (seed ${seed})`;

/**
 * Prints it.
 *
 * @param comparison of learners
 */
export function printComparison(comparison: Comparison): void {
  const { learners, tasks, reference, seeds, notes } = comparison;
  console.log(`mean score over ${tasks.length} tasks; in brackets 90 % over episodes\n`);
  printTable(
    ["learner", "seed", "average", `against ${reference}`, "worst drop", "forgetting", "transfer"],
    learners.map((one) => [
      ...[one.label, one.seed, measured(one.average), gained(one.gain), worst(one)],
      ...[number(one.measures.forgetting), number(one.measures.backwardTransfer)],
    ]),
  );
  console.log("\neach task\n");
  printTable(
    ["learner", ...tasks],
    learners.map(({ label, cells }) => [
      label,
      ...cells.map((cell) => `${measured(cell.measured)}${cell.gain ? `, ${gained(cell.gain)}` : ""}`),
    ]),
  );
  if (seeds) {
    console.log(`\nover seeds; in brackets 95 %, from ${MIN_RUNS} seeds on\n`);
    printTable(seedsHead(seeds.reference), seedsRows(seeds));
  }
  for (const note of notes) console.log(`\n${note}`);
}

/**
 * The page's text.
 *
 * @param about what it is of, for the headline
 * @returns HTML, self-contained
 */
export function renderComparison(comparison: Comparison, about: string): string {
  const { learners, tasks, seeds } = comparison;
  const runs = learners.map((one) => ({
    ...{ stream: "common tasks", label: one.turned || one.label, id: one.label },
    resultsMatrix: one.resultsMatrix,
  }));
  return page(
    `${learners.length} learners`,
    about,
    learnersSection(comparison),
    section("Each task", "", ...tasks.map((name, task) => taskTable(comparison, name, task))),
    ...seeds ? [seedsSection(seeds)] : [],
    section(
      "After each task",
      "One line a learner.",
      new Html(`<div class="scroll">${drawRuns(runs)}</div>`),
    ),
  );
}

function learnersSection({ learners, tasks, reference, notes }: Comparison): Html {
  return section(
    "Learners",
    `Score 0 is random, 100 the data's good policy (per cent of success where a simulator tells it), of each learner's newest ` +
      `version that counts, on the ${tasks.length} tasks that all have been run on. In brackets 90 % over episodes; differences from ` +
      `${reference} are taken episode by episode where these started alike. Worst drop: of any task below its best, at any version.`,
    table(
      ["learner", "seed", "average", `against ${reference}`, "worst drop", "forgetting", "transfer", "knobs"],
      learners.map((one) => [
        ...[html`<b>${one.label}</b>`, one.seed, measured(one.average), gained(one.gain), worst(one)],
        ...[number(one.measures.forgetting), number(one.measures.backwardTransfer), one.turned || "–"],
      ]),
      { stacks: true },
    ),
    notes.length > 0 ? html`<ul class="remarks">${notes.map((note) => html`<li>${note}</li>`)}</ul>` : html``,
  );
}

function taskTable({ learners, reference }: Comparison, name: string, task: number): Html {
  const rows = learners.map((one) => {
    const { measured: found, gain } = one.cells[task]!;
    return [nameOf(one), score(found.mean), describeInterval(found), gained(gain)];
  });
  return html`<h3>${name}</h3>${
    table(["learner", "score", "90 % over episodes", `against ${reference}`], rows, { stacks: true })
  }`;
}

function seedsSection(seeds: NonNullable<Comparison["seeds"]>): Html {
  return section(
    "Over seeds",
    `Learners that are set alike. In brackets 95 % over seeds (bootstrap, stratified by task for IQM), from ${MIN_RUNS} seeds on. AP: ` +
      "mean over tasks of the last version; IQM: interquartile mean over seeds and tasks; differences of AP are paired by seed.",
    table(seedsHead(seeds.reference), seedsRows(seeds), { stacks: true }),
  );
}

const seedsHead = (reference: string) => [
  ...["knobs", "seeds", "AP", "IQM", "mean AP", "just learned", "worst drop", "forgetting", "transfer"],
  ...[`against ${reference}`, "P(better)"],
];

function seedsRows({ rows }: NonNullable<Comparison["seeds"]>): (string | number)[][] {
  return rows.map((one) => [
    ...[one.label, one.seeds.length, figure(one.averagePerformance), figure(one.interquartileMean)],
    ...[figure(one.meanPerformance), figure(one.justLearned), number(one.worstDrop)],
    ...[figure(one.forgetting), figure(one.backwardTransfer)],
    ...[signed(turned(one.referenceMinus, 0)), figure(turned(one.referenceIsBetter, 1), 2)],
  ]);
}

/** A difference turned round, so that it is about the other learner: `from` less it. */
function turned(over: OverRuns | null, from: number): OverRuns | null {
  if (!over) return null;
  const { value, low, high, runs } = over;
  return {
    value: from - value,
    low: high === null ? null : from - high,
    high: low === null ? null : from - low,
    runs,
  };
}

const signed = (over: OverRuns | null) => over && over.value > 0 ? `+${figure(over)}` : figure(over);

const number = (value: number) => score(Number.isFinite(value) ? value : null);

const worst = ({ measures }: ComparedRow) => number(measures.worstDrop);

function measured({ mean, low, high }: Measured): string {
  return low === null || high === null ? score(mean) : `${score(mean)} [${score(low)}, ${score(high)}]`;
}

/** `+2.1 [0.4, 3.9]`; unpaired ones are marked. */
function gained(gain: Gain | null): string {
  if (!gain) return "–";
  const sign = gain.gain > 0 ? "+" : "";
  const bounds = gain.interval ? ` [${gain.interval.map((one) => score(one)).join(", ")}]` : "";
  return `${sign}${score(gain.gain)}${bounds}${gain.paired ? "" : " unpaired"}`;
}
