/**
 * What a process says of itself: log lines, metrics, traces, and which code it runs. Metrics are made by `@cugro/telemetry/metrics`,
 * which loads their library.
 * @module
 */
export { codeVersion, version } from "./code_version.ts";
export { type EventLoopWatch, watchEventLoop } from "./event_loop.ts";
export { humanLine } from "./human_line.ts";
export { fileBefore, type LogFile, openLogFile } from "./log_file.ts";
export {
  createLog,
  type Log,
  LOG_LEVELS,
  type LogFields,
  type LogLevel,
  type LogOptions,
  logWriter,
} from "./log.ts";
export type { JobOutcome, Metrics } from "./metrics.ts";
export { activeTraceparent, checkTraceparent, type InSpan, inSpan, traceIdOf } from "./trace.ts";
