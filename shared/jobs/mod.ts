/**
 * What the learners' services share: a job's inputs as the algorithm's arrays, and a training as a job.
 * @module
 */
export * from "./encoding.ts";
export { translateErrors } from "./translate_errors.ts";
export { knobsOf } from "./carried_knobs.ts";
export {
  type CriticInput,
  drawPairs,
  type GeneratorInput,
  readCriticInput,
  readGeneratorInput,
  readReplay,
  type ReplayContext,
  type RowLimits,
  rowsOfTask,
  type TrainingInput,
  type TrainingKind,
} from "./training_input.ts";
export type { CriticRows } from "./critic_rows.ts";
export { type Flags, type Numbers, openDataset, type StoredDataset } from "./stored_dataset.ts";
export { resumableSampling } from "./sampling_run.ts";
export { decodeLabels, encodeLabels, readOneStepInput, readStatesToLabel } from "./one_step_input.ts";
export { runGeneratorTraining, runOneStepTraining, runTraining, type StartTraining } from "./training_run.ts";
export { openTensors, serve, type Service, type ServiceCompute } from "./serve_jobs.ts";
