/**
 * Questions about methods: how like the data the first samples are, and whether the order of methods is the paper's. Pure.
 * @module
 */
import type { MeasuredRun } from "../grid/measured_run.ts";
import { probabilityOfImprovement } from "@cugro/algorithm/arrays";
import { figure } from "../../cli/runs/summarise_seeds.ts";
import { type Answer, describePoint, pointOf, type Question } from "./question_answer.ts";

/** Distance of the first version's samples, in multiples of what real rows show. */
function firstDistance({ fidelity }: MeasuredRun): number {
  return fidelity.find(({ version, task }) => version === 1 && task === 1)?.distance ?? NaN;
}

const GENERATORS = ["ours", "vae", "gan", "paper-recipe-our-steps"];

function generationQuality(runs: readonly MeasuredRun[]): Answer | null {
  const first = runs.filter(({ order }) => String(order) === "1");
  const streams = [...new Set(first.map(({ stream }) => stream))];
  const points = GENERATORS.flatMap((label) =>
    streams.flatMap((stream) =>
      pointOf(
        label,
        stream,
        first.filter((run) => run.label === label && run.stream === stream),
        firstDistance,
      )
    )
  );
  if (points.length === 0) return null;
  const sentences = GENERATORS.flatMap((label) => {
    const own = points.filter(({ series }) => series === label);
    return own.length === 0 ? [] : [`${label}: ${own.map((one) => describePoint(one)).join(", ")}`];
  });
  return {
    sentence:
      `After one task samples lie this many times as far from the data as equally many real rows do (1 = cannot be told apart): ${
        sentences.join("; ")
      }.`,
    points,
    ...{ x: "stream", y: "sliced Wasserstein distance, multiples of its floor" },
  };
}

/**
 * What is known of the paper's order: no figure of its tables, but that the real data is replay's upper bound, and that
 * diffusion beats the other generators, noise and nothing.
 */
const PAPERS_ORDER = [["oracle", "ours"], ["ours", "vae"], ["ours", "gan"], ["ours", "noise"], [
  "ours",
  "none",
]] as const;

function orderOfMethods(runs: readonly MeasuredRun[]): Answer | null {
  const plain = runs.filter(({ label, method, order }) => label === method && order === undefined);
  const streams = [...new Set(plain.map(({ stream }) => stream))];
  const pairs = streams.flatMap((stream) =>
    PAPERS_ORDER.flatMap(([better, worse]) => {
      const of = (method: string) => plain.filter((run) => run.stream === stream && run.method === method);
      const [a, b] = [of(better), of(worse)];
      if (a.length === 0 || b.length === 0) return [];
      const last = ({ resultsMatrix }: MeasuredRun) => resultsMatrix.at(-1)!.map((score) => score ?? NaN);
      return [{ stream, better, worse, chance: probabilityOfImprovement(a.map(last), b.map(last)) }];
    })
  );
  if (pairs.length === 0) return null;
  const sentences = pairs.map(({ stream, better, worse, chance }) =>
    `${stream}, ${better} above ${worse} ${figure(chance, 2)}`
  );
  const held = pairs.filter(({ chance }) => chance.value > 0.5).length;
  return {
    sentence:
      `${held} of ${pairs.length} pairs stand as in the paper (a run of the first is better on a task with a probability above a half): ${
        sentences.join("; ")
      }.`,
    points: pairs.map(({ stream, better, worse, chance }) => ({
      ...chance,
      ...{ series: stream, x: `${better} > ${worse}` },
    })),
    ...{ x: "pair of methods", y: "probability that a run of the first is better on a task" },
  };
}

/** Questions (a) and (h). */
export const METHOD_QUESTIONS: readonly Question[] = [
  {
    id: "a",
    question: "How good are samples on one task, before any continual learning?",
    ...{ grid: "generation.json", answer: generationQuality },
  },
  { id: "h", question: "Is the order of methods the paper's?", grid: "lean.json", answer: orderOfMethods },
];
