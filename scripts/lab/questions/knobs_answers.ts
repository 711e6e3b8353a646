/**
 * Questions about knobs: how strongly old heads are held, guidance, and the mixing of new and old rows. Pure.
 * @module
 */
import { presets } from "@cugro/algorithm/knobs";
import type { MeasuredRun } from "../grid/measured_run.ts";
import { differenceOver, meanOver } from "@cugro/algorithm/arrays";
import { figure } from "../../cli/runs/summarise_seeds.ts";
import {
  type Answer,
  byKnob,
  describePoint,
  pointOf,
  type Question,
  runsOfStream,
} from "./question_answer.ts";

/** The figure of each value of a knob on one stream. @param others what is drawn beside what the sentence is about */
function sweep(
  runs: readonly MeasuredRun[],
  { knob, own, about }: { knob: string; own: string; about: string },
  figures: Readonly<Record<string, (run: MeasuredRun) => number>>,
): Answer | null {
  // Of one preset, that of the runs that turn the knob.
  const plain = runsOfStream(runs, "cheetah-vel");
  const { preset } = plain.find(({ settings }) => settings.some((one) => one.startsWith(`${knob}=`))) ?? {};
  const groups = byKnob(plain.filter((run) => run.preset === preset), knob, own);
  if (groups.size < 2) return null;
  const place = (value: string) => Number.isNaN(Number(value)) ? Infinity : Number(value);
  const values = [...groups.keys()].sort((a, b) => place(a) === place(b) ? 0 : place(a) - place(b));
  const points = Object.entries(figures).flatMap(([series, value]) =>
    values.flatMap((x) => pointOf(series, x, groups.get(x)!, value))
  );
  const sentences = Object.keys(figures).map((series) =>
    `${series} at ${
      points.filter((one) => one.series === series).map((one) => describePoint(one)).join(", ")
    }`
  );
  return {
    sentence: `${about} (the preset has ${own}): ${sentences.join("; ")}.`,
    points,
    ...{ x: knob, y: "points of score" },
  };
}

function lambda(runs: readonly MeasuredRun[]): Answer | null {
  const own = String(presets.default.distillationWeight);
  return sweep(runs, { knob: "distillationWeight", own, about: "By the weight lambda of retention" }, {
    "forgetting": ({ forgetting }) => forgetting,
    "average performance": ({ averagePerformance }) => averagePerformance,
  });
}

function mixing(runs: readonly MeasuredRun[]): Answer | null {
  const own = String(presets.default.newTaskShare);
  return sweep(runs, { knob: "newTaskShare", own, about: "By the new task's share of a batch" }, {
    "average performance": ({ averagePerformance }) => averagePerformance,
    "just learned": ({ justLearned }) => justLearned,
    "forgetting": ({ forgetting }) => forgetting,
  });
}

const GENERATIONS = "cheetah-ten";

function guidance(runs: readonly MeasuredRun[]): Answer | null {
  const of = (label: string) => runsOfStream(runs, GENERATIONS).filter((run) => run.label === label);
  const [ours, guided] = [of("ours"), of("guided")];
  const pairs = ours.flatMap((run) => {
    const other = guided.find(({ seed }) => seed === run.seed);
    return other ? [[run, other] as const] : [];
  });
  if (pairs.length === 0) return null;
  const versions = pairs[0]![0].resultsMatrix.length;
  const distance = ({ fidelity }: MeasuredRun, at: number) =>
    fidelity.find(({ version, task }) => version === at && task === 1)?.distance ?? NaN;
  const points = [["as it is", ours], ["guided", guided]].flatMap(([series, group]) =>
    Array.from({ length: versions - 1 }, (_, i) => i + 1).flatMap((generation) =>
      pointOf(series as string, generation, group as MeasuredRun[], (run) => distance(run, generation + 1))
    )
  );
  const gained = differenceOver(
    pairs.map(([, one]) => one.averagePerformance),
    pairs.map(([one]) => one.averagePerformance),
  );
  const farther = (at: number) =>
    figure(meanOver(pairs.map(([one, other]) => distance(other, at) - distance(one, at))), 2);
  return {
    sentence: `With guidance the first task's replay lies ${
      farther(2)
    } multiples of its floor farther from the data after one generation and ${farther(versions)} after ${
      versions - 1
    }, and average performance is ${figure(gained)} points higher (${pairs.length} pairs of runs).`,
    points,
    ...{ x: "generations of replay", y: "distance of the first task's replay, multiples of its floor" },
  };
}

/** Questions (b), (f) and (g). */
export const KNOB_QUESTIONS: readonly Question[] = [
  {
    id: "b",
    question: "How does forgetting depend on the weight lambda of retention?",
    ...{ grid: "lambda.json", answer: lambda },
  },
  {
    id: "f",
    question: "Does guidance help, over one generation and over ten?",
    ...{ grid: "guidance.json", answer: guidance },
  },
  {
    id: "g",
    question: "How much of a batch should be the new task's?",
    ...{ grid: "mixing.json", answer: mixing },
  },
];
