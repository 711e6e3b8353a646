/**
 * The coordinator's loop: a keeper for each learner, news handed to those whom it concerns, and every ten seconds a
 * look at everything, in case news was lost. News only wakes; what is done comes from the store.
 * @module
 */
import { createCache, learnerExists, type LearnerFacts, listLearners } from "@cugro/learners";
import type { Bus, Metrics, Store } from "@cugro/platform";
import { checkLearnerName, type CloudEvent } from "@cugro/protocol";
import { type Keeper, keepLearner } from "./keeper.ts";
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
  const { bus, signal } = options;
  const stop = new AbortController();
  const end = () => stop.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const household = createHousehold(options, stop);
  const unsubscribe = [
    await bus.subscribe("events", household.hear),
    await bus.subscribe("incoming", ({ key }) => household.hint(key)),
  ];
  const watch = watchConnection(bus, () => household.tellAll());
  try {
    await household.run();
  } finally {
    signal.removeEventListener("abort", end);
    stop.abort();
    clearInterval(watch);
    for (const leave of unsubscribe) await leave();
    await household.settled();
  }
  household.rethrow();
}

/** All keepers. */
function createHousehold(options: CoordinatorOptions, stop: AbortController) {
  const { store, intervalMs = INTERVAL_MS, onError, until } = options;
  const cache = createCache();
  const keepers = new Map<string, Keeper>();
  const strays = new Set<string>();
  const asked = new Set<string>();
  const errors: unknown[] = [];
  let listed = false;
  const fail = (error: unknown) => {
    errors.push(error);
    stop.abort();
  };
  const rest = () => {
    if (until === "idle" && listed && [...keepers.values()].every((keeper) => keeper.isIdle())) stop.abort();
  };
  const keep = (name: string) => {
    if (keepers.has(name) || stop.signal.aborted) return;
    const keeper = keepLearner({
      ...options,
      name,
      cache,
      intervalMs,
      signal: stop.signal,
      onChange: options.onChange ?? (() => {}),
      onError: (learner, error) => {
        if (!onError) throw error;
        onError(learner, error);
      },
      onRest: () => queueMicrotask(rest),
    });
    keepers.set(name, keeper);
    keeper.done.then(() => void keepers.delete(name), fail);
  };
  /** A name nobody knows here may be a new learner's: asked once between two lists. */
  const ask = async (name: string) => {
    if (asked.has(name) || options.learners || !isLearnerName(name)) return;
    asked.add(name);
    if (await learnerExists(store, name).catch(() => false)) keep(name);
  };
  const list = async () => {
    asked.clear();
    for (const name of options.learners ?? await listLearners(store)) keep(name);
    if (options.learners === undefined && until === undefined) await reportStrays(options, keepers, strays);
    listed = true;
    rest();
  };
  return {
    /** Lists learners every interval. */
    async run(): Promise<void> {
      while (!stop.signal.aborted) {
        try {
          await list();
        } catch (error) {
          if (!onError) throw error;
          onError(null, error);
        }
        await pause(intervalMs, stop.signal);
      }
    },
    hear(event: CloudEvent): void {
      for (const keeper of keepers.values()) keeper.hear(event);
      if (!keepers.has(event.subject)) void ask(event.subject);
    },
    /** A key under `incoming/`, or a learner's prefix there: have a look. */
    hint(key: string): void {
      const [root, name = ""] = key.split("/");
      const keeper = keepers.get(name);
      if (root !== "incoming") return;
      if (keeper) keeper.tell(key.endsWith("/") ? { whole: true } : { facts: true, incoming: true });
      else void ask(name);
    },
    tellAll(): void {
      for (const keeper of keepers.values()) keeper.tell({ whole: true });
    },
    async settled(): Promise<void> {
      await Promise.allSettled([...keepers.values()].map(({ done }) => done));
    },
    rethrow(): void {
      if (errors.length > 0) throw errors[0];
    },
  };
}

/** Files for learners that do not exist are left alone: making a learner needs settings that nobody has given. */
async function reportStrays(
  { store, onStray }: CoordinatorOptions,
  keepers: ReadonlyMap<string, Keeper>,
  known: Set<string>,
): Promise<void> {
  if (!onStray) return;
  for (const { key } of await store.list("incoming/")) {
    const name = key.split("/")[1]!;
    if (keepers.has(name)) known.delete(name);
    if (keepers.has(name) || known.has(name)) continue;
    known.add(name);
    onStray(name, key);
  }
}

/** Waits, unless the end comes first. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

function isLearnerName(name: string): boolean {
  try {
    return checkLearnerName(name) === name;
  } catch {
    return false;
  }
}

function watchConnection(bus: CoordinatorOptions["bus"], onBack: () => void) {
  let before = true;
  return setInterval(() => {
    const now = bus.connected?.() ?? true;
    if (now && !before) onBack();
    before = now;
  }, CONNECTION_INTERVAL_MS);
}
