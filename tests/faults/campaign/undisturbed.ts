/**
 * A run without faults, in one process on the embedded bus: what every disturbed run must come to, whatever store and
 * bus it had.
 * @module
 */
import { runCoordinator } from "@cugro/coordinator";
import type { Bus } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { runWorker } from "@cugro/worker";
import type { Store } from "@cugro/store";
import { JOB_KINDS } from "@cugro/protocol";
import { createStubHandlers, type StubSettings } from "../../../scripts/lab/experiments/stub_service.ts";
import type { Recorder } from "./run_history.ts";
import { createSaboteur } from "./sabotage.ts";
import { watchBus, watchHandlers, watchStore } from "./damaged_seams.ts";
import { play, type Workload } from "./workload.ts";

/** Steps of the stub's trainings, in every run that is compared. */
export const STUB_STEPS = 12;

/** Plays a workload of stub jobs to its end. The bus is closed then, the store is not. */
export async function runUndisturbed(
  { workload, store, bus, record = () => {} }: {
    workload: Workload;
    store: Store;
    bus: Bus;
    record?: Recorder;
  },
): Promise<void> {
  const stop = new AbortController();
  const nothing = createSaboteur([], record);
  const watched = { store: watchStore(store, record, nothing), bus: watchBus(bus, record, nothing) };
  const stub: StubSettings = { steps: STUB_STEPS, stepMs: 0 };
  const worker = runWorker({
    ...watched,
    handlers: watchHandlers(createStubHandlers(stub), record, 0),
    kinds: JOB_KINDS,
    profile: { backend: "stub" },
    signal: stop.signal,
    log: createLog({ level: "error" }),
  });
  const coordinator = runCoordinator({ ...watched, signal: stop.signal, intervalMs: 300 });
  try {
    await play(workload, {
      store,
      bus,
      record,
      seed: 0,
      wayIn: () => "handed",
      signal: stop.signal,
      again: false,
    });
  } finally {
    stop.abort();
    await bus.close();
    await Promise.all([worker, coordinator]);
  }
}
