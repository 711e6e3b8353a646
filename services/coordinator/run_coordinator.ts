/**
 * The coordinator: a loop for each learner, news passed to the loops it concerns, and every ten seconds a full
 * pass in case news was lost. News only wakes loops; decisions come from the store.
 * @module
 */
import { pause } from "@cugro/async";
import { createLearnerLoops } from "./learner_loops.ts";
import type { CoordinatorOptions } from "./coordinator_options.ts";

const INTERVAL_MS = 10_000;
/** The bus is asked this often whether it is connected. */
const CONNECTION_INTERVAL_MS = 250;

/**
 * Plans until `signal` aborts, or until there is nothing left to do.
 *
 * @param options store, bus, log, and which learners
 */
export async function runCoordinator(options: CoordinatorOptions): Promise<void> {
  const { bus, signal, intervalMs = INTERVAL_MS } = options;
  const stop = new AbortController();
  const end = () => stop.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const loops = createLearnerLoops(options, intervalMs, stop);
  const unsubscribe = [
    await bus.subscribe("events", loops.onEvent),
    await bus.subscribe("incoming", ({ key }) => loops.onHint(key)),
  ];
  const watch = watchConnection(bus, loops.lookAtAll);
  try {
    while (!stop.signal.aborted) {
      await loops.startMissing().catch((error) => {
        if (!options.onError) throw error;
        options.onError(null, error);
      });
      await pause(intervalMs, stop.signal);
    }
  } finally {
    signal.removeEventListener("abort", end);
    stop.abort();
    clearInterval(watch);
    for (const leave of unsubscribe) await leave();
    await loops.ended();
  }
}

/** Calls `onBack` whenever the bus has found its server again. */
function watchConnection(bus: CoordinatorOptions["bus"], onBack: () => void) {
  let before = true;
  return setInterval(() => {
    const now = bus.connected?.() ?? true;
    if (now && !before) onBack();
    before = now;
  }, CONNECTION_INTERVAL_MS);
}
