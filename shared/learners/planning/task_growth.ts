/**
 * What a file that was read is to the tasks that there are: new, more of one, or part of one. Pure.
 *
 * A task is compared with its dataset of the moment: the newest that was learnt or is still to be, or the one that it
 * was accepted with. One that was parked or taken back is not the task's any more.
 * @module
 */
import {
  type ArrivalFact,
  type ImportSummary,
  importSummarySchema,
  jobId,
  type JobOf,
  type ResultFact,
} from "@cugro/protocol";
import { importJob, measureJob, openArrivals } from "../facts/arrival_jobs.ts";
import { dataState, type LearnerFacts } from "../facts/learner_facts.ts";
import { type Overlap, pairOf, relationOf } from "../facts/overlap.ts";
import { dataOfTask, describeRevision, type TaskData } from "../facts/task_revisions.ts";

/** A dataset that an import has stored and measured. */
export type Imported = ImportSummary & { normaliser: string; sketch: string; episodeHashes?: string };

/**
 * What an import that took its file has made; undefined for any other result.
 *
 * @param result of a job of `dataset.import`
 * @returns what it has found out, with the hashes of its artifacts
 */
export function importedOf(result: ResultFact | undefined): Imported | undefined {
  if (!result) return undefined;
  const summary = importSummarySchema.safeParse(result.metrics);
  const { normaliser, sketch, episodes } = result.outputs;
  if (!summary.success || !normaliser || !sketch) return undefined;
  const hashes = episodes === undefined ? {} : { episodeHashes: episodes.artifact };
  return { ...summary.data, normaliser: normaliser.artifact, sketch: sketch.artifact, ...hashes };
}

/** A file's dataset in a comparison. */
export type Compared = Pick<
  Imported,
  "datasetHash" | "stateDim" | "actionDim" | "discreteActions" | "size" | "normaliser" | "episodeHashes"
>;

/** A task that a file has to do with, and how. */
export interface Kinship {
  data: TaskData;
  overlap: Overlap;
}

/** The relation of a file to the tasks so far: new, more of one, or part of one. `job`: its result has the revision's normaliser and sketch. */
export type Growth =
  | { kind: "wait"; jobs: JobOf<"dataset.measure">[] }
  | { kind: "grown" } & Kinship & { job: JobOf<"dataset.measure"> }
  | { kind: "part" | "same" } & Kinship
  | { kind: "new"; shared: Kinship[]; unknown: TaskData[] };

/**
 * The dataset that a task is compared with.
 *
 * @param facts of the learner
 * @param task its number
 * @returns the newest that counts; the first one if none does
 */
export function comparedData(facts: LearnerFacts, task: number): TaskData {
  const all = dataOfTask(facts, task);
  return all.findLast((data) => ["published", "undecided"].includes(dataState(facts, data))) ?? all[0]!;
}

/**
 * What to do with a file that was read.
 *
 * @param facts of the learner, with the overlaps that are known
 * @param file what its import has made
 * @returns `wait` with the jobs that it waits for, `grown`, `part` or `same` with the task, or `new`
 */
export function growthOf(facts: LearnerFacts, file: Compared): Growth {
  const candidates = facts.tasks.map(({ task }) => comparedData(facts, task)).filter((data) =>
    mayHold(data, file)
  );
  const open = candidates.filter((data) => overlapWith(facts, file, data) === undefined);
  if (open.length > 0) {
    const unmeasured = [file, ...open].filter((one) => hashesOf(facts, one) === undefined);
    return { kind: "wait", jobs: unmeasured.map((one) => measureJob(facts, one)) };
  }
  const kin = candidates.flatMap((data) => {
    const overlap = overlapWith(facts, file, data);
    return overlap && overlap.known.episodes > 0 ? [{ data, overlap }] : [];
  }).sort((a, b) => b.overlap.known.rows - a.overlap.known.rows);
  for (const one of kin) {
    const kind = relationOf(one.overlap);
    if (kind === "grown") return { kind, ...one, job: measureJob(facts, grownData(file, one.data)) };
    if (kind !== "other") return { kind, ...one };
  }
  return { kind: "new", shared: kin, unknown: candidates.filter((data) => !overlapWith(facts, file, data)) };
}

