/**
 * What a run ends with: the results matrix and its metrics.
 * @module
 */
import type { NoticeFact, Problem, ProblemCode } from "@cugro/protocol";
import { type LearnerStatus, type TrainingSteps, trainingSteps } from "@cugro/learners";
import { rejectionProblem } from "@cugro/problems";
import { briefly } from "@cugro/report";
import type { ShownStatus } from "../learners/learners.ts";
import type { Place } from "../learners/place.ts";
import { sayProblem } from "./problems.ts";
import { describeNotice, printMatrix, printTable, score } from "./output.ts";

/** The JSON document of `cugro run --json`. */
export interface RunResult {
  learner: string;
  seed: number;
  preset: string;
  replay: unknown;
  head: number | null;
  tasks: string[];
  averagePerformance: number | null;
  backwardTransfer: number | null;
  forgetting: number | null;
  resultsMatrix: (number | null)[][];
  /** The critic's mean value of the policy's own actions: there without a simulator, too. */
  valueEstimates: (number | null)[][];
  /** Number of each row's version: the valid ones, oldest first. */
  versions: number[];
  /** Scores of the versions that are parked, by task: what a decision to let one through is about. */
  parked: { version: number; scores: (number | null)[] }[];
  /** 90 % interval over episodes of each cell. */
  intervals: ([number, number] | null)[][];
  workSeconds: number;
  secondsPerKind: LearnerStatus["secondsPerKind"];
  bytes: LearnerStatus["bytes"];
  /** What is legal in the tasks' data and implausible. */
  notices: ({ task: number } & NoticeFact)[];
  /** Gradient steps of every task's trainings, against what the knobs asked for. */
  steps: TrainingSteps[];
  /** What is wrong and nobody has acknowledged. */
  problems: Problem[];
}

/**
 * The result in a learner's status.
 *
 * @param isOurs whether an arrival, by its number, is this run's: then its rejection is a problem, and others' are not.
 *   @default the rejections since the last accepted file
 */
export function resultOf(
  status: ShownStatus,
  isOurs?: (arrival: number) => boolean,
): RunResult {
  const problems = isOurs ? withOurRejections(status, isOurs) : status.problems;
  const { learner, config, head, averagePerformance, backwardTransfer, forgetting, resultsMatrix } = status;
  const { secondsPerKind, bytes } = status;
  return {
    learner: learner.name,
    seed: learner.seed,
    preset: config.preset,
    replay: config.knobs.replay,
    head,
    tasks: status.tasks.map((task) => task.name),
    averagePerformance,
    backwardTransfer,
    forgetting,
    resultsMatrix,
    valueEstimates: status.valueEstimates,
    versions: status.validVersions,
    parked: parkedRows(status),
    intervals: intervalsOf(status),
    workSeconds: Object.values(secondsPerKind).reduce((sum, seconds) => sum + seconds, 0),
    secondsPerKind,
    bytes,
    notices: status.tasks.flatMap(({ task, notices }) => notices.map((notice) => ({ task, ...notice }))),
    steps: trainingSteps(status.jobs),
    problems,
  };
}

function parkedRows({ versions, tasks }: ShownStatus): RunResult["parked"] {
  return versions.filter(({ state }) => state === "parked").map(({ version, row }) => ({
    version,
    scores: tasks.map(({ task }) => row.find((cell) => cell.task === task)?.meanScore ?? null),
  }));
}

function intervalsOf({ versions, validVersions, tasks }: ShownStatus): RunResult["intervals"] {
  const valid = versions.filter(({ version }) => validVersions.includes(version));
  return valid.map(({ row }) =>
    tasks.map(({ task }) => {
      const cell = row.find((entry) => entry.task === task);
      return cell && cell.low !== null && cell.high !== null ? [cell.low, cell.high] : null;
    })
  );
}

function withOurRejections(
  { learner, problems, rejections }: ShownStatus,
  isOurs: (arrival: number) => boolean,
): Problem[] {
  const ours = rejections.filter(({ seq }) => isOurs(seq)).map((one) => rejectionProblem(learner.name, one));
  return [...problems.filter(({ code }) => code !== "file.rejected"), ...ours];
}

/** What keeps a run from having done what it was asked to. */
const FAULTS_OF_RUNS: readonly ProblemCode[] = [
  "task.failed",
  "file.rejected",
  "input.lost",
  "version.parked",
];

/** Whether a run has not come to what it was asked for; what is wrong elsewhere, or with a result, is only said. */
export function hasFaults({ learner, problems }: Pick<RunResult, "learner" | "problems">): boolean {
  return problems.some(({ code, subject }) => subject.learner === learner && FAULTS_OF_RUNS.includes(code));
}

/** The metrics of a results matrix in one line. */
export function metricsLine({ averagePerformance, backwardTransfer, forgetting }: RunResult): string {
  return `average performance ${score(averagePerformance)}   backward transfer ${
    score(backwardTransfer)
  }   ` +
    `forgetting ${score(forgetting)}`;
}

/** Prints it for a person. */
export function printResult(result: RunResult, place: Place): void {
  console.log(
    `\n${result.learner}: score of each task (column) in each version (row); 0 = random, 100 = the data's good policy`,
  );
  printMatrix(result);
  printValues(result);
  console.log(`${metricsLine(result)}   serving version ${result.head ?? "none"}`);
  for (const { task, ...notice } of result.notices) console.log(`task ${task}: ${describeNotice(notice)}`);
  for (const problem of result.problems) console.log(`! ${sayProblem(problem, place)}`);
}

/** What there is to see of tasks without a simulator. */
function printValues({ tasks, versions, resultsMatrix, valueEstimates }: RunResult): void {
  const shown = valueEstimates.map((row, version) =>
    row.map((value, task) => resultsMatrix[version]![task] === null ? value : null)
  );
  if (shown.flat().every((value) => value === null)) return;
  console.log(
    "\nwithout a simulator: the critic's value of the policy's own actions, in the task's units of reward",
  );
  printTable(["version", ...tasks], shown.map((row, index) => [versions[index]!, ...row.map(briefly)]));
}
