/**
 * A learner's facts -> the data of its report.
 * @module
 */
import {
  createCache,
  describeActing,
  describeDecision,
  describeScale,
  estimateNote,
  isObserved,
  type JobStatus,
  type LearnerStatus,
  learnerStatus,
  pickMeasures,
  shownBy,
  trainingSteps,
} from "@cugro/learners";
import { gatherProblems, withCommands } from "@cugro/problems";
import type { Store } from "@cugro/store";
import { lossesOf } from "@cugro/tables";
import { describeEnvironment, describeProblem, type JsonObject } from "@cugro/protocol";
import type { ReportData, ReportFidelity, ReportVersion } from "./report_data.ts";

/** A command as it is typed on a machine with this repository. */
const plainCommand = (words: string) => `deno task cugro ${words}`;

/**
 * Reads everything a report shows.
 *
 * @param complete makes a line that can be pasted of `promote 2 --learner mine`: where the learner is belongs to it
 * @param store to read
 * @param name of the learner
 * @returns what `renderReport` takes
 * @throws {RangeError} when there is no such learner
 *
 * @example
 * ```ts
 * import { createLearner } from "@cugro/learners";
 * import { gatherReport, renderReport } from "@cugro/report";
 * import { openFilesystemStore } from "@cugro/store";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const root = await Deno.makeTempDir();
 * const store = await openFilesystemStore({ root });
 * await createLearner({ store, name: "mine", seed: 0, preset: "smoke" });
 * assertStringIncludes(renderReport(await gatherReport(store, "mine")), "<title>");
 * await store.close();
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function gatherReport(
  store: Store,
  name: string,
  complete: (words: string) => string = plainCommand,
): Promise<ReportData> {
  // Read once for both: of five hundred versions there are thousands of facts.
  const cache = createCache();
  const status = await learnerStatus(store, name, cache);
  const problems = await gatherProblems({ store, learner: name, cache });
  const { learner, config } = status;
  return {
    ...{ learner: name, seed: learner.seed, preset: config.preset, created: learner.created },
    tasks: status.tasks.map((
      { task, name, revision, environment, size, trainingRows, anchors, notices },
    ) => ({
      ...{ task, name, revision },
      environment: environment ? describeEnvironment(environment) : "no simulator",
      ...{ size, trainingRows },
      anchors: `${anchors.random.toFixed(1)} and ${anchors.good.toFixed(1)}: ${anchors.source}`,
      notices: notices.map(({ field, message, advice }) =>
        `${field === undefined ? "" : `${field}: `}${message}. Advice: ${advice}`
      ),
    })),
    versions: versionsOf(status),
    measures: pickMeasures(status),
    estimates: estimatesOf(status),
    acting: actingOf(status),
    fidelity: fidelityOf(status),
    curves: await lossesOf(store, status.jobs),
    rawBytes: status.tasks.map(({ task, bytes }) => ({ task, bytes })),
    keptBytes: keptBytes(status),
    seconds: secondsOf(status.jobs),
    steps: trainingSteps(status.jobs),
    problems: problems.filter(({ acknowledged }) => acknowledged === null).map((problem) =>
      withCommands(describeProblem(problem), (words) => `\`${complete(words)}\``)
    ),
    remarks: status.remarks,
    knobs: config.knobs,
  };
}

/** Of every version, those that do not count as well. */
function estimatesOf(status: LearnerStatus): ReportData["estimates"] {
  const { tasks, versions } = status;
  const note = estimateNote(versions.map((one) => shownBy(one, tasks).estimates), status);
  return note === null ? null : { note, scale: describeScale(tasks) };
}

function versionsOf({ versions, tasks }: LearnerStatus): ReportVersion[] {
  return versions.map((one) => ({
    version: one.version,
    task: one.task,
    revision: one.revision,
    decision: describeDecision(one),
    observed: isObserved(one),
    reasons: one.reasons,
    cells: tasks.map(({ task }) => {
      const cell = one.row.find((candidate) => candidate.task === task);
      if (!cell) return null;
      const { meanScore, low, high, episodes, valueEstimate, success, after, estimate } = cell;
      const isSuccess = success !== undefined;
      return { score: meanScore, low, high, episodes, isSuccess, valueEstimate, after, estimate };
    }),
    measures: one.measures,
    seconds: one.seconds,
  }));
}

function actingOf({ versions, head }: LearnerStatus): ReportData["acting"] {
  const serving = versions.find(({ version }) => version === head);
  return { version: head, ways: describeActing(serving?.row ?? []) };
}

function fidelityOf({ fidelity }: LearnerStatus): ReportFidelity[] {
  return fidelity.map(({ version, task, generation, fidelity: measured }) => ({
    ...{ version, task, generation },
    ...distancesOf(measured),
  }));
}

const ROW_METRICS = ["precision", "recall", "auc", "memorisation"];

function distancesOf(measured: JsonObject): Omit<ReportFidelity, "version" | "task" | "generation"> {
  const number = (name: string) => typeof measured[name] === "number" ? measured[name] as number : NaN;
  const list = (name: string) => Array.isArray(measured[name]) ? measured[name] as number[] : [];
  return {
    slicedWasserstein: number("slicedWasserstein"),
    slicedWassersteinFloor: number("slicedWassersteinFloor"),
    mmd: number("mmd"),
    mmdFloor: number("mmdFloor"),
    quantileError: list("quantileError"),
    quantileFloor: list("quantileFloor"),
    rows: ROW_METRICS.filter((name) => typeof measured[name] === "number").map((name) => ({
      name,
      value: number(name),
    })),
  };
}

function keptBytes({ jobs, versions, head }: LearnerStatus): { name: string; bytes: number }[] {
  const serving = versions.find(({ version }) => version === head);
  if (!serving) return [];
  const weights = (id: string) => jobs.find((job) => job.id === id)?.outputs.weights?.bytes ?? 0;
  return [
    { name: "behavior generator", bytes: weights(serving.behaviorGenerator) },
    { name: "critic", bytes: weights(serving.critic) },
    { name: "state generator", bytes: weights(serving.stateGenerator) },
  ];
}

function secondsOf(jobs: readonly JobStatus[]): ReportData["seconds"] {
  const sums = new Map<string, { task: number; kind: string; seconds: number }>();
  for (const { kind, task, seconds } of jobs) {
    if (seconds === null || task === null) continue;
    const key = `${task} ${kind}`;
    const sum = sums.get(key) ?? { task, kind, seconds: 0 };
    sums.set(key, { ...sum, seconds: sum.seconds + seconds });
  }
  return [...sums.values()].sort((a, b) => a.task - b.task);
}
