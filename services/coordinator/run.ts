/**
 * The coordinator's loop: on every piece of news, and at least every ten seconds, plan each learner and carry the
 * plan out. News only wakes it; what it does comes from the store.
 * @module
 */
import {
  createCache,
  type FactCache,
  type LearnerFacts,
  listLearners,
  loadFacts,
  scanIncoming,
} from "@cugro/learners";
import type { Bus, Store } from "@cugro/platform";
import { applyPlan } from "./apply.ts";
import { isIdle, type Plan, plan } from "./plan.ts";

/** News that comes within this time is one plan. */
const COALESCE_MS = 50;
const INTERVAL_MS = 10_000;
/** While dropped files settle, they are looked at this often. */
const SETTLING_INTERVAL_MS = 1_000;

/** What {@link runCoordinator} needs. */
export interface CoordinatorOptions {
  store: Store;
  bus: Bus;
  /** Names of learners to plan for; all in the store if left out. */
  learners?: readonly string[];
  /** `idle`: return when there is nothing left to do. Otherwise runs until `signal`. */
  until?: "idle";
  signal: AbortSignal;
  /** Planned at least this often (ms), so that no lost message matters. @default 10 s */
  intervalMs?: number;
  /** Called after each plan that was carried out. */
  onChange?: (change: { facts: LearnerFacts; plan: Plan }) => void;
  /** A learner could not be planned (a damaged fact, a full disk); without it, the first such error ends the loop. */
  onError?: (learner: string, error: unknown) => void;
}

/** Plans until `signal` aborts, or until there is nothing left to do. */
export async function runCoordinator(options: CoordinatorOptions): Promise<void> {
  const { store, bus, signal, intervalMs = INTERVAL_MS } = options;
  const cache = createCache();
  const seen = new Map<string, { mark: string; since: number }>();
  const alarm = createAlarm(signal);
  const unsubscribe = await bus.subscribe("events", () => alarm.ring());
  try {
    while (!signal.aborted) {
      let idle = true;
      let settling = false;
      for (const name of options.learners ?? await listLearners(store)) {
        const state = await attempt(options, name, () => planLearner(options, name, cache, seen));
        idle &&= state.idle;
        settling ||= state.settling;
      }
      if (options.until === "idle" && idle && !settling) return;
      await alarm.wait(settling ? Math.min(intervalMs, SETTLING_INTERVAL_MS) : intervalMs, COALESCE_MS);
    }
  } finally {
    await unsubscribe();
  }
}

interface LearnerState {
  idle: boolean;
  settling: boolean;
}

async function attempt(
  options: CoordinatorOptions,
  name: string,
  work: () => Promise<LearnerState>,
): Promise<LearnerState> {
  try {
    return await work();
  } catch (error) {
    if (!options.onError) throw error;
    options.onError(name, error);
    return { idle: false, settling: false };
  }
}

/** Plans one learner until a plan changes no fact. */
async function planLearner(
  { store, bus, signal, onChange }: CoordinatorOptions,
  name: string,
  cache: FactCache,
  seen: Map<string, { mark: string; since: number }>,
): Promise<LearnerState> {
  while (true) {
    let facts = await loadFacts(store, name, cache);
    if (facts.deleted) return { idle: true, settling: false };
    const scan = await scanIncoming({ store, facts, seen, now: performance.now() });
    if (scan.added > 0) facts = await loadFacts(store, name, cache);
    const next = plan(facts);
    const changed = await applyPlan({ store, bus, learner: name, plan: next, cache });
    onChange?.({ facts, plan: next });
    if (!changed || signal.aborted) return { idle: isIdle(next), settling: scan.settling };
  }
}

/** Something that can be rung, waited for, and never loses a ring. */
function createAlarm(signal: AbortSignal) {
  let rung = false;
  let wake = () => {};
  signal.addEventListener("abort", () => wake(), { once: true });
  const sleep = async (milliseconds: number) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, milliseconds);
      if (signal.aborted) resolve();
    });
    clearTimeout(timer);
  };
  return {
    ring() {
      rung = true;
      wake();
    },
    /** Waits for a ring or `milliseconds`; after a ring waits `coalesce` more, so that a burst is one. */
    async wait(milliseconds: number, coalesce: number) {
      if (!rung) await sleep(milliseconds);
      if (rung && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, coalesce));
      rung = false;
    },
  };
}
