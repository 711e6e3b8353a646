/**
 * Learners: what is known of one, what follows from it, and what a person may do with it. All of it facts in the store.
 * @module
 */
export { type AnnouncedFacts, announcements, learnerEvents } from "./announcements.ts";
export { adoptArrival, type ArrivalNotes } from "./arrivals.ts";
export {
  configOf,
  currentGraph,
  currentTask,
  graphOf,
  hasFailed,
  importJob,
  type JobState,
  knobsOf,
  type LearnerFacts,
  openArrivals,
  type TaskState,
  taskState,
  validVersions,
} from "./facts.ts";
export { buildGraph, describeJob, type Graph, type GraphInput, type GraphJob } from "./graph.ts";
export { heldOutSeed } from "./graph_jobs.ts";
export { addArrival, adoptDropped, scanIncoming, SETTLE_MS } from "./incoming.ts";
export { frozenKnobs, knobsOfKind } from "./knobs.ts";
export {
  configDifferences,
  createLearner,
  deleteLearner,
  type KnobDifference,
  learnerExists,
  type LearnerSettings,
  listLearners,
  nextTask,
  reviseConfig,
  strayFiles,
} from "./learners.ts";
export { createCache, type FactCache, inParallel, noteWritten } from "./fact_cache.ts";
export { loadFacts } from "./load.ts";
export { previewGraph } from "./preview.ts";
export { createReader, type LearnerReader } from "./reader.ts";
export {
  describeRejection,
  type JobStatus,
  type LearnerStatus,
  learnerStatus,
  type VersionState,
} from "./status.ts";
export { exportLearner, importLearner, type Transfer, type TransferProgress } from "./transfer.ts";
export { type Act, cancel, isPromotable, promote, retry, rollback } from "./verdicts.ts";
export { putOnce } from "./put_once.ts";
export { isReached, type Reach, reachOf } from "./reach.ts";
export { type Change, type LearnerView, openView } from "./view.ts";
export { planWork } from "./work.ts";
export { addUploaded, type Upload } from "./upload.ts";
export { traceOfArrival, traceOfTask } from "./traces.ts";
export { type ListedFacts, readListed } from "./load_lists.ts";
