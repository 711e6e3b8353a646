/**
 * The loop of one learner: look at what has changed, plan, carry the plan out, wait for news. Each learner has its own,
 * so that one with thousands of jobs, or one whose facts are damaged, does not hold up the others.
 * @module
 */
import type { Plan } from "./plan_parts.ts";
import { backoffMs } from "@cugro/async";
import {
  type Change,
  currentTask,
  type FactCache,
  hasFailed,
  type LearnerFacts,
  type LearnerView,
  openView,
  scanIncoming,
  traceOfArrival,
} from "@cugro/learners";
import type { Bus } from "@cugro/bus";
import { inSpan, type Metrics } from "@cugro/telemetry";
import type { Store } from "@cugro/store";
import type { ArrivalFact, CloudEvent, JobKind } from "@cugro/protocol";
import { applyPlan } from "./apply.ts";
import { removeDamaged } from "./damage.ts";
import { type Needs, needsOf, stopJobs } from "./needs.ts";
import { createNews } from "./news.ts";
import { isIdle, plan } from "./plan.ts";

/** While dropped files settle, they are looked at this often. */
const SETTLING_INTERVAL_MS = 1_000;
/** After an error a learner is looked at again after this time, doubled with each error in a row up to the interval. */
const RETRY_MS = 250;

/** Options of a loop. */
export interface LearnerLoopOptions {
  store: Store;
  bus: Bus;
  name: string;
  cache: FactCache;
  signal: AbortSignal;
  /** Looks at everything at least this often (ms). */
  intervalMs: number;
  /** Called after each plan that was carried out. */
  onChange: (change: { facts: LearnerFacts; plan: Plan; stopped: readonly string[] }) => void;
  /** Called when the learner could not be planned; an error that it throws ends the loop. */
  onError: (learner: string, error: unknown) => void;
  /** Called whenever there is nothing to do at the moment. */
  onWait: () => void;
  /** Jobs needed by each learner's newest plan; this loop maintains its own learner's entry. */
  needs: Needs;
  metrics?: Metrics;
}

/** A loop that runs. */
export interface LearnerLoop {
  /** Looks soon at what may have changed. */
  look(change: Change): void;
  /** An event was published, by this process or another; a job's may be about a job of several learners. */
  onEvent(event: CloudEvent): void;
  /** Whether there is nothing left to do or to wait for. */
  isIdle(): boolean;
  /** Whether it has planned, or tried to, at least once. */
  hasLooked(): boolean;
  /** Resolves when the loop has ended: aborted, or the learner was deleted. Rejects with what `onError` throws. */
  done: Promise<void>;
}

interface State {
  idle: boolean;
  settling: boolean;
  deleted: boolean;
}

/**
 * Starts the loop of a learner.
 * @param options the learner, and the signal that ends the loop
 * @returns takes news; `done` resolves when it has ended
 */
export function startLearnerLoop(options: LearnerLoopOptions): LearnerLoop {
  const news = createNews(options.signal);
  const learner = openLearner(options);
  let state: State = { idle: false, settling: false, deleted: false };
  let looked = false;
  const run = async () => {
    let wholeAt = -Infinity;
    let failures = 0;
    while (!options.signal.aborted) {
      const now = performance.now();
      const change = news.take();
      if (state.settling) change.incoming = true;
      if (now - wholeAt >= options.intervalMs || failures > 0) change.whole = true;
      if (change.whole) wholeAt = now;
      try {
        state = await learner.plan(change);
        failures = 0;
      } catch (error) {
        state = { idle: false, settling: false, deleted: false };
        failures++;
        options.onError(options.name, error);
      }
      looked = true;
      if (!news.isPending()) options.onWait();
      // One that is restored gets another loop.
      if (state.deleted) return;
      await news.wait(waitMs(options.intervalMs, wholeAt, failures, state.settling));
    }
  };
  return {
    look: news.add,
    onEvent: (event) => {
      const change = changeBy(event, options.name, learner);
      if (change) news.add(change);
    },
    hasLooked: () => looked,
    isIdle: () => state.deleted || (state.idle && !state.settling && !news.isPending()),
    done: run(),
  };
}

/** The part of a learner that an event may have changed; undefined if none. */
function changeBy(
  { type, subject, id, data: { jobId } }: CloudEvent,
  name: string,
  { concerns, ownEvents }: ReturnType<typeof openLearner>,
): Change | undefined {
  if (type.startsWith("cugro.job.")) {
    return typeof jobId === "string" && concerns(subject, jobId) ? { jobs: [jobId] } : undefined;
  }
  return subject === name && !ownEvents.delete(id) ? { facts: true } : undefined;
}

