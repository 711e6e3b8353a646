export { nativeCompile, type NativeCompileOptions } from "./compile/native_compile.ts";
export { closeIdleSessions } from "./compile/session.ts";
export type { Compile, CompiledStep, StepDefinition, Stored, StoredArray, Tensors } from "./compile/step.ts";
export { type FilesystemStoreOptions, openFilesystemStore } from "./filesystem_store.ts";
export {
  type ObjectInfo,
  PreconditionFailed,
  type PutOptions,
  type Store,
  StoreError,
  StoreFull,
  StoreLocked,
  type StreamedObject,
  type StreamOptions,
} from "./store.ts";
export { isBucketName, openStore, readStoreConfig, type StoreConfig, STRANGE_NAME } from "./open_store.ts";
export { createGate, type Gate } from "./gate.ts";
export { readPieces } from "./read_pieces.ts";
export { openS3Store } from "./s3/open_s3_store.ts";
export type { S3Options } from "./s3/connection.ts";
export { getArtifact, putArtifact, readInput } from "./artifacts.ts";
export { standingFailure } from "./attempts.ts";
export {
  ACK_WAIT_MS,
  type Bus,
  BusUnavailable,
  type Delivery,
  type IncomingHint,
  type JobMessage,
  type News,
  type Subject,
} from "./bus.ts";
export { codeVersion } from "./code_version.ts";
export type { JobOutput } from "./commit.ts";
export { type Config, CONFIG_VARIABLES, ConfigError, IMPORT_MAX_BYTES, readConfig } from "./config.ts";
export {
  createEmbeddedBus,
  type EmbeddedBus,
  type EmbeddedBusOptions,
  type WorkerConnection,
} from "./embedded_bus.ts";
export type { JobContext, Position } from "./job_context.ts";
export { CorruptArtifactError, Interrupted, MissingInputError, PermanentError } from "./job_errors.ts";
export { createLog, type Log, LOG_LEVELS, type LogFields, type LogLevel, type LogOptions } from "./log.ts";
export { type Configuration, consumerConfiguration, STREAM_CONFIGURATIONS } from "./nats/configurations.ts";
export type { ReadEventsOptions, StoredEvent } from "./nats/event_reader.ts";
export { parseNotification } from "./nats/messages.ts";
export type { NatsBus, NatsBusOptions } from "./nats/nats_bus.ts";
export { openNatsBus } from "./nats/open_nats_bus.ts";
export {
  consumerName,
  eventSubject,
  HINT_SUBJECT,
  jobFilter,
  jobSubject,
  NEWS_SUBJECTS,
  SERVICE_OF_KIND,
  STREAMS,
} from "./nats/subjects.ts";
export { openPipeBus, type PipeBusOptions } from "./pipe_bus.ts";
export { type Compute, openTensors, serve, type Service } from "./serve.ts";
export { type JobHandler, type JobHandlers, runWorker, type WorkerOptions } from "./worker.ts";
export { startWorkerPool, type WorkerDeath, type WorkerPool, type WorkerPoolOptions } from "./worker_pool.ts";
export {
  type Backend,
  type BackendName,
  type BackendOptions,
  type DeviceName,
  nativeInstallation,
  openBackend,
  type Profile,
  profileId,
} from "./backend.ts";
export {
  type BaseOptions,
  createBaseApp,
  type HttpBaseOptions,
  type Readiness,
  startHttpBase,
} from "./http/base_app.ts";
export { type FetchHandler, type HttpServer, listen } from "./http/listen.ts";
export { type EventLoopWatch, watchEventLoop } from "./telemetry/event_loop.ts";
export { createMetrics, type JobOutcome, type Metrics } from "./telemetry/metrics.ts";
export { activeTraceparent, checkTraceparent, type InSpan, inSpan, traceIdOf } from "./telemetry/trace.ts";
export { runService, type Seams, type ServiceOptions } from "./service_process.ts";
