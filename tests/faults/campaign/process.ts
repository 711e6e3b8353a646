/**
 * A worker or coordinator of the campaign: the real process (`runService`), the real loop, on watched seams. Settings
 * are its one argument; store and bus come from the environment as everywhere.
 * @module
 */
import process from "node:process";
import { runCoordinator } from "@cugro/coordinator";
import { type JobHandlers, runWorker } from "@cugro/worker";
import { runService, type Seams } from "@cugro/process";
import { JOB_KINDS, type JobKind, type JsonObject } from "@cugro/protocol";
import { SERVICES, type Services } from "../../../services/services.ts";
import { createStubHandlers } from "../../../scripts/lab/experiments/stub_service.ts";
import { createRecorder, type Recorder } from "./run_history.ts";
import { createSaboteur, parseStrikes } from "./sabotage.ts";
import { type Distortion, watchBus, watchHandlers, watchStore } from "./damaged_seams.ts";

/** What a process of the campaign is told. */
export interface ProcessSettings {
  /** As its lines in the history are signed. */
  who: string;
  /** File of its history. */
  history: string;
  /** Jobs it does, in order of preference; none: it is a coordinator. */
  kinds?: JobKind[];
  /** The stub's steps, and the sleep before each in ms; without it tensors are trained. */
  stub?: { steps: number; stepMs: number };
  /** See `sabotage.ts`. */
  sabotage: string;
  distortion?: Distortion;
  /** How often a coordinator looks at everything. */
  intervalMs: number;
}

/** Of training at most one step in this time is written down. */
const RECORD_MS = 50;

/** Which kinds a process serves: those of its service first, or all for one that serves any. */
export function kindsOf(who: string): JobKind[] | undefined {
  if (who.startsWith("coordinator")) return undefined;
  const services: Services = SERVICES;
  return [...services[who]?.kinds ?? JOB_KINDS];
}

async function work(
  settings: ProcessSettings,
  kinds: JobKind[],
  seams: Seams,
  record: Recorder,
): Promise<void> {
  const { config, log } = seams;
  const { handlers, profile } = await openWork(settings, seams);
  seams.setReady("backend", true);
  await runWorker({
    ...seams,
    handlers: watchHandlers(handlers, record, settings.stub ? 0 : RECORD_MS),
    kinds,
    profile,
    checkpointSeconds: config.checkpointSeconds,
    ...(config.checkpointSteps === undefined ? {} : { checkpointSteps: config.checkpointSteps }),
    ackWaitMs: config.ackWaitMs,
    log,
  });
}

async function openWork(
  { stub }: ProcessSettings,
  { config, log }: Seams,
): Promise<{ handlers: JobHandlers; profile: JsonObject }> {
  if (stub) return { handlers: createStubHandlers(stub), profile: { backend: "stub" } };
  return await (await import("./training.ts")).openTraining(config, log);
}

if (import.meta.main) {
  const settings = JSON.parse(process.argv[2] ?? "{}") as ProcessSettings;
  const record = createRecorder(settings.history, settings.who);
  const saboteur = createSaboteur(parseStrikes(settings.sabotage), record);
  record({ what: "process", state: "started" });
  // A campaign that was killed leaves nobody behind.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(1), 1_000).unref();
  const { kinds } = settings;
  await runService(
    { name: kinds ? "worker" : "coordinator", needs: kinds ? ["backend"] : [] },
    async (seams) => {
      const watched = {
        ...seams,
        store: watchStore(seams.store, record, saboteur),
        bus: watchBus(seams.bus, record, saboteur, settings.distortion),
      };
      if (kinds) return await work(settings, kinds, watched, record);
      await runCoordinator({
        ...watched,
        intervalMs: settings.intervalMs,
        onError: (learner, error) => seams.log.error("learner cannot be planned", { learner, error }),
      });
    },
  );
}
