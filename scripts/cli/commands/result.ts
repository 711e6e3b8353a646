/**
 * What a run ends with: the results matrix and its metrics.
 * @module
 */
import type { NoticeFact } from "@cugro/protocol";
import {
  describeRejection,
  type LearnerStatus,
  observedWarning,
  type TrainingSteps,
  trainingSteps,
} from "@cugro/learners";
import { briefly } from "@cugro/report";
import type { ShownStatus } from "../learners/learners.ts";
import { commandLine, type Place } from "../learners/place.ts";
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
  /** 90 % interval over episodes of each cell. */
  intervals: ([number, number] | null)[][];
  workSeconds: number;
  secondsPerKind: LearnerStatus["secondsPerKind"];
  bytes: LearnerStatus["bytes"];
  /** What is legal in the tasks' data and implausible. */
  notices: ({ task: number } & NoticeFact)[];
  /** Gradient steps of every task's trainings, against what the knobs asked for. */
  steps: TrainingSteps[];
  /** What speaks against the version that serves, where its gate only observes. */
  warnings: string[];
  problems: string[];
}

/**
 * The result in a learner's status.
 *
 * @param place of the learner, for the commands that are advised.
 * @param isOurs whether an arrival, by its number, is this run's: then its rejection is a problem, and others' are not.
 *   @default the rejections since the last accepted file
 */
export function resultOf(
  status: ShownStatus,
  place: Place,
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
    intervals: intervalsOf(status),
    workSeconds: Object.values(secondsPerKind).reduce((sum, seconds) => sum + seconds, 0),
    secondsPerKind,
    bytes,
    notices: status.tasks.flatMap(({ task, notices }) => notices.map((notice) => ({ task, ...notice }))),
    steps: trainingSteps(status.jobs),
    warnings: [observedWarning(status.versions.find(({ version }) => version === head)) ?? []].flat(),
    problems: [...problems, ...parkedVersions(status, place)],
  };
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
  { problems, rejections }: ShownStatus,
  isOurs: (arrival: number) => boolean,
): string[] {
  const all = new Set(rejections.map(describeRejection));
  const ours = rejections.filter(({ seq }) => isOurs(seq)).map(describeRejection);
  return [...problems.filter((problem) => !all.has(problem)), ...ours];
}

/** The parked versions whose tasks have not been learnt, cancelled or retried since, and what can be done. */
function parkedVersions({ learner, versions, tasks }: ShownStatus, place: Place): string[] {
  const open = versions.filter(({ state, task, attempt }) =>
    state === "parked" &&
    tasks.some((fact) => fact.task === task && fact.attempt === attempt && fact.state === "parked")
  );
  return open.map(({ version, task, reasons, promotable }) =>
    `Version ${version} (task ${task}) was parked: ${reasons.join("; ")}. ${
      promotable
        ? `Let it through with: ${commandLine(place, `promote ${version} --learner ${learner.name}`)}`
        : `Learn the task anew with: ${commandLine(place, `retry ${task} --learner ${learner.name}`)}`
    }`
  );
}

/** The metrics of a results matrix in one line. */
export function metricsLine({ averagePerformance, backwardTransfer, forgetting }: RunResult): string {
  return `average performance ${score(averagePerformance)}   backward transfer ${
    score(backwardTransfer)
  }   ` +
    `forgetting ${score(forgetting)}`;
}

/** Prints it for a person. */
export function printResult(result: RunResult): void {
  console.log(
    `\n${result.learner}: score of each task (column) in each version (row); 0 = random, 100 = the data's good policy`,
  );
  printMatrix(result);
  printValues(result);
  console.log(`${metricsLine(result)}   serving version ${result.head ?? "none"}`);
  for (const { task, ...notice } of result.notices) console.log(`task ${task}: ${describeNotice(notice)}`);
  for (const problem of [...result.warnings, ...result.problems]) console.log(`! ${problem}`);
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
