/**
 * The list of what is wrong, kept up to date: for requests, for the metric, and for subscribers to its changes.
 * @module
 */
import { createWakeup, waitAtMost } from "@cugro/async";
import { createProblemChanges, gatherProblems, sortProblems } from "@cugro/problems";
import type { FactCache, LearnerReader } from "@cugro/learners";
import { type CloudEvent, type Problem, PROBLEM_CODES, problemEvent, PROBLEMS } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import type { Log, Metrics } from "@cugro/telemetry";
import { createObserver, type ObservedBus, type ObserverTimes } from "./observer.ts";

/** How often it looks (ms). */
export interface WatchTimes extends Partial<ObserverTimes> {
  /** At bus, store and queues. @default 1 s */
  lookMs?: number;
  /** At all facts and files, unless somebody asks or news comes. @default 10 s */
  gatherMs?: number;
}

/** What a watch works with. */
export interface WatchDeps {
  store: Store;
  bus: ObservedBus;
  cache: FactCache;
  learners: Pick<LearnerReader, "facts">;
  metrics: Pick<Metrics, "problems">;
  log: Log;
  times?: WatchTimes;
  /** Problems that others in this process know of. @default none */
  others?: () => Promise<Problem[]>;
}

/** The problems that stand now, and a way to learn of changes. */
export interface ProblemWatch {
  /** Everything that is wrong, those acknowledged too. While the store is away, what it last told. */
  list(): Promise<Problem[]>;
  /** What is wrong with one learner, read again, and with what all share. */
  of(learner: string): Promise<Problem[]>;
  /** False once the store has given no answer for seconds. */
  storeAnswers(): boolean;
  /** Something may have changed: looks soon. */
  wake(): void;
  /** Calls `tell` with every event from now on, and with all problems there are after each look. */
  onChange(notify: (events: readonly CloudEvent[], problems: readonly Problem[]) => void): void;
  close(): Promise<void>;
}

const LOOK_MS = 1_000;
const GATHER_MS = 10_000;
/** An answer may be so old. */
const FRESH_MS = 500;
/** Nobody waits longer than this for the store. */
const PATIENCE_MS = 4_000;
/** The store is busy with looking at most for this share of the time. */
const SHARE = 0.1;

/**
 * The list on request, without watching: bus and store are not observed.
 * @param deps store, cache and learners
 * @returns gathers at each request
 */
export function problemsOnDemand(
  { store, cache, learners }: Pick<WatchDeps, "store" | "cache" | "learners">,
): Omit<ProblemWatch, "onChange" | "close"> {
  const sources = { store, cache, factsOf: (name: string) => learners.facts(name) };
  return {
    list: () => gatherProblems(sources),
    of: (learner) => gatherProblems({ ...sources, learner }),
    storeAnswers: () => true,
    wake: () => {},
  };
}

/**
 * Starts to watch.
 * @param deps bus, store, and what else sees problems
 * @returns must be closed
 */
export async function startProblemWatch(deps: WatchDeps): Promise<ProblemWatch> {
  const watch = new Watch(deps);
  const unsubscribe = await deps.bus.subscribe("events", () => watch.wake());
  const loop = watch.run();
  return {
    list: () => watch.list(),
    of: async (learner) => {
      const known = await deps.others?.() ?? [];
      return await watch.gather(learner, known.filter(({ subject }) => subject.learner === learner));
    },
    storeAnswers: () => watch.storeAnswers(),
    wake: () => watch.wake(),
    onChange: (listener) => void watch.listeners.push(listener),
    async close() {
      await unsubscribe();
      watch.stop();
      await loop;
    },
  };
}

class Watch {
  readonly listeners: ((events: readonly CloudEvent[], problems: readonly Problem[]) => void)[] = [];
  readonly #observer;
  readonly #changesOf = createProblemChanges();
  readonly #wakeup = createWakeup();
  /** What the store told when it was last asked. */
  #stored: Problem[] = [];
  #gathering: Promise<void> | undefined;
  #gatheredAt = -Infinity;
  /** When it gathers next without news, and with news at the earliest. */
  #due = { atLast: 0, atFirst: 0 };
  #hasNews = false;
  #stopped = false;
  /** When a problem was first seen that does not say since when it is there. */
  #firstSeen = new Map<string, string>();

  constructor(private readonly deps: WatchDeps) {
    const { store, bus, times = {} } = deps;
    this.#observer = createObserver({ store, bus, times });
  }

  wake(): void {
    this.#hasNews = true;
    this.#wakeup.wake();
  }

