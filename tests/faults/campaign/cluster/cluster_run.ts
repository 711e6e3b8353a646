/**
 * Runs in one local cluster, one after the other: what `deno task cluster` starts, real training on small datasets, and
 * a client that acts all the while.
 * @module
 */
import { sleep } from "@cugro/async";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openNatsBus } from "@cugro/bus";
import { type Cluster, openClusterStore, startCluster } from "../../../../scripts/cluster/cluster.ts";
import { publishExample } from "../../../../scripts/lab/experiments/example_learner.ts";
import { openBackend } from "@cugro/tensors";
import type { Store } from "@cugro/store";
import { createLog } from "@cugro/telemetry";
import { actOnce, startActing } from "../../acting/acting_client.ts";
import { check, type Violation } from "../offline_checker.ts";
import { figuresOf } from "../figures.ts";
import { createRecorder, type Entry, readHistory, type Recorder, steadyNow } from "../run_history.ts";
import { type Outcome, readOutcome } from "../run_outcome.ts";
import { sample, type SeedReport } from "../run_seed.ts";
import { play, type Workload } from "../workload.ts";
import { actedOf, type Span, unanswered } from "./acted.ts";
import { type ClusterFault, type ClusterPlan, nameOf } from "./cluster_schedule.ts";
import { strike } from "./strike.ts";

/** The learner that acts all the while; nothing of it changes. */
const ROBOT = "robot";
const ACT_EVERY_MS = 40;
/** An act without an answer by then is not answered. Two cores train, start processes and act at once. */
const ACT_DEADLINE_MS = 5_000;
/** A process that answers nothing for this long is ended. */
const HANG_MS = 15_000;
const RUN_MS = 600_000;
/** A third of what it is in earnest: so long a job waits whose worker was killed. */
const ACK_WAIT_MS = 10_000;

/** A run in the cluster. */
export interface ClusterRunOptions {
  plan: ClusterPlan;
  workload: Workload;
  /** What the workload comes to undisturbed. */
  expected: Outcome;
}

/** A cluster that takes one run after the other. */
export interface ClusterRuns {
  run(options: ClusterRunOptions): Promise<SeedReport>;
  close(): Promise<void>;
}

