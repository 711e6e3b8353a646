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
 * Before the first: a coordinator that is restarted more often than every hour would never collect. Not at once, when workers
 * come back and all learners are read.
 */
const FIRST_MS = 600_000;

/**
 * Collects every hour, the first time after ten minutes; a collection that fails is logged.
 *
 * @param options `wait` resolves after that many milliseconds
 */
export async function sweepRegularly(
  { store, log, signal, wait = pause }: {
    store: Store;
    log: Log;
    signal: AbortSignal;
    wait?: typeof pause;
  },
): Promise<void> {
  for (await wait(FIRST_MS, signal); !signal.aborted; await wait(INTERVAL_MS, signal)) {
    try {
      const { removed, bytes, young } = await collectGarbage({ store });
      log.info("garbage collected", { objects: removed.length, bytes, young });
    } catch (error) {
      log.error("garbage could not be collected", { error });
    }
  }
}