/**
 * Whether a task's dataset and a file may have to do with each other. Of a task without hashes of its episodes only
 * whether it is in the file is asked, since reading its dataset takes time.
 *
 * @param data a task with one of its datasets
 * @param file what its import has made
 * @returns false for the same dataset
 */
export function mayHold(
  data: Pick<
    TaskData,
    "stateDim" | "actionDim" | "discreteActions" | "datasetHash" | "episodeHashes" | "size"
  >,
  file: Compared,
): boolean {
  return data.stateDim === file.stateDim && data.actionDim === file.actionDim &&
    data.discreteActions === file.discreteActions && data.datasetHash !== file.datasetHash &&
    (data.episodeHashes !== undefined || data.size < file.size);
}

/** Undefined: not compared yet; null: nobody can. */
function overlapWith(
  { overlaps }: LearnerFacts,
  file: Compared,
  data: TaskData,
): Overlap | null | undefined {
  return overlaps.get(pairOf(file.datasetHash, data.datasetHash));
}

/**
 * The artifact with the hashes of a dataset's episodes; undefined until a job has made it.
 *
 * @param facts of the learner
 * @param data a dataset, and the normaliser of its task
 * @returns hash of the artifact
 */
export function hashesOf(
  facts: LearnerFacts,
  data: Pick<TaskData, "datasetHash" | "normaliser" | "episodeHashes">,
): string | undefined {
  if (data.episodeHashes !== undefined) return data.episodeHashes;
  return facts.jobs.get(jobId(measureJob(facts, data)))?.result?.outputs.episodes?.artifact;
}

/** The file's dataset in its task's coordinates. */
function grownData(file: Compared, { normaliser }: TaskData): Pick<TaskData, "datasetHash" | "normaliser"> {
  return { datasetHash: file.datasetHash, normaliser };
}

/**
 * The jobs that the arrivals which wait need: those that read them, and those that measure what they are compared with.
 *
 * @param facts of the learner
 * @returns done or not
 */
export function arrivalJobs(facts: LearnerFacts): JobOf<"dataset.import" | "dataset.measure">[] {
  return openArrivals(facts).flatMap((
    arrival,
  ) => [importJob(facts, arrival), ...measuresFor(facts, arrival)]);
}

/**
 * The jobs without which nothing can be decided about an arrival that was read.
 *
 * @param facts of the learner
 * @param arrival one that waits
 * @returns none where it was not read yet
 */
export function measuresFor(facts: LearnerFacts, arrival: ArrivalFact): JobOf<"dataset.measure">[] {
  const file = fileOf(facts, arrival);
  if (!file || arrival.asNewTask) return [];
  const growth = growthOf(facts, file);
  if (growth.kind === "wait") return growth.jobs;
  return growth.kind === "grown" ? [growth.job] : [];
}

/**
 * What an arrival's import has made of it.
 *
 * @param facts of the learner
 * @param arrival one of the learner's
 * @returns undefined where it was not read yet, or was refused
 */
export function fileOf(facts: LearnerFacts, arrival: ArrivalFact): Imported | undefined {
  return importedOf(facts.jobs.get(jobId(importJob(facts, arrival)))?.result);
}

/**
 * What will become of files that wait and were read, where they are more of a task, in sentences.
 *
 * @param facts of the learner
 * @returns none for files that are not read yet, or that will be tasks of their own
 */
export function describeWaiting(facts: LearnerFacts): string[] {
  return openArrivals(facts).flatMap((arrival) => {
    const file = arrival.asNewTask ? undefined : fileOf(facts, arrival);
    const growth = file && growthOf(facts, file);
    if (growth?.kind !== "grown") return [];
    const { data: { task }, overlap } = growth;
    const revision = facts.revisions.filter((fact) => fact.task === task).length + 1;
    return [`${arrival.key}: ${describeRevision({ ...overlap, task, revision, size: file!.size })}`];
  });
}
