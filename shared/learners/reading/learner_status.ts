/**
 * Everything there is to tell about a learner, from its facts: for the command line, the report and the gateway.
 * @module
 */
import type { Store } from "@cugro/store";
import {
  type CellEstimate,
  type ConfigFact,
  type JobKind,
  type LabelFact,
  type LearnerFact,
  type NoticeFact,
  type RejectionFact,
  type RevisionFact,
  shownFile,
  type TaskFact,
  type TaskState,
  type VersionFact,
} from "@cugro/protocol";
import {
  attemptAt,
  currentTask,
  type LearnerFacts,
  taskState,
  validVersions,
} from "../facts/learner_facts.ts";
import { knobsOfData, knobsOfVersion } from "../facts/knobs_of_facts.ts";
import { standingRejections } from "../facts/rejections.ts";
import { dataOfTask } from "../facts/task_revisions.ts";
import { standingAnchors, type StandingCell, standingRows } from "../results/standing.ts";
import { trainingRowsOf } from "../planning/training_rows.ts";
import { createCache, type FactSource } from "./fact_cache.ts";
import { type JobSums, jobSums } from "./decided_work.ts";
import { type JobStatus, jobStatuses } from "./job_statuses.ts";
import { loadFacts } from "./load.ts";
import { type CellBound, cellBounds } from "../results/bounds.ts";
import { type PendingRow, pendingRow } from "../results/pending_row.ts";
import { type ReplayFidelity, replaysOf } from "../results/replays.ts";
import { labelRemarks } from "../results/remarks.ts";
import { type LearnerMeasures, measureLearner } from "./measures_of_facts.ts";
import { byteCounts } from "./learner_counts.ts";
import { type VersionStatus, versionStatuses } from "./version_statuses.ts";
import { secondsPerKind } from "./work_sums.ts";

/**
 * A task with the newest of its datasets, as its labels have it, and where it stands with that. `revision`: which; 0 is the
 * one that it was accepted with. `trainingRows`: how many of its rows trainings read, a tenth of them held out;
 * `discreteActions`: null where actions are continuous.
 */
export interface TaskStatus extends Omit<TaskFact, "discreteActions" | "notices"> {
  revision: number;
  state: TaskState;
  attempt: number;
  current: boolean;
  trainingRows: number;
  discreteActions: number | null;
  notices: NoticeFact[];
  /** Corrections since it was accepted, oldest first. */
  labels: LabelFact[];
}

/**
 * A learner's tasks, versions, work and measures, without the jobs that are decided, which are most of what there is to read. Scores
 * are normalised; intervals are 90 % over episodes; sizes in bytes.
 */
export interface LearnerOverview extends LearnerMeasures, JobSums {
  learner: LearnerFact;
  deleted: boolean;
  /** The newest configuration, and all of them. */
  config: ConfigFact;
  configs: ConfigFact[];
  /** The version that serves. */
  head: number | null;
  tasks: TaskStatus[];
  revisions: RevisionFact[];
  /** Of files that have not been put right since. */
  rejections: RejectionFact[];
  versions: VersionStatus[];
  /** Score of valid version v (row, in order of `validVersions`) on task j (column j-1); null: not evaluated. */
  resultsMatrix: (number | null)[][];
  /** The same of values: the critic's mean, in the task's units of reward, of the policy's own actions; needs no simulator. */
  valueEstimates: (number | null)[][];
  /** The same of estimates, in points of score; null where there is none. */
  estimates: (CellEstimate | null)[][];
  /** The bounds that the gate drew for each of these cells; null where there is no cell. */
  bounds: (CellBound | null)[][];
  /** The row of the version that is being made, as far as it is known. */
  pending: PendingRow | null;
  validVersions: number[];
  /** Of each replay: the version it was used for, the old task, and how far it was from real data. */
  fidelity: ReplayFidelity[];
  /** Changes by labels, in words. */
  remarks: string[];
  bytes: { rawData: number; generators: number; critic: number; shards: number };
  secondsPerKind: Partial<Record<JobKind, number>>;
}

/** All there is to tell: every job as well. */
export interface LearnerStatus extends LearnerOverview {
  /** Those that led to versions first. */
  jobs: JobStatus[];
}

/**
 * Everything there is to tell about a learner.
 * @param name the learner's
 * @param cache of facts that have been read
 * @returns tasks, versions, jobs and measures
 * @throws {RangeError} when there is none of that name.
 */
export async function learnerStatus(
  store: Store,
  name: string,
  cache = createCache(),
): Promise<LearnerStatus> {
  return await statusOf({ store, cache }, await loadFacts(store, name, cache, { readOnly: true }));
}

