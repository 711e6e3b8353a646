/**
 * One run of the campaign: servers, processes, a workload, its faults, and the verdict.
 * @module
 */
import { sleep } from "@cugro/async";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createLog } from "@cugro/telemetry";
import type { Store } from "@cugro/store";
import { openNatsBus } from "@cugro/bus";
import { headFactSchema, headKey, jobOfResult, parseFact, type ResultFact } from "@cugro/protocol";
import { check, type Violation } from "./offline_checker.ts";
import type { Acted } from "./cluster/acted.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { createRecorder, followHistory, readHistory, type Recorder } from "./run_history.ts";
import type { Outcome } from "./run_outcome.ts";
import { kindsOf, type ProcessSettings } from "./process.ts";
import { type Cable, startCable } from "./proxy.ts";
import type { Places } from "./places.ts";
import { loseAndRestore } from "./restoration.ts";
import { describePlan, type Fault, type FaultPlan } from "./schedule.ts";
import { type Servers, startServers } from "./campaign_servers.ts";
import { supervise, type Supervised } from "./supervisor.ts";
import { play, type Stage, type Workload } from "./workload.ts";

/** What a run is made of. */
export interface SeedOptions {
  plan: FaultPlan;
  workload: Workload;
  /** What the workload comes to undisturbed. */
  expected: Outcome;
  /** The stub's pace; without it tensors are trained. */
  stub: ProcessSettings["stub"];
  environment: Record<string, string>;
  /** Everything the run writes. */
  folder: string;
  /** After this it is called off: work was lost. */
  timeoutMs: number;
}

/** How a run went. */
export interface SeedReport extends Figures {
  seed: number;
  family: string;
  store: string;
  faults: string;
  /** Faults that were planned and did not happen, and why. */
  skipped: string[];
  seconds: number;
  /** How often processes died that nobody had killed and that had no sabotage to die of. */
  crashes: number;
  violations: Violation[];
  /** What came of requests to act meanwhile, where a gateway was there. */
  acting?: Acted;
}

/** How often a coordinator looks at everything, so that lost news costs little in a short run. */
const INTERVAL_MS = 2_000;

/** Runs one seed to its verdict. The folder is removed unless something went wrong. */
export async function runSeed(options: SeedOptions): Promise<SeedReport> {
  const { plan, workload, folder, expected } = options;
  const began = performance.now();
  const history = join(folder, "history");
  const record = createRecorder(join(history, "campaign.jsonl"), "campaign");
  const small = plan.timeline.some(({ fault }) => fault.kind === "fill-store");
  const servers = await startServers({ folder, kind: plan.store, small });
  const stop = new AbortController();
  const world = await startWorld(options, servers, history);
  try {
    const sampler = sample(() => servers.places.era().store, workload, record, stop.signal);
    const total = Object.keys(expected.results).length;
    const faults = carryOut(plan, world, record, followProgress(history), total, stop.signal);
    const late = await playInTime(options, world, record, stop, faults);
    const skipped = await faults;
    stop.abort();
    await sampler;
    await world.stopProcesses();
    const entries = await readHistory(history);
    const violations = await check({ history: entries, store: servers.places.era().store, expected });
    if (late) violations.unshift(late);
    const struck = entries.flatMap((entry) => entry.what === "sabotage" ? [{ ...entry }] : []);
    const deaths = world.processes.reduce((sum, process) => sum + process.deaths(), 0);
    const crashes = deaths - struck.filter(({ action }) => action === "crash").length;
    skipped.push(...missed(plan, struck));
    return {
      seed: plan.seed,
      family: plan.family,
      store: plan.store,
      faults: describePlan(plan),
      skipped,
      seconds: (performance.now() - began) / 1000,
      crashes,
      violations,
      ...figuresOf(entries),
    };
  } finally {
    stop.abort();
    await world.close();
    await servers.close();
  }
}

/** Sabotage for which a process never came to its point. */
function missed({ sabotage }: FaultPlan, struck: { who: string; point: string }[]): string[] {
  const done = struck.map(({ who, point }) => `${who} ${point}`);
  const planned = Object.entries(sabotage).flatMap(([who, lives]) => lives.map((life) => `${who} ${life}`));
  return planned.filter((strike) => !done.includes(strike)).map((strike) => `${strike}: never came there`);
}