/** How long to wait for news: until the next whole look is due, a file may have settled, or an error may be over. */
function waitMs(intervalMs: number, wholeAt: number, failures: number, settling: boolean): number {
  if (failures > 0) return backoffMs(failures, { firstMs: RETRY_MS, longestMs: intervalMs });
  const due = wholeAt + intervalMs - performance.now();
  return settling ? Math.min(due, SETTLING_INTERVAL_MS) : due;
}

/** A learner's facts, and what this process has done for it. */
interface LearnerState {
  view: LearnerView;
  /** Sizes and times of files that are still settling. */
  seen: Map<string, { mark: string; since: number }>;
  settling: boolean;
  /** Jobs that are in the queue, as far as is known. */
  queued: Set<string>;
  /** Jobs that were handed out and are not known to be done: those that are no longer needed are stopped. */
  handedOut: Map<string, JobKind>;
  /** Events it has published itself and will receive. */
  ownEvents: Set<string>;
}

function openLearner(options: LearnerLoopOptions) {
  const { store, name, cache, signal, metrics } = options;
  const learner: LearnerState = {
    view: openView(store, name, cache),
    seen: new Map(),
    settling: false,
    queued: new Set(),
    handedOut: new Map(),
    ownEvents: new Set(),
  };
  return {
    ownEvents: learner.ownEvents,
    /** Whether a job is this learner's; jobs that two learners share are announced for one of them. */
    concerns: (subject: string, jobId: string) => subject === name || learner.queued.has(jobId),
    /** Plans until a plan changes nothing. */
    async plan(change: Change): Promise<State> {
      const stop = metrics?.planSeconds.startTimer();
      let state = await planOnce(options, learner, change);
      while (state.next && !signal.aborted) state = await planOnce(options, learner, state.next);
      stop?.();
      return state;
    },
  };
}

/** Reads, plans, carries the plan out. `next`: what the plan has changed. */
async function planOnce(
  options: LearnerLoopOptions,
  learner: LearnerState,
  change: Change,
): Promise<State & { next: Change | undefined }> {
  const { store, bus, name, cache, onChange } = options;
  const { view, seen, queued, ownEvents } = learner;
  let facts = await view.look(change);
  if (facts.deleted) {
    await stopUnneeded(options, learner, facts);
    return { idle: true, settling: false, deleted: true, next: undefined };
  }
  if (change.whole || change.incoming) {
    const arrivals: ArrivalFact[] = [];
    const onArrival = (arrival: ArrivalFact) => void arrivals.push(arrival);
    const scan = await scanIncoming({ store, facts, seen, now: performance.now(), onArrival });
    if (arrivals.length > 0) facts = await view.look({ arrivals });
    learner.settling = scan.settling;
  }
  await removeDamaged(store, facts);
  for (const id of change.jobs ?? []) queued.delete(id);
  if (change.whole) forget(learner, cache);
  const next = plan(facts);
  for (const { id } of next.announce) ownEvents.add(id);
  const apply = () => applyPlan({ store, bus, learner: name, plan: next, cache, queued });
  const again = next.decide.length === 0 ? await apply() : await inSpan("plan", {
    parent: traceOfArrival(facts, currentTask(facts)?.arrival ?? 0),
    attributes: { learner: name, decided: next.decide.map(({ key }) => key).join(" ") },
  }, apply);
  for (const { id, job } of next.submit) learner.handedOut.set(id, job.kind);
  onChange({ facts, plan: next, stopped: await stopUnneeded(options, learner, facts) });
  return { idle: isIdle(next), settling: learner.settling, deleted: false, next: again };
}

/** Stops jobs that were handed out and are no longer needed by any learner, because a task was cancelled, say. Their ids. */
async function stopUnneeded(
  { store, name, needs }: LearnerLoopOptions,
  { handedOut, queued }: LearnerState,
  facts: LearnerFacts,
): Promise<string[]> {
  const isNeeded = needsOf(facts);
  needs.set(name, isNeeded);
  for (const id of handedOut.keys()) {
    const state = facts.jobs.get(id);
    if (state?.result || hasFailed(state)) handedOut.delete(id);
  }
  const dropped = [...handedOut].map(([id, kind]) => ({ id, kind })).filter(({ id }) => !isNeeded(id));
  if (dropped.length === 0) return [];
  const theirs = (id: string) => [...needs.values()].some((needsIt) => needsIt(id));
  const stopped = await stopJobs(store, name, dropped.filter(({ id }) => !theirs(id)));
  for (const { id } of dropped) {
    handedOut.delete(id);
    queued.delete(id);
  }
  return stopped;
}

/** Jobs are handed out again now and then: the bus may have lost them, or the store a job's fact. */
function forget({ queued, ownEvents }: LearnerState, cache: FactCache): void {
  for (const id of queued) cache.written.delete(id);
  for (const set of [queued, ownEvents]) set.clear();
}
