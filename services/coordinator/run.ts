/**
 * The coordinator's loop: a keeper for each learner, news handed to those whom it concerns, and every ten seconds a
 * look at everything, in case news was lost. News only wakes; what is done comes from the store.
 * @module
 */
import type { LearnerFacts } from "@cugro/learners";
import type { Bus } from "@cugro/bus";
import type { Metrics } from "@cugro/telemetry";
import type { Store } from "@cugro/store";
import { openHousehold } from "./household.ts";
import { pause } from "./observe.ts";
import type { Plan } from "./plan.ts";

const INTERVAL_MS = 10_000;
/** The bus is asked this often whether it is connected. */
const CONNECTION_INTERVAL_MS = 250;

/** What {@link runCoordinator} needs. */
export interface CoordinatorOptions {
  store: Store;
  /** `connected`: a bus that can lose its server; when it is back, everything is submitted again at once. */
  bus: Bus & { connected?(): boolean };
  /** Names of learners to plan for; all in the store if left out. */
  learners?: readonly string[];
  /** `idle`: return when there is nothing left to do. Otherwise runs until `signal`. */
  until?: "idle";
  signal: AbortSignal;
  /** Everything is looked at least this often (ms), so that no lost message matters. @default 10 s */
  intervalMs?: number;
  /** Called after each plan that was carried out. */
  onChange?: (change: { facts: LearnerFacts; plan: Plan }) => void;
  /**
   * A learner could not be planned (a damaged fact, a full disk), or null: all learners could not be listed. It is
   * tried again. Without it, the first such error ends the loop.
   */
  onError?: (learner: string | null, error: unknown) => void;
  /** Files lie in `incoming/` for a learner that does not exist; told once of each name. */
  onStray?: (learner: string, key: string) => void;
  metrics?: Metrics;
}

/** Plans until `signal` aborts, or until there is nothing left to do. */
export async function runCoordinator(options: CoordinatorOptions): Promise<void> {
  const { bus, signal, intervalMs = INTERVAL_MS } = options;
  const stop = new AbortController();
  const end = () => stop.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const household = openHousehold(options, intervalMs, stop);
  const unsubscribe = [
    await bus.subscribe("events", household.hear),
    await bus.subscribe("incoming", ({ key }) => household.hint(key)),
  ];
  const watch = watchConnection(bus, household.tellAll);
  try {
    while (!stop.signal.aborted) {
      await household.list().catch((error) => {
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
    await household.settled();
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
