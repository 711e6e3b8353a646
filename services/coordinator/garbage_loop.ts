/**
 * Garbage collection, again and again: in a cluster there is no one to type `cugro gc`.
 * @module
 */
import { pause } from "@cugro/async";
import type { Log } from "@cugro/telemetry";
import type { Store } from "@cugro/store";
import { collectGarbage } from "./garbage.ts";

/** Between two collections. Garbage has been unused for a day, so there is no hurry. */
const INTERVAL_MS = 3_600_000;

/**
 * Collects every hour, the first time a whole interval from now; a collection that fails is logged.
 *
 * @param options `intervalMs` from one collection to the next
 */
export async function sweepRegularly(
  { store, log, signal, intervalMs = INTERVAL_MS }: {
    store: Store;
    log: Log;
    signal: AbortSignal;
    intervalMs?: number;
  },
): Promise<void> {
  for (await pause(intervalMs, signal); !signal.aborted; await pause(intervalMs, signal)) {
    try {
      const { removed, bytes, young } = await collectGarbage({ store });
      log.info("garbage collected", { objects: removed.length, bytes, young });
    } catch (error) {
      log.error("garbage could not be collected", { error });
    }
  }
}
