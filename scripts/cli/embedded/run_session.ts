/**
 * The embedded world: this process holds store, bus and coordinator; workers are child processes.
 * @module
 */
import { join, resolve } from "node:path";
import process from "node:process";
import { createEmbeddedBus, type EmbeddedBus } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { startWorkerPool } from "@cugro/process";
import { confine, type ConfinedProcess, ROOT } from "../../../services/confined_process.ts";
import { mainOf, WORKER, workerOf } from "../../../services/services.ts";

/** Everything that runs while a command learns. */
export interface Session {
  bus: EmbeddedBus;
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal;
  /** Why the session cannot go on; undefined while it can. The signal is aborted then. */
  failure(): Error | undefined;
  /** Ends the session, as when its workers cannot start. */
  fail(error: Error): void;
  /** Checkpoints and stops the workers. */
  close(): Promise<void>;
}

/** How a session is set up. */
export interface SessionOptions {
  /** Its store is opened for writing by this process. */
  folder: string;
  workers: number;
  /** Of this process, and closed by the caller that made it. @default one of the session's own */
  bus?: EmbeddedBus;
  /** Where log lines and the workers' own output go. */
  onOutput: (text: string) => void;
}

/** Opens bus and workers, and listens for Ctrl-C. */
export function openSession({ folder, workers, onOutput, bus: given }: SessionOptions): Session {
  const root = resolve(folder);
  const bus = given ?? createEmbeddedBus();
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    stop.abort();
  };
  const worker = confinedWorker(root);
  const pool = startWorkerPool({
    bus,
    onFailure: fail,
    command: process.execPath,
    args: worker.args,
    count: workers,
    environment: worker.environment,
    log: createLog({ level: "warn", write: onOutput }),
    onOutput,
  });
  return {
    bus,
    signal: stop.signal,
    failure: () => failure,
    fail,
    close: async () => {
      await pool.close();
      worker.clear();
      if (!given) await bus.close();
      for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    },
  };
}

/** A worker talks to this command, over a pipe, and to the store's folder: to no network, and to nothing else of this user's. */
function confinedWorker(root: string): ConfinedProcess {
  const own = { CUGRO_STORE: root, CUGRO_LOG: process.env.CUGRO_LOG ?? "info" };
  const { args, ...rest } = confine(
    workerOf().access,
    { ...own, CUGRO_NATS: "", CUGRO_HTTP_PORT: "" },
    "workers",
  );
  return { ...rest, args: [...args, join(ROOT, mainOf(WORKER))] };
}
