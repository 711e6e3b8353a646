/**
 * The coordinator: facts -> plan -> submit, decide, announce; and the acts of an operator.
 * @module
 */
export { applyPlan } from "./apply.ts";
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
export { collectGarbage, type Collection, GC_GRACE_HOURS } from "./garbage.ts";
export { judgeVersion } from "./gate.ts";
export { buildGraph, describeJob, type Graph, type GraphInput, type GraphJob } from "./graph.ts";
export { heldOutSeed } from "./graph_jobs.ts";
export { addArrival, scanIncoming, SETTLE_MS } from "./incoming.ts";
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
} from "./learners.ts";
export { createCache, type FactCache, loadFacts } from "./load.ts";
export { type Decision, isIdle, MAX_QUEUED_PER_LEARNER, type Plan, plan, type Submission } from "./plan.ts";
export { previewGraph } from "./preview.ts";
export { type CoordinatorOptions, runCoordinator } from "./run.ts";
export { type JobStatus, type LearnerStatus, learnerStatus, type VersionState } from "./status.ts";
export { exportLearner, importLearner, type Transfer } from "./transfer.ts";
export { type Act, cancel, isPromotable, promote, retry, rollback } from "./verdicts.ts";
