/**
 * Damaged files through real processes: a gateway that takes them, an importer that reads one after the other, each with the
 * permissions of its task, on NATS and MinIO.
 * @module
 */
import { readFile } from "node:fs/promises";
import { type NatsBus, openNatsBus } from "@cugro/bus";
import { readDataset } from "@cugro/datasets";
import { createLearner, loadFacts } from "@cugro/learners";
import {
  createJob,
  encodeFact,
  incomingKey,
  jobId,
  jobKey,
  parseFact,
  resultFactSchema,
  resultKey,
} from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { type Cluster, openClusterStore, startCluster } from "../../scripts/cluster/cluster.ts";
import { damage } from "./mutations.ts";
import { makeOriginals, type Original } from "./originals.ts";

const WAIT_MS = 300_000;
const AT_A_TIME = 8;

/** What became of files that were sent to a gateway. */
export interface UploadCounts {
  files: number;
  /** By the gateway itself, e.g. an empty one. */
  refusedAtOnce: number;
  rejected: number;
  accepted: number;
  /** Imports that failed instead of rejecting their file: must be 0. */
  failedImports: number;
  /** Rejections that are more than one sentence, or do not name their file. */
  badSentences: string[];
}

/** What became of an importer. */
export interface ImporterFigures {
  files: number;
  rejected: number;
  /** Times that its process ended. */
  restarts: number;
  /** MiB of memory: when it was ready and had read a good file, after all files, and at most. */
  memoryBefore: number;
  memoryAfter: number;
  memoryMost: number;
  seconds: number;
  /** Whether a good file has its usual hash afterwards. */
  goodAfterwards: boolean;
}

/** Sends damaged files to a gateway, then gives the importer `inARow` bad ones one after the other. */
export async function fuzzServices(
  { uploads, inARow, start = 1, report = () => {} }: {
    uploads: number;
    inARow: number;
    start?: number;
    report?: (line: string) => void;
  },
): Promise<{ uploads: UploadCounts; importer: ImporterFigures }> {
  const others = ["state-generation", "behavior-generation", "critic-training", "policy-evaluation"] as const;
  const processes = Object.fromEntries(others.map((service) => [service, 0]));
  const cluster = await startCluster({ processes, environment: { CUGRO_LOG: "error" } });
  const store = await openClusterStore(cluster);
  const bus = await openNatsBus({ servers: [cluster.natsUrl], name: "fuzz" });
  try {
    const originals = await makeOriginals();
    const sent = await sendAll(cluster, store, originals, { uploads, start, report });
    const importer = await importInARow({ cluster, store, bus, originals }, { inARow, start, report });
    return { uploads: sent, importer };
  } finally {
    await bus.close();
    await store.close();
    await cluster.stop();
  }
}

async function eachOf(count: number, act: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
    while (next < count) await act(next++);
  }));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A learner for each file: of one learner, files behind an accepted one wait until its task is learnt. */
async function sendAll(
  { gatewayUrl, adminToken }: Cluster,
  store: Store,
  originals: readonly Original[],
  { uploads, start, report }: { uploads: number; start: number; report: (line: string) => void },
): Promise<UploadCounts> {
  const learners = Array.from({ length: uploads }, (_, n) => `fuzz-${n}`);
  for (const name of learners) await createLearner({ store, name, seed: 1, preset: "smoke" });
  const counts: UploadCounts = {
    files: uploads,
    refusedAtOnce: 0,
    rejected: 0,
    accepted: 0,
    failedImports: 0,
    badSentences: [],
  };
  await eachOf(uploads, async (n) => {
    const original = originals[n % originals.length]!;
    const { bytes } = damage(original, start + n);
    const url = `${gatewayUrl}/v1/learners/${learners[n]}/tasks?fileName=${n}_${original.name}`;
    const headers = { authorization: `Bearer ${adminToken}`, "content-type": "application/octet-stream" };
    const answer = await fetch(url, { method: "POST", body: bytes, headers });
    await answer.body?.cancel();
    if (answer.status >= 500) throw new Error(`The gateway answers ${answer.status} to file ${n}`);
    if (answer.status >= 400) counts.refusedAtOnce++;
  });
  report(`${uploads} files sent`);
  for (const name of learners) await untilJudged(store, name, counts);
  return counts;
}

