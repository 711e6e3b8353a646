/**
 * A service as a process: configuration, bus and store, HTTP, signals; and pools of worker processes.
 * @module
 */
export {
  type Config,
  CONFIG_VARIABLES,
  ConfigError,
  IMPORT_MAX_BYTES,
  readConfig,
  readStoreConfig,
} from "./config.ts";
export type { Direct, DirectAnswer, DirectRequest } from "./http/direct.ts";
export type { Upgrade, UpgradeRequest } from "./http/upgrades.ts";
export { type BaseOptions, type HttpBaseOptions, type Readiness, startHttpBase } from "./http/base_app.ts";
export type {
  ConnectionLimits,
  FetchHandler,
  HttpServer,
  ListenOptions,
  Mounted,
} from "./http/http_server.ts";
export { listen } from "./http/listen.ts";
export { runService, type Seams, type ServiceOptions } from "./service_process.ts";
export { startWorkerPool, type WorkerDeath, type WorkerPool, type WorkerPoolOptions } from "./worker_pool.ts";
export type { Environment } from "./config_faults.ts";
