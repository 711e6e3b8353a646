/**
 * Everything a report shows, as plain data: the renderer reads no store.
 * @module
 */

import type { DescribedActing, LearnerMeasures, VersionMeasures } from "@cugro/learners";
import type { AfterLabel, CellEstimate } from "@cugro/protocol";

/** One loss curve of one training. */
export interface ReportCurve {
  task: number;
  kind: string;
  name: string;
  steps: number[];
  values: (number | null)[];
}

/** Distances of one task's pseudo-samples in one version; `generation` counts trainings on own samples before. */
export interface ReportFidelity {
  version: number;
  task: number;
  generation: number;
  slicedWasserstein: number;
  slicedWassersteinFloor: number;
  mmd: number;
  mmdFloor: number;
  /** Mean absolute quantile error of each dimension, in half-ranges of the task. */
  quantileError: number[];
  /** Distance of real data's own quantiles at the shard's size, where known. */
  quantileFloor: number[];
  /** Row metrics, measured while the rows existed. */
  rows: { name: string; value: number }[];
}

/** Score of a version on one task, with its interval; or the critic's value where there is no simulator. */
export interface ReportCell {
  score: number | null;
  low: number | null;
  high: number | null;
  /** How many the interval is over. */
  episodes: number;
  /** Whether the score is a rate of success. */
  isSuccess: boolean;
  /** Mean value, by the critic, of the policy's own actions, in the task's units of reward. */
  valueEstimate: number | null;
  /** Its estimate from data, if there is one. */
  estimate?: CellEstimate | undefined;
  /** Its change after a label of its task; absent: unchanged since the decision. */
  after?: AfterLabel | undefined;
}

/** One finished attempt at a task. */
export interface ReportVersion {
  version: number;
  task: number;
  /** Which dataset of the task; 0: the one that it was accepted with. */
  revision: number;
  /** In a few words; the reasons beside it. */
  decision: string;
  /** It was published in spite of the reasons, since its gate only observes. */
  observed: boolean;
  reasons: string[];
  /** Of tasks 1..k; null where a task was not evaluated. */
  cells: (ReportCell | null)[];
  measures: VersionMeasures;
  seconds: number;
}

/** One task. `trainingRows`: how many of its rows trainings read; `notices`: what is implausible in its data, a sentence each. */
export interface ReportTask {
  task: number;
  /** How often its dataset has grown. */
  revision: number;
  name: string;
  environment: string;
  size: number;
  trainingRows: number;
  anchors: string;
  notices: string[];
}

/** The whole report. */
export interface ReportData {
  learner: string;
  seed: number;
  preset: string;
  created: string;
  tasks: ReportTask[];
  versions: ReportVersion[];
  measures: LearnerMeasures;
  /** Blind spot, quality and scale of estimates; null where there are none. */
  estimates: { note: string; scale: string } | null;
  /** How the version that serves acts; no ways where it can only sample. */
  acting: { version: number | null; ways: DescribedActing[] };
  fidelity: ReportFidelity[];
  curves: ReportCurve[];
  /** Raw bytes of every task's data, against what is kept instead. */
  rawBytes: { task: number; bytes: number }[];
  keptBytes: { name: string; bytes: number }[];
  seconds: { task: number; kind: string; seconds: number }[];
  /** Gradient steps of every training; `cutBy`: the knob that left fewer than were asked for. */
  steps: { task: number; kind: string; done: number | null; asked: number; cutBy: string | null }[];
  /** Changes by labels, a sentence or two each. */
  remarks: string[];
  /** A sentence each; between backticks what can be pasted. */
  problems: string[];
  knobs: Record<string, unknown>;
}
