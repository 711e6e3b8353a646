/**
 * A soak: a local cluster that learns for hours while clients act and follow its events, learners come and go, versions
 * are taken back and let through, and processes are restarted.
 * @module
 */
import { pause } from "@cugro/async";
import { createClient } from "@cugro/client";
import { collectGarbage } from "@cugro/coordinator";
import type { Store } from "@cugro/store";
import { appendFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { type Cluster, openClusterStore, startCluster } from "../../scripts/cluster/cluster.ts";
import { givesWork } from "../../scripts/cluster/service_programs.ts";
import { fileSource, LASTING, learnAll } from "./courses.ts";
import { startFollowers } from "./followers.ts";
import type { CourseWorld } from "./soak_learners.ts";
import { createRestarter, restartAfter, type Restarted } from "./restarts.ts";
import { openSampler, type Sample, type Sampler } from "./samples.ts";

/** What is asked of a soak. */
export interface SoakOptions {
  /** It ends after this many. */
  tasks: number;
  /** And after this many hours at the latest. */
  hours: number;
  /** One process does the jobs of all services. */
  together: boolean;
  store: "bucket" | "folder";
  s3?: "versity" | "minio";
  sampleSeconds: number;
  /** Everything is written below it. */
  folder: string;
  report: (sentence: string) => void;
  onSample: (sample: Sample) => Promise<void>;
  signal: AbortSignal;
}

/** A task that became a version. */
export interface Learnt {
  at: number;
  learner: string;
  version: number;
  seconds: number;
}

/** What a soak came to. */
export interface SoakRecord {
  samples: Sample[];
  learnt: Learnt[];
  restarts: (Omit<Restarted, "from" | "to"> & { at: number; seconds: number })[];
  /** Processes that ended though nobody had ended them, in a sentence each. */
  deaths: string[];
  /** What collections of garbage removed, bytes and objects. */
  collected: { objects: number; bytes: number };
  followers: Awaited<ReturnType<Awaited<ReturnType<typeof startFollowers>>["stop"]>>;
}

/** Garbage is collected after this many tasks. A day of grace is made this short. */
const COLLECT_EVERY = 5;
const GRACE_HOURS = 0.1;
/** Objects and files are counted in one of this many samples. */
const WHOLE_EVERY = 4;
/** Restarts come up to this long after a version. */
const RESTART_WITHIN_MS = 15_000;
/** Runs one. */
export async function soak(options: SoakOptions): Promise<SoakRecord> {
  const { folder, report } = options;
  await mkdir(folder, { recursive: true });
  // Services take their temporary folders from here, so that what they leave behind is seen.
  const temporary = await mkdtemp(join(folder, "tmp-"));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = temporary;
  report("starting a cluster");
  const events: ProcessEvent[] = [];
  const cluster = await startCluster({
    folder: join(folder, "cluster"),
    store: options.store,
    ...options.s3 === undefined ? {} : { s3: options.s3 },
    ...options.together ? { together: 1 } : {},
    environment: { CUGRO_LOG: "warn", CUGRO_WEBHOOKS_PRIVATE: "allow", CUGRO_ACK_WAIT_SECONDS: "10" },
    onEvent: (sentence) => {
      events.push({ at: performance.now(), sentence });
      report(sentence);
    },
    onLine: (name, line) => appendFileSync(join(folder, "services.log"), `${name} ${line}\n`),
    signal: options.signal,
  });
  try {
    const store = await openClusterStore(cluster);
    const sampler = await openSampler({ cluster, store, temporary });
    try {
      return await live({ ...options, cluster, store, sampler, events });
    } finally {
      await sampler.close();
      await store.close();
    }
  } finally {
    await cluster.stop();
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await rm(temporary, { recursive: true, force: true });
  }
}

interface Life extends Omit<SoakOptions, "store"> {
  cluster: Cluster;
  store: Store;
  sampler: Sampler;
  events: ProcessEvent[];
}

/** What became of a process, as a sentence, and when by `performance.now()`. */
export interface ProcessEvent {
  at: number;
  sentence: string;
}

async function live(life: Life): Promise<SoakRecord> {
  const { cluster, store, report, tasks } = life;
  const began = performance.now();
  const client = createClient({ url: cluster.gatewayUrl!, token: cluster.adminToken });
  const over = new AbortController();
  const stopped = AbortSignal.any([life.signal, over.signal]);
  const followers = await startFollowers({ client, url: cluster.gatewayUrl!, token: cluster.adminToken });
  const restarter = createRestarter(cluster, report);
  const [learnt, collected]: [Learnt[], SoakRecord["collected"]] = [[], { objects: 0, bytes: 0 }];
  const names = {
    servers: cluster.servers.map(({ name }) => name),
    services: cluster.processes.toSorted((a, b) =>
      Number(givesWork(a.service)) - Number(givesWork(b.service))
    )
      .map(({ name }) => name),
  };
  const half = () => shareOf(life, learnt.length, began) <= 0.5 ? "first" : "second";
  let inSecond = 0;
  const onVersion: CourseWorld["onVersion"] = (learner, version, seconds) => {
    learnt.push({ at: secondsSince(began), learner, version, seconds: Math.round(seconds) });
    report(`${learnt.length} tasks: ${learner} has version ${version} after ${Math.round(seconds)} s`);
    if (learner === LASTING && version === 1) followers.actWith(learner);
    const now = half();
    if (now === "second") inSecond++;
    const restart = restartAfter(now === "first" ? learnt.length : inSecond, now, names);
    // Spread by a whole number that has no divisor in common with the interval.
    if (restart) restarter.ask(restart, (learnt.length * 7_919) % RESTART_WITHIN_MS);
    if (learnt.length % COLLECT_EVERY === 0) void collect(store, collected, report);
  };
  const samples: Sample[] = [];
  const sampling = sampleRegularly(life, samples, stopped);
  const nextFile = fileSource(life.folder, tasks, () => stopped.aborted || shareOf(life, 0, began) >= 1);
  const world = { client, store, nextFile, report, onVersion, signal: life.signal };
  try {
    await learnAll(world);
    await restarter.settled();
    await pause(3 * life.sampleSeconds * 1000, life.signal);
  } finally {
    over.abort();
    await sampling;
  }
  const asked = await followers.stop(restarter.done.filter(({ name }) => name.startsWith("gateway")));
  const restarts = restarter.done.map(({ from, to, ...restart }) => ({
    ...restart,
    at: Math.round((from - began) / 1000),
    seconds: Math.round((to - from) / 100) / 10,
  }));
  return {
    samples,
    learnt,
    restarts,
    deaths: deathsOf(life.events, restarter.done),
    collected,
    followers: asked,
  };
}

/** How much of the soak is over. */
function shareOf({ tasks, hours }: Life, done: number, began: number): number {
  return Math.max(done / tasks, secondsSince(began) / 3600 / hours);
}

async function sampleRegularly(life: Life, samples: Sample[], signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    const sample = await life.sampler.sample({ whole: n % WHOLE_EVERY === 0 });
    samples.push(sample);
    await life.onSample(sample);
    await pause(life.sampleSeconds * 1000, signal);
  }
  const last = await life.sampler.sample({ whole: true });
  samples.push(last);
  await life.onSample(last);
}

async function collect(
  store: Store,
  sum: SoakRecord["collected"],
  report: (sentence: string) => void,
): Promise<void> {
  try {
    const { removed, bytes } = await collectGarbage({ store, graceHours: GRACE_HOURS });
    sum.objects += removed.length;
    sum.bytes += bytes;
    report(`garbage: ${removed.length} objects, ${(bytes / 1e6).toFixed(1)} MB removed`);
  } catch (error) {
    // The store may be restarting; the next collection takes it along.
    report(`garbage could not be collected: ${error instanceof Error ? error.message : error}`);
  }
}

/** Processes that ended while nobody was restarting them. One that is slow to start may be ended and started once more. */
export function deathsOf(events: readonly ProcessEvent[], restarts: readonly Restarted[]): string[] {
  return events.flatMap(({ at, sentence }) => {
    const name = /^(\S+) \(pid \d+\) (?:ended with|hangs|has not answered)/.exec(sentence)?.[1];
    if (name === undefined) return [];
    const isWanted = restarts.some((one) => one.name === name && at >= one.from && at <= one.to);
    return isWanted ? [] : [sentence];
  });
}

const secondsSince = (began: number) => Math.round((performance.now() - began) / 1000);
