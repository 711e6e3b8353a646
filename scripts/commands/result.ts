/**
 * What a run ends with: the results matrix and its metrics.
 * @module
 */
import { type LearnerStatus, learnerStatus } from "@cugro/coordinator";
import type { Store } from "@cugro/platform";
import { printMatrix, score } from "./output.ts";

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
  /** 90 % interval over episodes of each cell. */
  intervals: ([number, number] | null)[][];
  workSeconds: number;
  secondsPerKind: LearnerStatus["secondsPerKind"];
  bytes: LearnerStatus["bytes"];
  problems: string[];
}

/** Reads the result of a learner from its facts. */
export async function readResult(store: Store, name: string): Promise<RunResult> {
  const status = await learnerStatus(store, name);
  const valid = status.versions.filter(({ version }) => status.validVersions.includes(version));
  const intervals = valid.map(({ row }) =>
    status.tasks.map(({ task }) => {
      const cell = row.find((entry) => entry.task === task);
      return cell && cell.low !== null && cell.high !== null
        ? [cell.low, cell.high] as [number, number]
        : null;
    })
  );
  const {
    learner,
    config,
    head,
    tasks,
    averagePerformance,
    backwardTransfer,
    forgetting,
    resultsMatrix,
    secondsPerKind,
    bytes,
  } = status;
  return {
    learner: name,
    seed: learner.seed,
    preset: config.preset,
    replay: config.knobs.replay,
    head,
    tasks: tasks.map((task) => task.name),
    averagePerformance,
    backwardTransfer,
    forgetting,
    resultsMatrix,
    intervals,
    workSeconds: Object.values(secondsPerKind).reduce((sum, seconds) => sum + seconds, 0),
    secondsPerKind,
    bytes,
    problems: problemsOf(status),
  };
}

/** What a person must see to, parked versions included. */
function problemsOf({ problems, versions }: LearnerStatus): string[] {
  const parked = versions.filter(({ state }) => state === "parked");
  return [
    ...problems,
    ...parked.map(({ version, task, reasons, promotable }) =>
      `Version ${version} (task ${task}) was parked: ${reasons.join("; ")}. ${
        promotable ? `Let it through with: promote ${version}` : `Learn the task anew with: retry ${task}`
      }`
    ),
  ];
}

/** Prints it for a person. */
export function printResult(result: RunResult): void {
  console.log(
    `\n${result.learner}: score of each task (column) in each version (row); 0 = random, 100 = the data's good policy`,
  );
  printMatrix(result.resultsMatrix, result.tasks);
  console.log(
    `average performance ${score(result.averagePerformance)}   backward transfer ${
      score(result.backwardTransfer)
    }   ` +
      `forgetting ${score(result.forgetting)}   serving version ${result.head ?? "none"}`,
  );
  for (const problem of result.problems) console.log(`! ${problem}`);
}
