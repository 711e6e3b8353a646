/**
 * What a compute service's `main.ts` calls: builds bus, store and backend from the environment, and works until it
 * is told to stop.
 *
 * In the embedded world the process is a child on a pipe: Ctrl-C reaches the whole process group, but it is the
 * parent who decides; the child waits for SIGTERM, then writes a checkpoint and gives its job back.
 * @module
 */
import process from "node:process";
import type { JobKind, JsonObject } from "@cugro/protocol";
import type { Compile } from "./compile/step.ts";
import { type Config, readConfig } from "./config.ts";
import { openFilesystemStore } from "./filesystem_store.ts";
import { createLog, type Log } from "./log.ts";
import { openPipeBus } from "./pipe_bus.ts";
import { type JobHandlers, runWorker } from "./worker.ts";

/** A compute service, or several in one process. */
export interface Service {
  /** Served kinds, in order of preference. */
  kinds: readonly JobKind[];
  createHandlers(deps: { compile: Compile }): JobHandlers;
  /** What results are computed with. @default the tensor backend that the configuration names */
  openCompute?(config: Config, log: Log): Promise<Compute>;
}

/** What results are computed with. */
export interface Compute {
  profile: JsonObject;
  compile: Compile;
}

/** Serves jobs until SIGTERM, then ends the process with status 0; 1 if it cannot start or breaks. */
export async function serve(service: Service): Promise<never> {
  const stop = new AbortController();
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => stop.abort());
  const bus = openPipeBus();
  let log = createLog({ fields: { worker: process.pid } });
  const die = (event: string) => (error: unknown) => {
    log.error(event, { error });
    process.exit(1);
  };
  process.on("uncaughtException", die("uncaught exception"));
  process.on("unhandledRejection", die("unhandled rejection"));
  try {
    const config = readConfig();
    log = createLog({ level: config.logLevel, fields: { worker: process.pid } });
    const store = await openFilesystemStore({ root: config.store });
    const { profile, compile } = await (service.openCompute ?? openTensors)(config, log);
    const { checkpointSeconds, checkpointSteps } = config;
    await runWorker({
      bus,
      store,
      handlers: service.createHandlers({ compile }),
      kinds: service.kinds,
      profile,
      compile,
      signal: stop.signal,
      checkpointSeconds,
      ...(checkpointSteps === undefined ? {} : { checkpointSteps }),
      log,
    });
    await bus.close();
    await store.close();
  } catch (error) {
    die("worker cannot go on")(error);
  }
  return process.exit(0);
}

/** Loaded here and not above: whoever only wants a store need not wait for a tensor library. */
async function openTensors(config: Config, log: Log): Promise<Compute> {
  const { openBackend } = await import("./backend.ts");
  const { device, backend } = config;
  const opened = await openBackend({ device, ...(backend === undefined ? {} : { backend }) });
  if (opened.warning !== undefined) log.warn(opened.warning);
  const compile = config.compile && opened.profile.compile;
  const profile = { ...opened.profile, compile };
  if (!compile) return { profile, compile: (await import("./compile/eager_step.ts")).eagerStep };
  const { nativeCompile } = await import("./compile/native_compile.ts");
  return { profile, compile: nativeCompile({ warn: (message) => log.warn(message) }) };
}