/** Removes what a sound run has left. */
export async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** Everything that can be struck. */
interface World {
  servers: Servers;
  processes: Supervised[];
  learners: string[];
  cables: Map<string, { bus: Cable; store: Cable | undefined }>;
  stopProcesses(): Promise<void>;
  close(): Promise<void>;
}

async function startWorld(options: SeedOptions, servers: Servers, history: string): Promise<World> {
  const { plan, folder, stub, environment } = options;
  const cables: World["cables"] = new Map();
  const processes: Supervised[] = [];
  for (const who of plan.processes) {
    const cut = plan.timeline.some(({ fault }) =>
      "who" in fault && fault.who === who && /bus|store/.test(fault.kind)
    );
    const ports: { nats?: number; s3?: number } = {};
    if (cut) {
      const bus = await startCable(servers.natsPort);
      const store = servers.s3Port === undefined ? undefined : await startCable(servers.s3Port);
      cables.set(who, { bus, store });
      ports.nats = bus.port;
      if (store) ports.s3 = store.port;
    }
    const kinds = kindsOf(who);
    const settings: Omit<ProcessSettings, "sabotage"> = {
      who,
      history: join(history, `${who}.jsonl`),
      intervalMs: INTERVAL_MS,
      ...(kinds && { kinds }),
      ...(stub && { stub }),
      // Workers hear no news.
      ...(plan.distortion && !kinds && { distortion: plan.distortion }),
    };
    processes.push(supervise({
      settings,
      environment: () => ({ ...servers.environment(ports), ...environment }),
      lives: plan.sabotage[who] ?? [],
      logs: join(folder, "logs"),
    }));
  }
  const stopProcesses = async () => void await Promise.all(processes.map((process) => process.stop()));
  return {
    servers,
    processes,
    learners: options.workload.lessons.map(({ learner }) => learner),
    cables,
    stopProcesses,
    async close() {
      await stopProcesses();
      for (const { bus, store } of cables.values()) {
        await bus.close();
        await store?.close();
      }
    },
  };
}

/** Plays the workload while faults are carried out; a violation if it does not come to its end. */
async function playInTime(
  { workload, plan, timeoutMs, environment }: SeedOptions,
  { servers }: World,
  record: Recorder,
  stop: AbortController,
  faults: Promise<unknown>,
): Promise<Violation | undefined> {
  const bus = await openNatsBus({
    servers: [servers.environment().CUGRO_NATS!],
    name: "campaign",
    ackWaitMs: Number(environment.CUGRO_ACK_WAIT_SECONDS) * 1000,
    log: createLog({ level: "silent" }),
  });
  const listening = await bus.subscribe("events", ({ id, type }) => record({ what: "news", id, type }));
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  try {
    const wayIn = (learner: string) =>
      plan.waysIn[workload.lessons.findIndex((lesson) => lesson.learner === learner) % 2]!;
    await playInAllEras(
      workload,
      servers.places,
      { bus, record, seed: plan.seed, wayIn },
      stop.signal,
      faults,
    );
    return undefined;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return { rule: "lost task", detail: `the run was not finished after ${timeoutMs / 1000} s` };
  } finally {
    clearTimeout(timer);
    await listening();
    await bus.close();
  }
}

/** Plays until it comes to its end in a store that is not lost any more: after each loss from the start. */
async function playInAllEras(
  workload: Workload,
  places: Places,
  stage: Omit<Stage, "store" | "signal" | "again">,
  stop: AbortSignal,
  faults: Promise<unknown>,
): Promise<void> {
  for (let again = false;; again = true) {
    await places.admitted();
    const era = places.era();
    const { store, lost } = era;
    try {
      await play(workload, { ...stage, store, signal: AbortSignal.any([stop, lost]), again });
      await faults;
      if (places.era() === era) return;
    } catch (error) {
      if (stop.aborted || !lost.aborted) throw error;
    }
  }
}

/** Counts results as they come, from what the processes write down. */
function followProgress(history: string): () => Promise<number> {
  const follow = followHistory(history);
  const done = new Set<string>();
  return async () => {
    for (const entry of await follow()) {
      if (entry.what === "put" && entry.key.endsWith("/result.json") && entry.outcome === "written") {
        done.add(entry.key);
      }
      if (entry.what === "lost") { for (const key of entry.keys) done.delete(key); }
    }
    return done.size;
  };
}