/**
 * The same without its decided jobs, in a few requests a version.
 * @param name the learner's
 * @param cache of facts that have been read
 * @returns tasks, versions, work and measures
 * @throws {RangeError} when there is none of that name.
 */
export async function learnerOverview(
  store: Store,
  name: string,
  cache = createCache(),
): Promise<LearnerOverview> {
  return await overviewOf({ store, cache }, await loadFacts(store, name, cache, { readOnly: true }));
}

/**
 * The status of a learner whose facts are known; what they leave out of decided tasks' jobs is read.
 * @param facts of the learner
 * @param source store and cache
 * @returns tasks, versions, jobs and measures
 */
export async function statusOf(source: FactSource, facts: LearnerFacts): Promise<LearnerStatus> {
  const jobs = await jobStatuses(source.store, facts, source.cache);
  return { ...await overviewOf(source, facts), jobs };
}

/**
 * The overview of a learner whose facts are known.
 * @param facts of the learner
 * @param source store and cache
 * @returns tasks, versions, work and measures
 */
export async function overviewOf(source: FactSource, facts: LearnerFacts): Promise<LearnerOverview> {
  const jobs = await jobSums(source, facts);
  const chain = validVersions(facts);
  const rows = standingRows(facts);
  const figures = (figure: "meanScore" | "valueEstimate") =>
    chain.map(({ version }) => matrixRow(facts, rows.get(version)!, figure));
  const matrix = figures("meanScore");
  const versions = versionStatuses(facts, chain);
  return {
    learner: facts.learner,
    deleted: facts.deleted,
    config: facts.configs.at(-1)!,
    configs: facts.configs,
    head: facts.head?.version ?? null,
    tasks: taskStatuses(facts),
    revisions: facts.revisions,
    rejections: standingRejections(facts),
    versions,
    resultsMatrix: matrix,
    valueEstimates: figures("valueEstimate"),
    estimates: chain.map(({ version }) => {
      const row = rows.get(version)!;
      return facts.tasks.map(({ task }) => row.find((cell) => cell.task === task)?.estimate ?? null);
    }),
    bounds: boundsOf(facts, chain, rows),
    pending: pendingRow(facts),
    validVersions: chain.map(({ version }) => version),
    ...measureLearner(versions.filter(({ version }) => chain.some((valid) => valid.version === version))),
    ...jobs,
    fidelity: facts.versions.flatMap((version) => replaysOf(facts, version)),
    remarks: labelRemarks(facts, rows),
    bytes: await byteCounts(source, facts, chain.at(-1)),
    secondsPerKind: secondsPerKind(jobs.work),
  };
}

function boundsOf(
  facts: LearnerFacts,
  chain: readonly VersionFact[],
  rows: ReadonlyMap<number, StandingCell[]>,
): (CellBound | null)[][] {
  const judged = chain.map((version) => ({
    ...{ version: version.version, task: version.task, row: rows.get(version.version)! },
    knobs: knobsOfVersion(facts, version),
  }));
  return cellBounds(judged).map((bounds, index) =>
    facts.tasks.map(({ task }) => bounds[judged[index]!.row.findIndex((cell) => cell.task === task)] ?? null)
  );
}

function taskStatuses(facts: LearnerFacts): LearnerStatus["tasks"] {
  const current = currentTask(facts)?.task;
  const known = validVersions(facts).at(-1)?.tasks ?? [];
  return facts.tasks.map((standing) => {
    const { task } = standing;
    const newest = dataOfTask(facts, task).at(-1)!;
    const { fact: _, firstAttempt: _first, labelled, ...data } = newest;
    return {
      ...data,
      trainingRows: trainingRowsOf(data, knobsOfData(facts, newest, known)),
      anchors: standingAnchors(facts, standing) ?? data.anchors,
      labels: [...labelled?.labels ?? []],
      discreteActions: data.discreteActions ?? null,
      notices: data.notices ?? [],
      state: taskState(facts, task),
      attempt: attemptAt(facts, task),
      current: task === current,
    };
  });
}

function matrixRow(
  facts: LearnerFacts,
  row: readonly StandingCell[],
  figure: "meanScore" | "valueEstimate",
): (number | null)[] {
  return facts.tasks.map(({ task }) => row.find((cell) => cell.task === task)?.[figure] ?? null);
}

/**
 * A rejection in words.
 * @param rejection key of the file, and why
 * @returns without a full stop
 */
export function describeRejection({ key, reason }: Pick<RejectionFact, "key" | "reason">): string {
  return `${shownFile(key)} was rejected: ${reason}`;
}
