/**
 * How many jobs a second go through planning, queue, workers and store when their work is nothing, and what bounds it:
 * the real coordinator and NATS, real graphs, workers whose handlers hash a few bytes.
 * @module
 */
import { sleep } from "@cugro/async";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addUploaded, createLearner } from "@cugro/learners";
import { type Bus, openNatsBus } from "@cugro/bus";
import type { Store } from "@cugro/store";
import { incomingPrefix } from "@cugro/protocol";
import { type Cluster, openClusterStore, startCluster } from "../../cluster/cluster.ts";
import { SERVICE_NAMES } from "../../../services/services.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { type Child, machineSeconds, startProgram, stopOnSignal, usageOf } from "./processes.ts";

interface JobsOptions {
  learners: number;
  shards: number;
  files: number;
  workers: number;
  processes: number;
  coordinators: number;
  store: "folder" | "bucket";
  folder?: string;
  out: string;
}

interface Reading {
  /** Since the first file was handed over. */
  seconds: number;
  jobs: number;
  /** Of the coordinators, the largest (bytes). */
  memory: number;
}

/**
 * Sends whole learners through a cluster of stub workers, and writes rate, memory, doubled work and processor time.
 *
 * @param options of the command
 */
export async function jobs(options: JobsOptions): Promise<void> {
  const cluster = await startCluster({
    store: options.store,
    ...(options.folder === undefined ? {} : { folder: options.folder }),
    processes: {
      ...Object.fromEntries(SERVICE_NAMES.map((service) => [service, 0])),
      coordinator: options.coordinators,
    },
    environment: { CUGRO_LOG: "warn" },
    onLine: (_, line) => console.error(line),
    onEvent: console.error,
  });
  const workers: Child[] = [];
  const stop = async () => {
    for (const worker of workers) await worker.stop().catch(() => {});
    await cluster.stop();
  };
  const forget = stopOnSignal(stop);
  try {
    const each = Math.ceil(options.workers / options.processes);
    const environment = { ...cluster.environment, CUGRO_STUB_STEPS: "0", CUGRO_STUB_WORKERS: String(each) };
    for (let n = 0; n < options.processes; n++) workers.push(startProgram("stub_workers.ts", environment));
    const store = await openClusterStore(cluster);
    const measured = await measure(options, cluster, workers, store);
    const reports = await Promise.all(
      workers.splice(0).map(async (worker) => JSON.parse(await worker.stop())),
    );
    const begun = reports.reduce((sum, report) => sum + report.begun, 0);
    const { out: _out, folder: _folder, ...settings } = options;
    // Every job has begun once: what began beyond that was done twice.
    await write(options, { settings, ...measured, begun, doubled: begun - measured.jobs, reports });
    await store.close();
  } finally {
    await stop();
    forget();
  }
}

async function measure(options: JobsOptions, cluster: Cluster, workers: readonly Child[], store: Store) {
  const bus = await openNatsBus({ servers: [cluster.natsUrl], name: "experiment" });
  const finished = new Set<string>();
  let versions = 0;
  await bus.subscribe("events", ({ type, data }) => {
    if (type === "cugro.job.finished") finished.add(String(data.jobId));
    if (type === "cugro.version.published" || type === "cugro.version.parked") versions++;
  });
  const pids = pidsOf(cluster, workers);
  const before = { used: await processorTime(pids), machine: await machineSeconds() };
  const start = performance.now();
  await handOver(options, store, bus);
  const readings: Reading[] = [];
  while (versions < options.learners * options.files) {
    await sleep(1_000);
    const usages = await Promise.all(pids.coordinator.map(usageOf));
    const memory = Math.max(...usages.map((usage) => usage.memory));
    readings.push({ seconds: (performance.now() - start) / 1_000, jobs: finished.size, memory });
    if (readings.length % 10 === 0) console.error(describeReading(readings.at(-1)!));
  }
  const seconds = (performance.now() - start) / 1_000;
  const after = { used: await processorTime(pids), machine: await machineSeconds() };
  await bus.close();
  const used = difference(after.used, before.used);
  const ours = Object.values(used).reduce((sum, value) => sum + value, 0);
  return {
    jobs: finished.size,
    seconds,
    jobsPerSecond: finished.size / seconds,
    processorSeconds: used,
    processorMsPerJob: 1_000 * ours / finished.size,
    machine: {
      othersBusySeconds: after.machine.busy - before.machine.busy - ours,
      idleSeconds: after.machine.idle - before.machine.idle,
    },
    memory: flatness(readings),
    readings,
  };
}

