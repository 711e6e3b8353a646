/**
 * What each figure of a learner's page is, and where it comes from, in words.
 * @module
 */
import type { Source } from "../parts/source_note.tsx";
import { type Doing, pathOf } from "../state/command_lines.ts";

interface FigureText {
  title: string;
  note?: string;
  isWide?: boolean;
  words: string;
  /** Behind the learner in the address of the request. */
  path: string;
  /** Whether this command tells it, too. */
  command?: "status" | "versions";
}

const FIGURES = {
  work: {
    title: "Current work",
    isWide: true,
    words:
      "The jobs of the task and what each reads; rate, time left and worker from the progress that they report.",
    path: "/jobs",
    command: "status",
  },
  losses: {
    title: "Losses",
    isWide: true,
    words:
      "Finished trainings: the artifact “curves”. Running ones: what the gateway has received, at most 2,000 points.",
    path: "/jobs/JOB/curves",
  },
  matrix: {
    title: "Results",
    note:
      "Each version (row) on each task (column): 0 is random, 100 the data's good policy; below, the 90 % interval over " +
      "episodes. ▼ marks a task that fell further below its best than the gate allows, with a question mark where its " +
      "interval reaches back over that bound.",
    words: "Facts of the versions; each cell is linked to the evaluation that it is from.",
    path: "/history",
    command: "versions",
  },
  scores: {
    title: "Score of every task over versions",
    note: "For a single task, also the intervals and the lowest score that the gate accepts.",
    words:
      "The results matrix of the valid versions; bounds are those of the gate (maxForgetting, minNewTaskScore).",
    path: "/history",
  },
  fidelity: {
    title: "What the replay remembers",
    note:
      "How far each old task's pseudo-samples are from its held-out rows (sliced Wasserstein), in multiples of the distance " +
      "that real rows have from each other.",
    words: "Measured by the evaluations of old tasks, against the sketch made at import.",
    path: "/history",
  },
  traffic: {
    title: "Requests to its policies",
    note: "An observation beyond 99.9 % of the task's held-out rows is unusual: 1 in 1,000 can be expected.",
    words: "Counted by this gateway since it was started, for the last hour.",
    path: "/traffic",
  },
  bytes: {
    title: "Bytes",
    note: "Generators and critic are the policy itself; the cost of remembering is the state generator.",
    words: "Sizes of the tasks' datasets and of the newest version's artifacts.",
    path: "",
    command: "status",
  },
  ledger: {
    title: "Core-seconds",
    note: "Seconds of work times the threads of each job.",
    words: "Results of all finished jobs, by the task that was being learnt.",
    path: "",
    command: "status",
  },
} as const satisfies Record<string, FigureText>;

/** A figure's name, as it stands in the page. */
export type FigureId = keyof typeof FIGURES;

/** Title, note and source of a figure of a learner. */
export function aboutFigure(
  id: FigureId,
  learner: string,
): { id: string; title: string; note: string | undefined; isWide: boolean; source: Source } {
  const { title, note, isWide = false, words, path, command }: FigureText = FIGURES[id];
  const doing: Doing = {
    method: "GET",
    path: pathOf(learner, path),
    ...command === undefined ? {} : { command: [command, "--learner", learner] },
  };
  return { id, title, note, isWide, source: { words, doing } };
}
