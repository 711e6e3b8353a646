/**
 * Operations on learners, wherever they are: in a store (`local.ts`) or behind a gateway (`remote.ts`).
 * A command reads its flags, calls this, and prints.
 * @module
 */
import type { PresetName } from "@cugro/algorithm";
import type { Becoming } from "@cugro/client";
import type { LearnerMeasures, LearnerStatus, Relabelled, ShownCell } from "@cugro/learners";
import type { Bundle, OnCheck } from "@cugro/export";
import type { ActAnswer, ActRequest, Problem, ProgressMessage, Reading } from "@cugro/protocol";
import type { LossCurve, TabledFidelity } from "@cugro/tables";
import type { Place } from "./place.ts";

/** What commands show of a learner. A store tells more: `--json` prints that too. */
export interface ShownStatus extends
  Pick<
    LearnerStatus,
    | "deleted"
    | "head"
    | "resultsMatrix"
    | "valueEstimates"
    | "estimates"
    | "validVersions"
    | "remarks"
    | "bytes"
    | "secondsPerKind"
    | "jobCounts"
    | "steps"
    | keyof LearnerMeasures
  > {
  /** Its problems and those that all share; without acknowledged ones. */
  problems: Problem[];
  learner: Pick<LearnerStatus["learner"], "name" | "seed" | "created">;
  config: { preset: string; knobs: Record<string, unknown> };
  tasks: Pick<
    LearnerStatus["tasks"][number],
    | "task"
    | "revision"
    | "name"
    | "state"
    | "attempt"
    | "arrival"
    | "size"
    | "trainingRows"
    | "environment"
    | "datasetHash"
    | "anchors"
    | "notices"
  >[];
  rejections: Pick<LearnerStatus["rejections"][number], "seq" | "key" | "reason">[];
  versions: ShownVersion[];
  /** Those that are not decided. */
  openJobs: ShownJob[];
  fidelity: TabledFidelity[];
}

/** What commands show of a job. */
export type ShownJob = Pick<
  LearnerStatus["jobs"][number],
  "id" | "state" | "label" | "message" | "kind" | "task" | "steps" | "seconds"
>;

/** A status with every job, decided ones too, of which there may be thousands. */
export interface WholeStatus extends ShownStatus {
  jobs: ShownJob[];
}

/** What commands show of a version. */
export interface ShownVersion extends
  Pick<
    LearnerStatus["versions"][number],
    | "version"
    | "task"
    | "revision"
    | "attempt"
    | "state"
    | "parent"
    | "decision"
    | "reasons"
    | "promotable"
    | "seconds"
    | "measures"
  > {
  row: Pick<
    ShownCell,
    "task" | "meanScore" | "low" | "high" | "episodes" | "valueEstimate" | "estimate" | "snapshots"
  >[];
}

/** Knobs as a person gave them. */
export type Overrides = Record<string, string>;

/** Settings of a new learner. */
export interface NewLearner {
  name: string;
  seed: number;
  preset: PresetName;
  overrides: Overrides;
}

/** The state of a learner that a run needs before it hands over files. */
export interface KnownLearner {
  seed: number;
  config: { preset: string; knobs: Record<string, unknown> };
  /** Numbers of the arrivals that were rejected. */
  rejected: number[];
  /** `<task>/<attempt>` of those that were cancelled. */
  cancelled: string[];
}

/** A file that was handed over. `reason`: why it was rejected earlier; null if it was not. */
export interface HandedOver {
  seq: number;
  /** False if its content had arrived before. */
  added: boolean;
  reason: string | null;
}

/** How learning ended: nothing is left to do, or Ctrl-C or a deletion of the learner came first. */
export type LearnEnd = "idle" | "interrupted" | "deleted";

/** How the learning is done. `waitForRoom`: minutes that a full folder is waited for. */
export interface Work {
  workers: number;
  waitForRoom: number;
}

/** A page in a browser. */
export interface ShownPage {
  /** The address of a place of the page, with a token in it. */
  addressOf(place?: string): string;
  close(): Promise<void>;
}

/** Why an operator acts, for the record. */
export type Reason = string | undefined;