/** A run that stands still for this long is struck by the next fault all the same. */
const STILL_MS = 6_000;

/**
 * Carries the faults out in turn, each when its share of the work is done.
 *
 * @returns those that were not
 */
async function carryOut(
  plan: FaultPlan,
  world: World,
  record: Recorder,
  progress: () => Promise<number>,
  total: number,
  signal: AbortSignal,
): Promise<string[]> {
  const skipped: string[] = [];
  for (const { share, fault } of plan.timeline) {
    let [seen, since] = [-1, performance.now()];
    while (!signal.aborted) {
      const done = await progress();
      if (done !== seen) [seen, since] = [done, performance.now()];
      if (done >= share * total || (done > 0 && performance.now() - since > STILL_MS)) break;
      await sleep(20);
    }
    const name = `${fault.kind}${"who" in fault ? ` ${fault.who}` : ""}`;
    if (signal.aborted) {
      skipped.push(`${name}: too late`);
      continue;
    }
    record({ what: "fault", fault: name, state: "begins" });
    if (!await strike(fault, world, record)) skipped.push(`${name}: not possible here`);
    record({ what: "fault", fault: name, state: "ends" });
  }
  return skipped;
}

async function strike(fault: Fault, world: World, record: Recorder): Promise<boolean> {
  const { servers, processes, cables, learners } = world;
  const named = () => processes.find(({ who }) => "who" in fault && who === fault.who)!;
  const cable = (end: "bus" | "store") => cables.get(named().who)?.[end];
  const during = async (cable: Cable | undefined, how: "cut" | "hold") => {
    cable?.[how]();
    await sleep(fault.ms);
    cable?.mend();
    return cable !== undefined;
  };
  switch (fault.kind) {
    case "kill":
      named().kill();
      return true;
    case "freeze":
      named().signal("SIGSTOP");
      await sleep(fault.ms);
      named().signal("SIGCONT");
      return true;
    case "cut-bus":
      return await during(cable("bus"), "cut");
    case "hold-bus":
      return await during(cable("bus"), "hold");
    case "cut-store":
      return await during(cable("store"), "cut");
    case "hold-store":
      return await during(cable("store"), "hold");
    case "kill-bus":
      await servers.killBus(fault.ms);
      return true;
    case "freeze-bus":
      await servers.freezeBus(fault.ms);
      return true;
    case "wipe-bus":
      await servers.wipeBus(fault.ms);
      return true;
    case "kill-store":
      await servers.killStore(fault.ms);
      return true;
    case "freeze-store":
      await servers.freezeStore(fault.ms);
      return true;
    case "fill-store":
      return await servers.fillStore(fault.ms);
    case "lose-store":
    case "move-store":
      await loseAndRestore({
        ...{ places: servers.places, processes, learners, record, ms: fault.ms },
        elsewhere: fault.kind === "move-store",
      });
      return true;
  }
}

const HEAD_MS = 80;
/** Results are listed less often than heads. */
const LISTING_EVERY = 8;

/** Looks at every learner's head, and at what results there are, until the run is over. */
export async function sample(
  storeOf: () => Store,
  workload: Workload,
  record: Recorder,
  signal: AbortSignal,
): Promise<void> {
  const heads = new Map<string, number | null>();
  const results = new Map<string, ResultFact["jobId"]>();
  for (let round = 0; !signal.aborted; round++) {
    const store = storeOf();
    for (const { learner } of workload.lessons) {
      const object = await store.get(headKey(learner)).catch(() => undefined);
      if (!object) continue;
      const { version } = parseFact(headFactSchema, object.bytes, headKey(learner));
      if (heads.get(learner) !== version) record({ what: "head", learner, version });
      heads.set(learner, version);
    }
    for (
      const { key, etag } of round % LISTING_EVERY === 0 ? await store.list("jobs/").catch(() => []) : []
    ) {
      const jobId = jobOfResult(key);
      if (jobId === undefined || results.get(key) === etag) continue;
      results.set(key, etag);
      record({ what: "result", jobId, etag });
    }
    await sleep(HEAD_MS);
  }
}