/** Waits until every arrival of a learner is a task or rejected, and counts. */
async function untilJudged(store: Store, name: string, counts: UploadCounts): Promise<void> {
  for (const deadline = performance.now() + WAIT_MS;; await pause(500)) {
    const { arrivals, rejections, tasks } = await loadFacts(store, name);
    if (rejections.length + tasks.length < arrivals.length && performance.now() < deadline) continue;
    counts.rejected += rejections.length;
    counts.accepted += tasks.length;
    counts.failedImports += arrivals.length - rejections.length - tasks.length;
    for (const { reason } of rejections) {
      if (reason.includes("\n") || /Error:|\bat \S+:\d+/.test(reason)) counts.badSentences.push(reason);
      if (/failed/.test(reason)) counts.failedImports++;
    }
    return;
  }
}

interface World {
  cluster: Cluster;
  store: Store;
  bus: NatsBus;
  originals: readonly Original[];
}

const MAGIC = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

async function importInARow(
  { cluster, store, bus, originals }: World,
  { inARow, start, report }: { inARow: number; start: number; report: (line: string) => void },
): Promise<ImporterFigures> {
  const process = cluster.processes.find(({ service }) => service === "dataset-import")!;
  const good = originals[0]!;
  const importGood = async (n: string) =>
    (await importFile({ store, bus }, `good_${n}.hdf5`, good.bytes)).datasetHash;
  const usual = await importGood("first");
  const memoryBefore = (await memoryOf(process.pid)).now;
  const began = performance.now();
  let rejected = 0;
  await eachOf(inARow, async (n) => {
    const original = originals[n % originals.length]!;
    const bytes = n % 3 === 0
      ? Uint8Array.of(...MAGIC, n & 0xff, n >> 8)
      : badFile(original, start + 1000 * n);
    const metrics = await importFile({ store, bus }, `${n}_${original.name}`, bytes);
    if (metrics.rejected !== undefined) rejected++;
    if (n % 500 === 499) report(`${n + 1} files in a row`);
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  const goodAfterwards = await importGood("last") === usual;
  const { now: memoryAfter, most: memoryMost } = await memoryOf(process.pid);
  const { restarts } = process;
  return {
    files: inARow,
    rejected,
    restarts,
    memoryBefore,
    memoryAfter,
    memoryMost,
    seconds,
    goodAfterwards,
  };
}

/** The first damage from a seed on that does harm. */
function badFile(original: Original, seed: number): Uint8Array {
  while (true) {
    const { bytes } = damage(original, seed++);
    try {
      readDataset(bytes, original.name);
    } catch {
      return bytes;
    }
  }
}

/** One import by the service's process; what it says of the file. */
async function importFile(
  { store, bus }: Pick<World, "store" | "bus">,
  name: string,
  bytes: Uint8Array,
): Promise<{ rejected?: string; datasetHash?: string }> {
  const key = incomingKey("row", name);
  const { etag } = await store.put(key, bytes);
  const job = createJob("dataset.import", 1, { key, etag, heldOutSeed: 1 }, {});
  const id = jobId(job);
  await store.put(jobKey(job.kind, id), encodeFact({ schema: 1, job, learner: "row", task: null }));
  await bus.submit({ jobId: id, kind: "dataset.import", learner: "row" });
  for (const deadline = performance.now() + WAIT_MS; performance.now() < deadline; await pause(20)) {
    const found = await store.get(resultKey(job.kind, id));
    if (found) return parseFact(resultFactSchema, found.bytes, id).metrics as { rejected?: string };
  }
  throw new Error(`The importer gives no answer to ${name}`);
}

/** MiB that a process has in memory now, and had at most. */
async function memoryOf(pid: number | undefined): Promise<{ now: number; most: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const of = (name: string) => Math.round(Number(status.match(new RegExp(`${name}:\\s*(\\d+)`))?.[1]) / 1024);
  return { now: of("VmRSS"), most: of("VmHWM") };
}