/** A version as files. `checks`: the result of each graph's check; a gateway reports only failures. */
export type Exported = Omit<Bundle, "checks"> & Partial<Pick<Bundle, "checks">>;

/** Normalised scores of the episodes of one task. `isSuccess`: they are 100 times the success of each. */
export interface TaskEpisodes {
  task: number;
  scores: number[];
  isSuccess: boolean;
}

/** A listener, and the signal that ends it. */
export interface NewsListener {
  signal: AbortSignal;
  /** Called when something may have changed. */
  onNews: () => void;
  onProgress: (progress: ProgressMessage) => void;
}

/** Learners in one place. Every method throws an error whose message is a sentence for the person who typed. */
export interface Learners {
  readonly place: Place;
  list(): Promise<string[]>;
  /** All problems, acknowledged ones too; of one learner and of what all share if it is named. */
  problems(name?: string): Promise<Problem[]>;
  /**
   * Acknowledges a problem.
   *
   * @throws if there is no such problem now
   */
  acknowledge(id: string, reason: Reason): Promise<Problem>;
  status(name: string): Promise<ShownStatus>;
  /** The same and every job, for repeated calls: it may be two seconds old. */
  look(name: string): Promise<WholeStatus>;
  /** The status and every job. */
  whole(name: string): Promise<WholeStatus>;
  /** Calls back whenever something may have happened to a learner, or to any, until the signal; a store says nothing by itself. */
  news(name: string | undefined, listener: NewsListener): Promise<void>;
  /** The learner that a run is about to change; undefined if there is none. */
  find(name: string): Promise<KnownLearner | undefined>;
  create(settings: NewLearner): Promise<void>;
  /** New knobs for the tasks that have not been started. */
  configure(
    name: string,
    change: { preset?: PresetName; overrides: Overrides },
  ): Promise<{ revision: number; fromTask: number }>;
  delete(name: string): Promise<void>;
  /** Undoes a deletion, until garbage collection has had the learner. */
  restore(name: string): Promise<void>;
  /** That a file is a task's dataset with more rows, in a sentence; undefined where it is not, or cannot be determined beforehand. */
  foresee(name: string, path: string, reading?: Reading): Promise<string | undefined>;
  /** Hands a file of this machine to a learner, with flat memory. `reading`: how it is to be read. */
  add(name: string, path: string, reading?: Reading, options?: Becoming): Promise<HandedOver>;
  /** Until every task is decided, with progress on stderr. */
  learn(name: string, options: Work): Promise<LearnEnd>;
  /** Learns files handed over to any learner, until Ctrl-C; nothing where a cluster does so by itself. */
  learnOn(options: Work): Promise<void>;
  /** The page of these learners: served by this process until it is closed, or by the gateway that they are behind. */
  page(): Promise<ShownPage>;
  promote(name: string, version: number, reason: Reason): Promise<void>;
  /** The versions that were withdrawn. */
  rollback(name: string, version: number, reason: Reason): Promise<number[]>;
  retry(
    name: string,
    task: number,
    reason: Reason,
    overrides: Overrides,
  ): Promise<"continued" | "new attempt">;
  cancel(name: string, task: number, reason: Reason): Promise<void>;
  /** Corrects a task's labels; with `dryRun` only says what that would change. */
  relabel(
    name: string,
    task: number,
    label: { set: Overrides; reason: Reason; dryRun: boolean },
  ): Promise<Relabelled>;
  act(name: string, request: ActRequest): Promise<ActAnswer>;
  /** Exports a version: by default the serving one, with all its tasks. */
  export(
    name: string,
    wanted: { version?: number | undefined; task?: number | undefined },
    onCheck: OnCheck,
  ): Promise<Exported>;
  /** Losses of its trainings that are done. */
  losses(name: string): Promise<LossCurve[]>;
  /** Scores of each episode of a version, task by task; none of a task that was not run. */
  episodes(name: string, version: number): Promise<TaskEpisodes[]>;
  /** An HTML page. */
  report(name: string): Promise<string>;
  /** An address that opens it in a browser for some minutes; undefined where there is no gateway. */
  reportLink(name: string): Promise<{ url: string; expires: string } | undefined>;
  /** Closes what is open. */
  close(): Promise<void>;
}
