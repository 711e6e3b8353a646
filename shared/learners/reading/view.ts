/**
 * A learner's facts, kept up to date by reading only what may have changed. The first look reads everything; later
 * ones what news names: a job that is done, facts that came to be, files that were dropped. News may be lost, so
 * a caller must take a whole look from time to time.
 *
 * A whole look need not ask about every job of a graph. A job can only have been done if it was ready, and jobs are
 * handed out in the order of the graph: so it asks about the first ready ones, and about those behind them as long as
 * it finds any that are done. Likewise a bounded number of inputs is checked, in turn.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { type ArrivalFact, jobId, type JobName } from "@cugro/protocol";
import { type FactCache, type FactSource, REQUESTS_AT_ONCE } from "./fact_cache.ts";
import { hasFailed, type JobState, type LearnerFacts } from "../facts/learner_facts.ts";
import { currentGraph } from "../facts/current_graph.ts";
import { arrivalJobs } from "../planning/task_growth.ts";
import { learnOfOverlaps } from "./load_overlaps.ts";
import type { Graph } from "../planning/job_graph.ts";
import {
  absent,
  loadJobStates,
  makersOf,
  neededKeys,
  readFinished,
  readJobStates,
  stoppedJobs,
} from "./load_jobs.ts";
import { leftoverShards } from "./leftover_shards.ts";
import { asArrived, readIncoming, readListed } from "./load_lists.ts";
import { planRemeasuring, remeasurements } from "../results/remeasure.ts";
import { keyOfInput, planWork } from "../planning/work.ts";
import type { Store } from "@cugro/store";

/** Ready jobs that a whole look asks about first. More than any planner hands out at once. */
const ASKED_JOBS = 128;
/** Inputs made by the graph itself that a whole look checks. */
const CHECKED_INPUTS = 250;

/** Possible changes since the last look. */
export interface Change {
  /** Everything. */
  whole?: boolean;
  /** Facts under the learner's own prefix. */
  facts?: boolean;
  /** Files in `incoming/`. */
  incoming?: boolean;
  /** Arrivals that have just been made: no list need be read for them. */
  arrivals?: readonly ArrivalFact[];
  /** Ids of jobs that may have been done, have failed, or are to be done again. */
  jobs?: Iterable<string>;
  /** The first of the jobs that are ready or have failed; with `facts`. */
  ready?: boolean;
}

/** A learner as it was when last looked at. */
export interface LearnerView {
  /**
   * The facts now. They belong to the view and hold until its next look.
   *
   * @throws {RangeError} when there is no such learner; {SyntaxError} when a fact is damaged, naming it.
   */
  look(change: Change): Promise<LearnerFacts>;
}

interface Seen {
  facts: LearnerFacts;
  /** The graph whose jobs are known. */
  graph: Graph | undefined;
  /** Where checking of inputs goes on. */
  checked: number;
}

interface ViewSource extends FactSource {
  readOnly: boolean;
  deletedToo: boolean;
}

/**
 * A view of a learner; nothing is read before the first look.
 * @param options.readOnly nobody plans by it: shards that still take room are not looked for
 * @param options.deletedToo a deleted learner's jobs are looked at as if it were not
 * @returns its `look` gives facts, of which only what may have changed was read again
 */
export function openView(
  store: Store,
  name: string,
  cache: FactCache,
  { readOnly = false, deletedToo = false }: { readOnly?: boolean; deletedToo?: boolean } = {},
): LearnerView {
  const source = { store, cache, readOnly, deletedToo };
  let seen: Seen | undefined;
  return {
    async look(change) {
      const before = seen;
      // A look that fails has to be taken again from the start.
      seen = undefined;
      seen = before && !change.whole
        ? await lookAgain(source, name, before, change)
        : await lookWhole(source, name, before);
      return seen.facts;
    },
  };
}

async function lookWhole(source: ViewSource, name: string, before: Seen | undefined): Promise<Seen> {
  const listed = await readListed(source, name);
  const facts: LearnerFacts = {
    ...listed,
    incoming: asArrived(await readIncoming(source.store, name), listed.arrivals),
    overlaps: new Map(),
    jobs: before?.facts.jobs ?? new Map(),
    missing: before?.facts.missing ?? new Set(),
    leftoverShards: [],
  };
  const seen: Seen = { facts, graph: before?.graph, checked: before?.checked ?? 0 };
  if (facts.deleted && !source.deletedToo) return seen;
  // Asked first: a job that is retried makes its task current again.
  if (before) await askReadyJobs(source, seen);
  await learnOfJobs(source, seen);
  await learnOfOverlaps(source, facts);
  await checkInputs(source, seen, before ? CHECKED_INPUTS : Infinity);
  if (!source.readOnly) facts.leftoverShards = await leftoverShards(source, facts);
  return seen;
}