/** Makes the learners and hands all files over. */
async function handOver({ learners, files, shards }: JobsOptions, store: Store, bus: Bus): Promise<void> {
  const overrides = { replayPairs: 1e6, replayPairsPerTask: 1e6, shardsPerTask: shards };
  for (let n = 1; n <= learners; n++) {
    const name = `learner-${n}`;
    await createLearner({ store, name, seed: n, preset: "smoke", overrides });
    for (let k = 1; k <= files; k++) {
      const bytes = new TextEncoder().encode(`${name} ${k}`);
      await addUploaded({ store, learner: name, fileName: `task${k}.bin`, body: bytes });
    }
    bus.hint({ key: incomingPrefix(name) });
  }
}

function difference(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name]!]));
}

function pidsOf({ processes, servers }: Cluster, workers: readonly Child[]): Record<string, number[]> & {
  coordinator: number[];
} {
  const coordinator = processes.flatMap(({ service, pid }) => service === "coordinator" && pid ? [pid] : []);
  const ofServers = servers.map(({ name, pid }) => [name.replace("-server", ""), pid ? [pid] : []] as const);
  return { coordinator, workers: workers.map(({ pid }) => pid), ...Object.fromEntries(ofServers) };
}

async function processorTime(pids: Record<string, number[]>): Promise<Record<string, number>> {
  const sums = Object.entries(pids).map(async ([name, list]) => {
    const usages = await Promise.all(list.map(usageOf));
    return [name, usages.reduce((sum, { seconds }) => sum + seconds, 0)] as const;
  });
  return Object.fromEntries(await Promise.all(sums));
}

/** Median memory of the coordinator in the second and in the last quarter of the run, in MB. */
function flatness(readings: readonly Reading[]): { earlyMB: number; lateMB: number } {
  const median = (from: number, to: number) => {
    const part = readings.slice(Math.floor(readings.length * from), Math.ceil(readings.length * to));
    const sorted = part.map(({ memory }) => memory).sort((a, b) => a - b);
    return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) / 1e6);
  };
  return { earlyMB: median(0.25, 0.5), lateMB: median(0.75, 1) };
}

function describeReading({ seconds, jobs, memory }: Reading): string {
  return `${seconds.toFixed(0)} s: ${jobs} jobs, coordinator ${(memory / 1e6).toFixed(0)} MB`;
}

async function write(
  { out, store }: JobsOptions,
  result: Awaited<ReturnType<typeof measure>> & Record<string, unknown>,
): Promise<void> {
  await mkdir(out, { recursive: true });
  await writeFile(join(out, `jobs_${store}.json`), JSON.stringify(result, null, 1) + "\n");
  printTable(["what", "value"], [
    ["jobs", result.jobs],
    ["jobs a second", result.jobsPerSecond.toFixed(0)],
    ["done twice", String(result.doubled)],
    ["processor ms a job", result.processorMsPerJob.toFixed(2)],
    ...Object.entries(result.processorSeconds).map((
      [name, value],
    ) => [`processor s, ${name}`, value.toFixed(1)]),
    ["processor s, others on this machine", result.machine.othersBusySeconds.toFixed(1)],
    ["processor s, idle", result.machine.idleSeconds.toFixed(1)],
    ["coordinator MB, early and late", `${result.memory.earlyMB} ${result.memory.lateMB}`],
  ]);
}
