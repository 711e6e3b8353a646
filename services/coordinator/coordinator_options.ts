/**
 * Options of a coordinator.
 * @module
 */
import type { Bus } from "@cugro/bus";
import type { LearnerFacts } from "@cugro/learners";
import type { JobName } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import type { Metrics } from "@cugro/telemetry";
import type { Plan } from "./plan_parts.ts";

/** Store, bus, log and settings of a coordinator. */
export interface CoordinatorOptions {
  store: Store;
  /**
   * `connected`: a bus that can lose its server; when it is back, everything is submitted again at once. `queuedJobs`: a
   * bus that outlives its coordinator lists waiting and running jobs, so that those no longer needed are stopped.
   */
  bus: Bus & { connected?(): boolean; queuedJobs?(): Promise<JobName[]> };
  /** Names of learners to plan for; all in the store if left out. */
  learners?: readonly string[];
  /** `idle`: return when there is nothing left to do. Otherwise runs until `signal`. */
  until?: "idle";
  signal: AbortSignal;
  /** Everything is checked at least this often (ms), so that no lost message matters. @default 10 s */
  intervalMs?: number;
  /** Called after each plan that was carried out; `stopped`: jobs no longer needed since then. */
  onChange?: (change: { facts: LearnerFacts; plan: Plan; stopped: readonly string[] }) => void;
  /**
   * A learner could not be planned (a damaged fact, a full disk), or null: all learners could not be listed. It is
   * tried again. Without it, the first such error ends the loop.
   */
  onError?: (learner: string | null, error: unknown) => void;
  /** Files lie in `incoming/` for a learner that does not exist; called once for each name. */
  onUnknownLearner?: (learner: string, key: string) => void;
  metrics?: Metrics;
}