/** Starts a cluster with an open policy. */
export async function openClusterRuns(folder: string): Promise<ClusterRuns> {
  await mkdir(folder, { recursive: true });
  const events: string[] = [];
  const cluster = await startCluster({
    folder: join(folder, "cluster"),
    hangMs: HANG_MS,
    environment: {
      CUGRO_LOG: "warn",
      CUGRO_ACK_WAIT_SECONDS: String(ACK_WAIT_MS / 1000),
      CUGRO_CHECKPOINT_STEPS: "20",
    },
    onEvent: (sentence) => void events.push(`${new Date(steadyNow()).toISOString()} ${sentence}`),
  });
  try {
    const store = await openClusterStore(cluster);
    await openBackend();
    await publishExample({ store, name: ROBOT });
    const robot = await readOutcome(store, [ROBOT]);
    const world: World = {
      ...{ folder, cluster, store, events },
      // Its jobs are nobody's loss or surplus.
      known: { learners: {}, results: robot.results },
      robot: {
        url: `${cluster.gatewayUrl}/v1/learners/${ROBOT}`,
        token: cluster.adminToken,
        body: { task: 1, observations: [[1, 2, 3]] },
        deadlineMs: ACT_DEADLINE_MS,
      },
    };
    return {
      run: (options) => runInCluster(world, options),
      async close() {
        await store.close();
        await cluster.stop();
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

interface World {
  folder: string;
  cluster: Cluster;
  store: Store;
  /** What the cluster reported about its processes. */
  events: string[];
  /** Of all runs so far. */
  known: Outcome;
  robot: Parameters<typeof actOnce>[0];
}

async function runInCluster(world: World, options: ClusterRunOptions): Promise<SeedReport> {
  const { plan, workload, expected } = options;
  const { folder, cluster, store, known, robot } = world;
  const began = performance.now();
  const history = join(folder, `history-${plan.seed}`);
  const written = createRecorder(join(history, "campaign.jsonl"), "campaign");
  const progress = watchProgress(written, expected);
  await untilActing(world);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), RUN_MS);
  const client = startActing({ ...robot, everyMs: ACT_EVERY_MS });
  const sampled = sample(() => store, workload, progress.record, stop.signal);
  const spans: Spans = { faults: [], gone: [] };
  const eventsBefore = world.events.length;
  const violations: Violation[] = [];
  try {
    const struck = carryOut(plan, world, progress, spans, stop.signal);
    const stage = {
      store,
      bus: undefined,
      record: progress.record,
      seed: plan.seed,
      wayIn: () => plan.wayIn,
    };
    await play(workload, { ...stage, signal: stop.signal, again: false }).catch((error) => {
      if (!stop.signal.aborted) throw error;
      violations.push({ rule: "lost task", detail: `the run was not finished after ${RUN_MS / 1000} s` });
    });
    violations.push(...await struck);
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  await sampled;
  const asked = await client.stop();
  await readAnnouncements(cluster, written);
  Object.assign(known.results, expected.results);
  const entries = await readHistory(history);
  const wanted = { learners: expected.learners, results: known.results };
  violations.push(...await check({ history: entries, store, expected: wanted }));
  for (const detail of unanswered(asked, spans.gone)) violations.push({ rule: "acting", detail });
  return {
    ...{ seed: plan.seed, family: plan.family, store: "s3", skipped: [], violations },
    faults: plan.timeline.map(({ fault }) => nameOf(fault)).join("; "),
    seconds: (performance.now() - began) / 1000,
    crashes: unexpectedDeaths(world.events.slice(eventsBefore)),
    acting: actedOf(asked, spans.faults, spans.gone),
    ...figuresOf(entries.flatMap(asCommit)),
  };
}

interface Spans {
  faults: Span[];
  gone: Span[];
}

/** What figures count as progress, of a history in which only the store was watched. */
function asCommit(entry: Entry): Entry[] {
  if (entry.what !== "result") return [entry];
  const { at, who, pid, jobId, etag } = entry;
  return [entry, {
    at,
    who,
    pid,
    what: "put",
    key: `jobs/${jobId}/result.json`,
    hash: etag,
    outcome: "written",
  }];
}

/** Deaths that nobody had caused: neither by a signal nor by hanging. */
function unexpectedDeaths(events: readonly string[]): number {
  return events.filter((sentence) => /ended with status/.test(sentence)).length;
}

async function untilActing({ robot, cluster }: World): Promise<void> {
  const deadline = performance.now() + 120_000;
  while ((await actOnce({ ...robot, deadlineMs: 60_000 })).status !== 200) {
    if (performance.now() > deadline) {
      throw new Error(`The gateway does not act:\n${cluster.child("gateway").output()}`);
    }
    await sleep(100);
  }
}

/** Counts the run's results as the sampler finds them. */
function watchProgress(record: Recorder, { results }: Outcome) {
  const done = new Set<string>();
  return {
    total: Object.keys(results).length,
    done: () => done.size,
    record: ((sight) => {
      if (sight.what === "result" && results[sight.jobId]) done.add(sight.jobId);
      record(sight);
    }) satisfies Recorder,
  };
}

/** A run that stands still for this long is struck by the next fault all the same. */
const STILL_MS = 4_000;

async function carryOut(
  plan: ClusterPlan,
  world: World,
  { total, done, record }: ReturnType<typeof watchProgress>,
  spans: Spans,
  signal: AbortSignal,
): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { share, fault } of plan.timeline) {
    let [seen, since] = [-1, performance.now()];
    while (!signal.aborted && done() < share * total && performance.now() - since < STILL_MS) {
      if (done() !== seen) [seen, since] = [done(), performance.now()];
      await sleep(20);
    }
    const from = steadyNow();
    record({ what: "fault", fault: nameOf(fault), state: "begins" });
    try {
      await strike(fault, world.cluster);
      if (strikesGateway(fault)) await untilActing(world);
    } catch (error) {
      violations.push({ rule: "not ended", detail: (error as Error).message });
    }
    record({ what: "fault", fault: nameOf(fault), state: "ends" });
    const span = { what: nameOf(fault).split(" ")[0]!, from, to: steadyNow() };
    spans.faults.push(span);
    if (strikesGateway(fault)) spans.gone.push({ ...span, to: span.to + ACT_DEADLINE_MS });
  }
  return violations;
}

function strikesGateway(fault: ClusterFault): boolean {
  return "service" in fault && fault.service === "gateway";
}

/** What was published, as the stream has it: only the store was watched while the run went on. */
async function readAnnouncements({ natsUrl }: Cluster, record: Recorder): Promise<void> {
  const log = createLog({ level: "silent" });
  const bus = await openNatsBus({ servers: [natsUrl], name: "campaign", ackWaitMs: ACK_WAIT_MS, log });
  const stop = new AbortController();
  try {
    const { stream, sequence } = await bus.endOfEvents();
    if (sequence === 0) return;
    const events = bus.readEvents({ afterSequence: 0, stream, signal: stop.signal });
    for await (const { event, sequence: place } of events) {
      record({ what: "announce", id: event.id, type: event.type });
      if (place >= sequence) break;
    }
  } finally {
    stop.abort();
    await bus.close();
  }
}