  storeAnswers(): boolean {
    return !this.#observer.storeIsAway();
  }

  stop(): void {
    this.#stopped = true;
    this.#wakeup.wake();
  }

  async list(): Promise<Problem[]> {
    if (this.#observer.storeAnswers()) await waitAtMost(PATIENCE_MS, this.#refresh());
    return this.#now();
  }

  async #refresh(): Promise<void> {
    const isOld = () => performance.now() - this.#gatheredAt > FRESH_MS;
    // What is under way may have begun before the news.
    if (this.#hasNews) await this.#gathering;
    if (!this.#hasNews && !isOld()) return;
    this.#hasNews = false;
    await this.#gather();
  }

  /** Of all learners, or of one. */
  gather(learner?: string, others: readonly Problem[] = []): Promise<Problem[]> {
    const { store, cache, learners } = this.deps;
    return gatherProblems({
      ...{ store, cache, observed: [...others, ...this.#observer.problems()] },
      factsOf: (name) => learners.facts(name),
      ...(learner === undefined ? {} : { learner }),
    });
  }

  async run(): Promise<void> {
    const { lookMs = LOOK_MS } = this.deps.times ?? {};
    let turn: Promise<void> | undefined;
    while (!this.#stopped) {
      await this.#observer.look();
      if (!turn && this.#isDue() && this.#observer.storeAnswers()) {
        turn = this.#gatherInTurn().finally(() => turn = undefined);
      }
      // A store that hangs in the middle of it is noticed by the looks that follow.
      if (turn) await waitAtMost(lookMs, turn);
      this.#notify();
      if (!this.#stopped) await this.#wakeup.wait({ milliseconds: lookMs });
    }
    if (turn) await waitAtMost(PATIENCE_MS, turn);
  }

  #isDue(): boolean {
    const now = performance.now();
    return now >= this.#due.atLast || this.#hasNews && now >= this.#due.atFirst;
  }

  async #gatherInTurn(): Promise<void> {
    const { gatherMs = GATHER_MS } = this.deps.times ?? {};
    this.#hasNews = false;
    const began = performance.now();
    await this.#gather();
    const ended = performance.now();
    const rest = (ended - began) / SHARE;
    this.#due = { atFirst: ended + Math.max(FRESH_MS, rest), atLast: ended + Math.max(gatherMs, rest) };
  }

  /** What is observed is as of now, and acknowledged if it was when the store was last asked. */
  #now(): Problem[] {
    const known = new Map(this.#stored.map((problem) => [`${problem.id} ${problem.since}`, problem]));
    const observed = this.#observer.problems().map((problem) => ({
      ...problem,
      acknowledged: known.get(`${problem.id} ${problem.since}`)?.acknowledged ?? null,
    }));
    return sortProblems([
      ...this.#stored.filter(({ code }) => PROBLEMS[code].audience !== "everyone"),
      ...observed,
    ]);
  }

  /** Once at a time: who comes meanwhile shares it. */
  #gather(): Promise<void> {
    return this.#gathering ??= this.#read().finally(() => this.#gathering = undefined);
  }

  async #read(): Promise<void> {
    const { others, log } = this.deps;
    try {
      this.#stored = this.#dated(await this.gather(undefined, await others?.()));
      this.#gatheredAt = performance.now();
    } catch (error) {
      log.debug("problems cannot be looked through now", { error });
    }
  }

  #dated(problems: readonly Problem[]): Problem[] {
    const seen = new Map<string, string>();
    const now = new Date().toISOString();
    const dated = problems.map((problem) => {
      if (problem.since !== null) return problem;
      const since = this.#firstSeen.get(problem.id) ?? now;
      seen.set(problem.id, since);
      return { ...problem, since };
    });
    this.#firstSeen = seen;
    return dated;
  }

  #notify(): void {
    const { metrics, log } = this.deps;
    const problems = this.#now();
    const open = problems.filter(({ acknowledged }) => acknowledged === null);
    for (const code of PROBLEM_CODES) {
      metrics.problems.set({ code }, open.filter((problem) => problem.code === code).length);
    }
    const { raised, resolved } = this.#changesOf(problems);
    for (const { code, message, subject } of raised) log.warn("problem", { code, message, ...subject });
    for (const { code, message, subject } of resolved) {
      log.info("problem is over", { code, message, ...subject });
    }
    const events = [
      ...raised.map((problem) => problemEvent("cugro.problem.raised", problem)),
      ...resolved.map((problem) => problemEvent("cugro.problem.resolved", problem)),
    ];
    for (const listener of this.listeners) listener(events, problems);
  }
}