async function lookAgain(
  source: ViewSource,
  name: string,
  before: Seen,
  change: Change,
): Promise<Seen> {
  const { store } = source;
  const facts = { ...before.facts };
  const seen: Seen = { ...before, facts };
  const arrivals = withArrivals(facts.arrivals, change.arrivals ?? []);
  const relist = change.facts || !arrivals;
  const [listed, incoming] = await Promise.all([
    relist ? readListed(source, name) : { arrivals },
    change.incoming ? readIncoming(store, name) : facts.incoming,
  ]);
  Object.assign(facts, listed);
  facts.incoming = change.incoming ? asArrived(incoming, facts.arrivals) : incoming;
  if (facts.deleted && !source.deletedToo) return seen;
  const failed = facts.taskFailures.filter((fact) => !before.facts.taskFailures.includes(fact));
  await readAgain(
    source,
    facts,
    new Set([...change.jobs ?? [], ...failed.map(({ job }) => job)]),
    (from, names) => mapConcurrently(names, REQUESTS_AT_ONCE, (name) => readFinished(from, name)),
  );
  if (change.ready) await askReadyJobs(source, seen);
  if (relist || change.arrivals) await learnOfJobs(source, seen);
  if (relist) {
    const isOther = seen.graph !== before.graph || facts.labels.length !== before.facts.labels.length;
    if (isOther) await checkInputs(source, seen, Infinity);
    if (!source.readOnly) facts.leftoverShards = await leftoverShards(source, facts);
  }
  await learnOfOverlaps(source, facts);
  return seen;
}

/** With the new ones; undefined if others lie between, whose turn would be missed: then the list must be read. */
function withArrivals(
  known: readonly ArrivalFact[],
  made: readonly ArrivalFact[],
): ArrivalFact[] | undefined {
  const bySeq = new Map([...known, ...made].map((fact) => [fact.seq, fact]));
  const arrivals = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  return arrivals.every(({ seq }, index) => seq === index + 1) ? arrivals : undefined;
}

/** First what says which task is current, then that task's jobs. Those of a graph that is left behind are dropped. */
async function learnOfJobs(source: FactSource, seen: Seen): Promise<void> {
  const { facts } = seen;
  // What was open when last asked about, and has led to a version since, is asked about again.
  const decided = new Set(facts.versions.flatMap(({ jobs }) => jobs));
  for (const [id, { result }] of facts.jobs) if (!result && decided.has(id)) facts.jobs.delete(id);
  const again = remeasurements(facts);
  const outside: JobName[] = [
    ...arrivalJobs(facts).map(nameOf),
    ...again.map(({ id, job }) => ({ id, kind: job.kind })),
    ...again.flatMap(makersOf),
    ...await stoppedJobs(source, facts),
  ];
  await loadJobStates(source, outside, facts.jobs);
  const graph = currentGraph(facts);
  if (graph !== seen.graph) {
    const jobs = graph?.jobs ?? [];
    const own = jobs.map(({ id, job }) => ({ id, kind: job.kind }));
    const wanted = new Map([...outside, ...own, ...jobs.flatMap(makersOf)].map((name) => [name.id, name]));
    facts.jobs = new Map([...facts.jobs].filter(([id]) => wanted.has(id)));
    await loadJobStates(source, wanted.values(), facts.jobs);
    seen.graph = graph;
  }
}

function nameOf(job: ReturnType<typeof arrivalJobs>[number]): JobName {
  return { id: jobId(job), kind: job.kind };
}

/** Asks about jobs that may have been done or retried unheard of. */
async function askReadyJobs(source: FactSource, { facts, graph }: Seen): Promise<void> {
  const asked = new Set<string>();
  for (let limit = ASKED_JOBS;; limit *= 2) {
    const arrived = arrivalJobs(facts).map(jobId);
    const ready = [...planRemeasuring(facts).submit, ...graph ? planWork(facts, graph).submit : []]
      .map(({ id }) => id);
    const failed = [...facts.jobs].filter(([, state]) => hasFailed(state)).map(([id]) => id);
    const open = [...arrived, ...failed, ...ready].filter((id) => !facts.jobs.get(id)?.result);
    const ids = [...new Set(open)].filter((id) => !asked.has(id)).slice(0, limit);
    await readAgain(source, facts, ids, readJobStates);
    for (const id of ids) asked.add(id);
    if (!ids.some((id) => facts.jobs.get(id)?.result)) return;
  }
}

async function readAgain(
  source: FactSource,
  facts: LearnerFacts,
  ids: Iterable<string>,
  read: (source: FactSource, names: readonly JobName[]) => Promise<JobState[]>,
): Promise<void> {
  const known = [...ids].filter((id) => facts.jobs.has(id));
  const states = await read(source, known.map((id) => ({ id, kind: facts.jobs.get(id)!.kind })));
  known.forEach((id, index) => {
    const state = states[index]!;
    facts.jobs.set(id, state);
    // What has just been made is there; should it be lost again, a whole look finds out.
    for (const output of Object.keys(state.result?.outputs ?? {})) {
      const key = keyOfInput(facts, { job: id, output });
      if (key !== undefined) facts.missing.delete(key);
    }
  });
}

/** Which inputs are not there: all that come from elsewhere, and of those the graph makes `limit`, in turn. */
async function checkInputs(source: FactSource, seen: Seen, limit: number): Promise<void> {
  const { facts, graph } = seen;
  const { own, others } = neededKeys(facts, graph?.jobs ?? [], remeasurements(facts));
  const start = seen.checked < own.length ? seen.checked : 0;
  const turn = own.slice(start, start + limit);
  seen.checked = start + turn.length;
  const keys = [...new Set([...others, ...turn, ...own.filter((key) => facts.missing.has(key))])];
  facts.missing = new Set(await absent(source.store, keys));
}
