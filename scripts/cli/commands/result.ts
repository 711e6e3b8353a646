/**
 * The result of a run: the results matrix and its metrics.
 * @module
 */
import type { NoticeFact, Problem, ProblemCode } from "@cugro/protocol";
import {
  explainDecision,
  type LearnerMeasures,
  type LearnerStatus,
  pickMeasures,
  type Shown,
  shownVersions,
  type TrainingSteps,
} from "@cugro/learners";
import { rejectionProblem } from "@cugro/problems";
import { briefly, describeDrop } from "@cugro/report/words";
import type { ShownStatus } from "../learners/learners.ts";
import { type Place, withPlace } from "../learners/place.ts";
import { printEstimates } from "./print_estimates.ts";
import { problemText } from "./problems_command.ts";
import { describeNotice, markOf, printMatrix, score } from "./print_output.ts";
import { printTable } from "../terminal_table.ts";

/** The JSON document of `cugro run --json`. */
export interface RunResult extends LearnerMeasures {
  learner: string;
  seed: number;
  preset: string;
  replay: unknown;
  head: number | null;
  tasks: string[];
  resultsMatrix: (number | null)[][];
  /** The critic's mean value of the policy's own actions: there without a simulator, too. */
  valueEstimates: (number | null)[][];
  /** What versions are worth by estimates from data, in points of score. */
  estimates: ShownStatus["estimates"];
  /** Number of each row's version: the valid ones, oldest first. */
  versions: number[];
  /** Scores of parked versions, by task: the basis for promoting one. */
  parked: Omit<Shown, "parked">[];
  /** 90 % interval over episodes of each cell; null with fewer than 5. */
  intervals: ([number, number] | null)[][];
  /** Episodes of each cell. */
  episodes: (number | null)[][];
  /** How far each replay was from real data. */
  fidelity: ShownStatus["fidelity"];
  /** The decision on every version and its outcome, in words. */
  decisions: { version: number; decision: string }[];
  workSeconds: number;
  secondsPerKind: LearnerStatus["secondsPerKind"];
  bytes: LearnerStatus["bytes"];
  /** What is legal in the tasks' data and implausible. */
  notices: ({ task: number } & NoticeFact)[];
  /** Gradient steps of every task's trainings, against what the knobs asked for. */
  steps: TrainingSteps[];
  /** What labels have changed, in words. */
  remarks: string[];
  /** What is wrong and nobody has acknowledged. */
  problems: Problem[];
}

/**
 * The result in a learner's status.
 *
 * @param isOurs whether an arrival, by its number, is this run's: then its rejection is a problem, and others' are not.
 *   @default the rejections since the last accepted file
 * @returns the document of `cugro run --json`
 */
export function resultOf(
  status: ShownStatus,
  isOurs?: (arrival: number) => boolean,
): RunResult {
  const problems = isOurs ? withOurRejections(status, isOurs) : status.problems;
  const { learner, config, head, resultsMatrix, secondsPerKind, bytes } = status;
  return {
    learner: learner.name,
    seed: learner.seed,
    preset: config.preset,
    replay: config.knobs.replay,
    head,
    tasks: status.tasks.map((task) => task.name),
    ...pickMeasures(status),
    resultsMatrix,
    valueEstimates: status.valueEstimates,
    estimates: status.estimates,
    versions: status.validVersions,
    parked: shownVersions(status).flatMap(({ parked, ...row }) => parked ? [row] : []),
    ...intervalsOf(status),
    fidelity: status.fidelity,
    decisions: status.versions.map((version) => ({
      version: version.version,
      decision: explainDecision(version),
    })),
    workSeconds: Object.values(secondsPerKind).reduce((sum, seconds) => sum + seconds, 0),
    secondsPerKind,
    bytes,
    notices: status.tasks.flatMap(({ task, notices }) => notices.map((notice) => ({ task, ...notice }))),
    steps: status.steps,
    remarks: status.remarks,
    problems,
  };
}

function cellsOf({ versions, validVersions, tasks }: ShownStatus) {
  const valid = versions.filter(({ version }) => validVersions.includes(version));
  return valid.map(({ row }) => tasks.map(({ task }) => row.find((cell) => cell.task === task)));
}

