/**
 * How long it takes from the answer to a PUT into `incoming/` until a worker has started the file's first job: real
 * NATS, MinIO and coordinator, idle workers. The workers live in this process, so that one clock measures both ends.
 * @module
 */
import { sleep } from "@cugro/async";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLearner } from "@cugro/learners";
import { type Bus, openNatsBus } from "@cugro/bus";
import { createLog } from "@cugro/telemetry";
import { type JobHandler, runWorker } from "@cugro/worker";
import type { Store } from "@cugro/store";
import { incomingKey } from "@cugro/protocol";
import type { NotificationTarget } from "../../cluster/object_store/minio_bucket.ts";
import { openClusterStore, startCluster } from "../../cluster/cluster.ts";
import { SERVICE_NAMES } from "../../../services/services.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { quantile, stopOnSignal } from "./processes.ts";
import { createStubHandlers } from "./stub_service.ts";

interface DropsOptions {
  drops: number;
  learners: number;
  workers: number;
  out: string;
}

const TARGETS: readonly (readonly NotificationTarget[])[] = [["SAFE", "FAST"], ["SAFE"], []];

/** Between two drops. */
const IDLE_MS = 200;

/**
 * Measures with both targets, with the safe one alone, and without notifications; writes `drops.json`.
 *
 * @param options of the command
 */
export async function drops(options: DropsOptions): Promise<void> {
  const results = [];
  for (const targets of TARGETS) {
    // Without the fast target a file takes seconds, however many there are.
    const few = { drops: Math.min(10, options.drops), learners: Math.min(2, options.learners) };
    const { drops: count, ...rest } = { ...options, ...(targets.includes("FAST") ? {} : few) };
    const latencies = await measure({ ...rest, drops: count }, targets);
    const summary = { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
    console.error(`${targets.join(" and ") || "no"} notifications: ${JSON.stringify(summary)}`);
    results.push({ targets, drops: count, ...summary, latencies });
  }
  const { out, ...settings } = options;
  await mkdir(out, { recursive: true });
  await writeFile(
    join(out, "drops.json"),
    JSON.stringify({ settings, results }, null, 1) + "\n",
  );
  printTable(
    ["notification targets", "drops", "p50, ms", "p99, ms"],
    results.map(({ targets, drops, p50Ms, p99Ms }) => [
      targets.join(" and ") || "none: the reconciler alone",
      drops,
      p50Ms.toFixed(0),
      p99Ms.toFixed(0),
    ]),
  );
}

async function measure(options: DropsOptions, targets: readonly NotificationTarget[]): Promise<number[]> {
  const cluster = await startCluster({
    store: "bucket",
    s3: "minio",
    notifications: targets,
    processes: { ...Object.fromEntries(SERVICE_NAMES.map((service) => [service, 0])), coordinator: 1 },
    environment: { CUGRO_LOG: "warn" },
    onLine: (_, line) => console.error(line),
    onEvent: console.error,
  });
  const stop = new AbortController();
  const forget = stopOnSignal(cluster.stop);
  const bus = await openNatsBus({ servers: [cluster.natsUrl], name: "experiment" });
  const store = await openClusterStore(cluster);
  const started = new Map<string, () => void>();
  const running = startImporters({ bus, store, signal: stop.signal, started, count: options.workers });
  try {
    return await dropFiles(options, store, started);
  } finally {
    stop.abort();
    await Promise.all(running);
    await bus.close();
    await store.close();
    await cluster.stop();
    forget();
  }
}

/** Workers that call `started` of a key when they begin to import it. */
function startImporters(
  { bus, store, signal, started, count }: {
    bus: Bus;
    store: Store;
    signal: AbortSignal;
    started: ReadonlyMap<string, () => void>;
    count: number;
  },
): Promise<void>[] {
  const importFile = createStubHandlers({ steps: 0, stepMs: 0 })["dataset.import"]!;
  const handler: JobHandler<"dataset.import"> = (context) => {
    started.get(context.config.key)?.();
    return importFile(context);
  };
  const handlers = { "dataset.import": handler };
  const log = createLog({ level: "warn" });
  const settings = { bus, store, handlers, kinds: ["dataset.import" as const], profile: {}, signal, log };
  return Array.from({ length: count }, () => runWorker(settings));
}

/**
 * Drops one file after the other.
 *
 * @returns of each, ms from the answer to the start of its job
 */
async function dropFiles(
  { drops, learners }: DropsOptions,
  store: Store,
  started: Map<string, () => void>,
): Promise<number[]> {
  const names = Array.from({ length: learners }, (_, index) => `learner-${index + 1}`);
  for (const [index, name] of names.entries()) {
    await createLearner({ store, name, seed: index + 1, preset: "smoke" });
  }
  const latencies: number[] = [];
  // The first file of each learner also pays for the coordinator's first look at it, and is not counted.
  for (let n = 0; n < learners + drops; n++) {
    const key = incomingKey(names[n % learners]!, `file${n}.bin`);
    const { promise: jobStarted, resolve } = Promise.withResolvers<number>();
    started.set(key, () => resolve(performance.now()));
    await store.put(key, new TextEncoder().encode(`data ${n}`));
    const answered = performance.now();
    const latency = await jobStarted - answered;
    if (n >= learners) latencies.push(latency);
    // Idle again: the import ends, its task is accepted, its file removed.
    await sleep(IDLE_MS);
  }
  return latencies;
}
