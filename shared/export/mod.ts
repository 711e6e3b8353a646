/**
 * A policy that leaves the system: a version as one folder of graphs, weights, loaders and what is known of it. See README.md.
 * @module
 */
export {
  type Bundle,
  bundleFiles,
  type NotWritten,
  type OnCheck,
  requireOnnxRuntime,
} from "./bundle_files.ts";
export {
  type AskedBundle,
  type BundleName,
  type BundleProgress,
  type Bundler,
  BundlerBusy,
  createBundler,
  type MakeBundle,
} from "./bundler.ts";
export { unzipFiles, zipFiles } from "./bundle_zip.ts";
export { type Checked, CHECKED_INPUTS, CHECKED_WITHIN } from "./checking/check_model.ts";
export { type ExportInput, gatherVersion } from "./gather_version.ts";
export { type ModelName, MODELS } from "./graphs/decision_graphs.ts";
export { OnnxRuntimeMissing } from "./onnx/runtime.ts";
export type { LineageRecord, RowRecord, ScoreRecord, TaskRecord, VersionRecord } from "./version_record.ts";
export type { PartsInput } from "./parts.ts";