function intervalsOf(status: ShownStatus): Pick<RunResult, "intervals" | "episodes"> {
  const cells = cellsOf(status);
  return {
    intervals: cells.map((row) =>
      row.map((cell) => cell && cell.low !== null && cell.high !== null ? [cell.low, cell.high] : null)
    ),
    episodes: cells.map((row) => row.map((cell) => cell?.episodes ?? null)),
  };
}

function withOurRejections(
  { learner, problems, rejections }: ShownStatus,
  isOurs: (arrival: number) => boolean,
): Problem[] {
  const ours = rejections.filter(({ seq }) => isOurs(seq)).map((one) => rejectionProblem(learner.name, one));
  return [...problems.filter(({ code }) => code !== "file.rejected"), ...ours];
}

/** The reasons why a run did not do what it was asked to. */
const FAULTS_OF_RUNS: readonly ProblemCode[] = [
  "task.failed",
  "label.failed",
  "file.rejected",
  "input.lost",
  "version.parked",
];

/** Whether a run has failed to do what it was asked for; other problems are only printed. */
export function hasFaults({ learner, problems }: Pick<RunResult, "learner" | "problems">): boolean {
  return problems.some(({ code, subject }) => subject.learner === learner && FAULTS_OF_RUNS.includes(code));
}

/**
 * The metrics of a results matrix in one line.
 *
 * @param result of a learner
 * @returns a line
 */
export function metricsLine(result: LearnerMeasures): string {
  const bad = result.badlyLearnedFirst ? " (badly learned first)" : "";
  return `average performance ${score(result.averagePerformance)} (${
    score(result.meanPerformance)
  } over all versions)   ` +
    `worst drop ${describeDrop(result.worstDrop)}   forgetting ${score(result.forgetting)}   ` +
    `backward transfer ${score(result.backwardTransfer)}${bad}`;
}

/** Prints it for people, with the scores of parked versions. @param status what it is the result of */
export function printResult(result: RunResult, status: ShownStatus, place: Place): void {
  const shown = shownVersions(status);
  printScores(status, shown);
  printValues(result.tasks, shown);
  printEstimates(status, shown);
  if (result.averagePerformance !== null) console.log(metricsLine(result));
  printEver(result);
  console.log(`serving version ${result.head ?? "none"}`);
  printDecisions(result);
  for (const { task, ...notice } of result.notices) console.log(`task ${task}: ${describeNotice(notice)}`);
  for (const remark of result.remarks) console.log(withPlace(remark, place));
  for (const problem of result.problems) console.log(`! ${problemText(problem, place)}`);
}

/** A drop that was recovered since does not show in the newest version's figures. */
function printEver({ worstDrop, worstDropEver }: RunResult): void {
  if (worstDropEver === null || worstDropEver.drop <= (worstDrop?.drop ?? 0)) return;
  console.log(
    `worst drop of any version ${describeDrop(worstDropEver)}, in version ${worstDropEver.version}`,
  );
}

/** Versions that are valid in spite of reasons, unless a problem says so. */
function printDecisions({ decisions, versions, problems }: RunResult): void {
  for (const { version, decision } of decisions) {
    const isListed = problems.some(({ code, subject }) =>
      code === "version.observed" && subject.version === version
    );
    if (!isListed && versions.includes(version) && decision.includes("although")) {
      console.log(`version ${version} was ${decision}`);
    }
  }
}

/** The results matrix; of tasks that nothing simulates there are values and estimates instead. */
function printScores({ learner, tasks }: ShownStatus, shown: readonly Shown[]): void {
  if (shown.length === 0) return console.log(`\n${learner.name}: no version yet`);
  if (shown.every(({ scores }) => scores.every((one) => one === null))) {
    return console.log(`\n${learner.name}: no version has a score, as its tasks have no simulator`);
  }
  console.log(
    `\n${learner.name}: score of each task (column) in each version (row); 0 = random, 100 = the data's good policy`,
  );
  printMatrix(tasks.map(({ name }) => name), shown);
}

/** Values and estimates of tasks without a simulator. */
function printValues(tasks: readonly string[], shown: readonly Shown[]): void {
  if (shown.every(({ values }) => values.every((value) => value === null))) return;
  console.log(
    "\nwithout a simulator: the critic's value of the policy's own actions, in the task's units of reward",
  );
  printTable(["version", ...tasks], shown.map((row) => [markOf(row), ...row.values.map(briefly)]));
}
