/**
 * A learner's report: facts -> one HTML file, complete in itself; and the pieces others draw with.
 * @module
 */
export { drawDataset } from "./dataset_picture.ts";
export { gatherReport } from "./gather_report.ts";
export {
  briefly,
  byteSize,
  describeDrop,
  describeEstimate,
  describeInterval,
  describeSteps,
  duration,
  Html,
  html,
  page,
  type Part,
  section,
  table,
} from "./html.ts";
export { renderReport } from "./render_report.ts";
export type {
  ReportCell,
  ReportCurve,
  ReportData,
  ReportFidelity,
  ReportTask,
  ReportVersion,
} from "./report_data.ts";
export { document } from "./svg_document.ts";
