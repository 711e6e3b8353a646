/**
 * Learners: what is known of one, what follows from it, and what a person may do with it. All of it facts in the store.
 * @module
 */
export { type AnnouncedFacts, announcements, learnerEvents } from "./facts/announcements.ts";
export { adoptArrival, type ArrivalNotes } from "./acts/adopt_arrival.ts";
export {
  attemptAt,
  currentTask,
  dataState,
  hasFailed,
  isPromotable,
  jobsOfVersion,
  type JobState,
  type LearnerFacts,
  stoppingFailure,
  taskState,
  validVersions,
} from "./facts/learner_facts.ts";
export { currentGraph, graphOf } from "./facts/current_graph.ts";
export {
  configOf,
  type KnobFacts,
  knobsOfData,
  knobsOfTask,
  knobsOfVersion,
} from "./facts/knobs_of_facts.ts";
export { importJob, openArrivals } from "./facts/arrival_jobs.ts";
export {
  attemptOf,
  dataInOrder,
  dataOfArrival,
  dataOfTask,
  dataOfVersion,
  describeKnown,
  describeRevision,
  type GrowthFacts,
  nameOfData,
  type RevisedFacts,
  type TaskData,
} from "./facts/task_revisions.ts";
export { countOf } from "./facts/counts.ts";
export { acceptedArrivals, measureJob } from "./facts/arrival_jobs.ts";
export { compareEpisodes, type Overlap, pairOf, relationOf } from "./facts/overlap.ts";
export {
  arrivalJobs,
  type Compared,
  comparedData,
  describeWaiting,
  type Growth,
  growthOf,
  type Imported,
  importedOf,
  type Kinship,
  mayHold,
  measuresFor,
} from "./planning/task_growth.ts";
export {
  deleteLearner,
  deletionOf,
  endDeletion,
  learnerExists,
  restoreLearner,
} from "./acts/delete_learner.ts";
export type { Deletion } from "./facts/deletion.ts";
export { acceptedTask, deniedBy, type LabelledTask, type Labelling } from "./facts/labelled_tasks.ts";
export { describeDenied, labelFlags } from "./facts/label_words.ts";
export { type RejectionFacts, standingRejections, taskOfRejected } from "./facts/rejections.ts";
export { describeJob, describeStoredJob } from "./planning/describe_job.ts";
export {
  buildGraph,
  type Graph,
  type GraphInput,
  type GraphJob,
  type GraphKind,
} from "./planning/job_graph.ts";
export type { SnapshotJob } from "./planning/snapshot_jobs.ts";
export { heldOutSeed } from "./planning/seeds.ts";
export { blindGate, type Decision, type GateInput, type Judged, judgeVersion } from "./results/gate.ts";
export { adoptDropped, isVisible, scanIncoming, SETTLE_MS } from "./acts/incoming.ts";
export { createLearner, type LearnerSettings, listLearners } from "./acts/create_learner.ts";
export {
  configDifferences,
  firstStandingTask,
  type KnobDifference,
  nextTask,
  reviseConfig,
} from "./acts/revise_config.ts";
export {
  createCache,
  type FactCache,
  type FactSchema,
  type FactSource,
  MOST_FACTS,
  noteRemoved,
  noteWritten,
  readFact,
  REQUESTS_AT_ONCE,
} from "./reading/fact_cache.ts";
export { foreseeRevision, type ReadDataset } from "./reading/foresee.ts";
export { loadFacts } from "./reading/load.ts";
export {
  numbersOf,
  planRemeasuring,
  type Remeasurement,
  remeasurements,
  type Remeasuring,
  withRandom,
} from "./results/remeasure.ts";
export {
  standingAnchors,
  type StandingCell,
  standingRows,
  standingVersions,
  versionsAsLabelled,
} from "./results/standing.ts";
export { awaitsScores, endOfWaiting, wantedEvaluations } from "./results/wanted_evaluations.ts";
export { evaluatedCell, type MeasuredCell, measuredCell } from "./results/evaluated_cell.ts";
export { type CellBound, cellBounds, type JudgedRow } from "./results/bounds.ts";
export type { ReplayFidelity } from "./results/replays.ts";
export { type PendingRow, pendingRow } from "./results/pending_row.ts";
export { estimateJobs } from "./results/estimate_jobs.ts";
export { estimateOfCell, readEstimate } from "./results/estimates.ts";
export { describeScale, type EstimatedLearner, estimateNote } from "./results/estimate_note.ts";
export { describeActing, type DescribedActing } from "./results/acting_words.ts";
export { previewGraph } from "./planning/preview.ts";
export { describeTrainingRows } from "./planning/training_rows.ts";
export { type Cell, type Shown, shownBy, shownVersions } from "./reading/shown.ts";
export type { JobSums } from "./reading/decided_work.ts";
export { type DoneJob, sumWork, type TaskWork } from "./reading/work_sums.ts";
export { createReader, type LearnerReader, type ReaderOptions } from "./reading/reader.ts";
export { type Decided, describeDecision, explainDecision, isObserved } from "./reading/decision.ts";
export type { JobStatus } from "./reading/job_statuses.ts";
export { type StepCount, type TrainingSteps, trainingSteps } from "./reading/step_counts.ts";
export {
  averageOf,
  type LearnerMeasures,
  measureLearner,
  measureVersions,
  pickMeasures,
  sharesScale,
  type ShownCell,
  shownCell,
  type VersionMeasures,
  type WorstDrop,
} from "./reading/measures_of_facts.ts";
export {
  describeRejection,
  type LearnerOverview,
  learnerOverview,
  type LearnerStatus,
  learnerStatus,
  type TaskStatus,
} from "./reading/learner_status.ts";
export type { VersionStatus } from "./reading/version_statuses.ts";
export { exportLearner, importLearner, type Transfer, type TransferProgress } from "./moving/transfer.ts";
export { type Act, cancel, promote, retry, rollback } from "./acts/verdicts.ts";
export { EvaluationError, type HandedIn, handInEvaluation } from "./acts/hand_in_evaluation.ts";
export { awaitedTasks, type MeasuredBy, outsideOf } from "./results/outside.ts";
export { relabel, type Relabelled, type RunAgain } from "./acts/relabel.ts";
export { LabelError, withdrawal } from "./acts/label_values.ts";
export { putOnce } from "./facts/put_once.ts";
export { isReached, type Reach, reachOf } from "./moving/reach.ts";
export { type Change, type LearnerView, openView } from "./reading/view.ts";
export { planWork, type Work } from "./planning/work.ts";
export { addUploaded, type Upload, type Uploaded } from "./acts/upload.ts";
export { traceOfArrival, traceOfTask } from "./facts/traces_of_work.ts";
export { type ListedFacts, readListed, readVersions, type VersionFacts } from "./reading/load_lists.ts";
export { sidecarOf } from "./acts/sidecar.ts";
