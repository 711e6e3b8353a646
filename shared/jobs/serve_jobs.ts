/**
 * What a compute service's `main.ts` calls: builds bus, store and backend from the environment, and works until it
 * is told to stop.
 * @module
 */
import { hostname } from "node:os";
import process from "node:process";
import type { JobKind, JsonObject } from "@cugro/protocol";
import type { Compile } from "@cugro/tensors/seam";
import { type Config, ConfigError, runService, type Seams } from "@cugro/process";
import type { Log } from "@cugro/telemetry";
import { type JobHandlers, runWorker } from "@cugro/worker";

/** A compute service, or several in one process. */
export interface Service<Prepared = undefined> {
  /** As its folder is called. @default "worker" */
  name?: string;
  /** Served kinds, in order of preference. */
  kinds: readonly JobKind[];
  createHandlers(deps: { compile: Compile; config: Config; prepared: Prepared | undefined }): JobHandlers;
  /** Work to do before native code is loaded, after which no program can be started any more. @default nothing */
  prepare?(config: Config): Prepared | undefined;
  /** The backend that computes results. @default the tensor backend that the configuration names */
  openCompute?(config: Config, log: Log): Promise<ServiceCompute>;
  /** Called once that is open: no native code need be loaded from then on. @default nothing is done */
  onOpened?(): Promise<unknown>;
}

/** A service's backend, and its recorded profile. */
export interface ServiceCompute {
  profile: JsonObject;
  compile: Compile;
}

/**
 * Serves jobs until SIGTERM, then ends the process with status 0; 1 if it cannot start or breaks.
 *
 * @param service kinds, handlers, what they are prepared with
 * @returns never
 */
export async function serve<Prepared = undefined>(service: Service<Prepared>): Promise<never> {
  const { name = "worker" } = service;
  return await runService({ name, needs: ["backend"] }, (seams) => work(service, seams));
}

async function work<Prepared>(service: Service<Prepared>, seams: Seams): Promise<void> {
  const { bus, store, config, log, metrics, signal } = seams;
  const kinds = chooseKinds(service.kinds, config.kinds);
  const prepared = service.prepare?.(config);
  const { profile, compile } = await (service.openCompute ?? openTensors)(config, log);
  await service.onOpened?.();
  seams.setReady("backend", true);
  log.info("ready for jobs", { kinds, profile });
  const { checkpointSeconds, checkpointSteps, ackWaitMs } = config;
  await runWorker({
    bus,
    store,
    handlers: service.createHandlers({ compile, config, prepared }),
    kinds,
    profile,
    signal,
    ackWaitMs,
    checkpointSeconds,
    ...(checkpointSteps === undefined ? {} : { checkpointSteps }),
    log,
    metrics,
    // In a container the machine is the pod.
    name: `${service.name ?? "worker"} ${process.pid} on ${hostname()}`,
  });
}

/** In the service's order of preference. */
function chooseKinds(kinds: readonly JobKind[], wanted: readonly JobKind[] | undefined): readonly JobKind[] {
  const foreign = wanted?.filter((kind) => !kinds.includes(kind)) ?? [];
  if (foreign.length === 0) return wanted ? kinds.filter((kind) => wanted.includes(kind)) : kinds;
  throw new ConfigError(
    `CUGRO_KINDS must be of ${kinds.join(", ")}, which this service does: current value names ${
      foreign.join(", ")
    }`,
  );
}

/**
 * The tensor backend that a configuration names, and the compile seam on it. Loaded here and not above:
 * who only needs a store does not wait for a tensor library.
 *
 * @param config of the process
 * @param log for what is slower than it could be
 * @returns the backend's profile, and `compile`
 */
export async function openTensors(config: Config, log: Log): Promise<ServiceCompute> {
  const { openCompute } = await import("@cugro/tensors");
  const { backend, device, compile, nativeLog } = config;
  const warn = (message: string) => log.warn(message);
  const opened = await openCompute({ backend, device, compile, nativeLog, warn });
  return { profile: { ...opened.profile }, compile: opened.compile };
}
