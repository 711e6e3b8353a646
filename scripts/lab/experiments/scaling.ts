/**
 * One kind of work on one process and on two, the others idle: states sampled, then actions labelled. Real cluster,
 * one thread a process, so that two processes use two cores.
 * @module
 */
import { sleep } from "@cugro/async";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shippedPolicy } from "@cugro/environments";
import {
  addUploaded,
  cancel,
  createLearner,
  currentGraph,
  type LearnerFacts,
  loadFacts,
} from "@cugro/learners";
import type { JobKind } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { type Cluster, openClusterStore, startCluster } from "../../cluster/cluster.ts";
import { SERVICE_NAMES, type ServiceName } from "../../../services/services.ts";
import { collectFiles } from "../../cli/commands/collecting/collect_files.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { stopOnSignal } from "./processes.ts";

interface ScalingOptions {
  shards: number;
  rows: number;
  out: string;
}

type Processes = Partial<Record<ServiceName, number>>;

const POLL_MS = 10_000;

interface Measured {
  kind: JobKind;
  processes: number;
  jobs: number;
  /** From the start of the first job to the end of the last. */
  seconds: number;
  rowsPerSecond: number;
}

const PHASES: readonly { kind: JobKind; service: ServiceName }[] = [
  { kind: "states.sample", service: "state-generation" },
  { kind: "actions.label", service: "behavior-generation" },
];

/**
 * Measures both kinds on one and on two processes, and writes `scaling.json`.
 *
 * @param options of the command
 */
export async function scaling(options: ScalingOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cugro-scaling-"));
  try {
    const files = await collect(folder);
    await inCluster(folder, { gateway: 0 }, (store) => learnFirstTasks(store, options, files[0]!));
    const measured: Measured[] = [];
    for (const processes of [1, 2]) measured.push(...await measure(folder, processes, options, files[1]!));
    const ratios = PHASES.map(({ kind }) => {
      const [one, two] = measured.filter((entry) => entry.kind === kind);
      return { kind, speedUp: two!.rowsPerSecond / one!.rowsPerSecond };
    });
    await mkdir(options.out, { recursive: true });
    const report = { settings: { shards: options.shards, rows: options.rows }, measured, ratios };
    await writeFile(join(options.out, "scaling.json"), JSON.stringify(report, null, 1) + "\n");
    printTable(
      ["kind", "processes", "jobs", "seconds", "rows a second"],
      measured.map(({ kind, processes, jobs, seconds, rowsPerSecond }) => [
        kind,
        processes,
        jobs,
        seconds.toFixed(1),
        rowsPerSecond.toFixed(0),
      ]),
    );
    for (const { kind, speedUp } of ratios) {
      console.log(`${kind}: two processes ${speedUp.toFixed(2)} times one`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const nameOf = (processes: number) => `on-${processes}`;

async function collect(folder: string): Promise<string[]> {
  const goals = [[1, 0], [0, 1]];
  const policy = await shippedPolicy("swimmer");
  const data = join(folder, "data");
  await mkdir(data);
  return await collectFiles({ family: "swimmer-dir", goals, policy, episodes: 6, seed: 7, folder: data });
}

/** A learner for each measurement, with the default networks, hardly trained: sampling costs the same. */
async function learnFirstTasks(store: Store, { shards, rows }: ScalingOptions, file: string): Promise<void> {
  const few = {
    ...{ stateSteps: "50", behaviorSteps: "50", criticSteps: "50", warmupSteps: "50" },
    evaluationEpisodes: "1",
  };
  const replay = {
    shardsPerTask: String(shards),
    replayPairs: String(shards * rows),
    replayPairsPerTask: String(shards * rows),
  };
  for (const processes of [1, 2]) {
    const name = nameOf(processes);
    const overrides = { ...few, ...replay, gate: "observe" };
    await createLearner({ store, name, seed: processes, preset: "default", overrides });
    await add(store, name, file);
  }
  for (const processes of [1, 2]) {
    await until(store, nameOf(processes), (facts) => facts.versions.length === 1);
  }
}

async function add(store: Store, learner: string, file: string): Promise<void> {
  const fileName = file.split("/").at(-1)!;
  await addUploaded({ store, learner, fileName, body: new Uint8Array(await readFile(file)) });
}

async function measure(
  folder: string,
  processes: number,
  { rows }: ScalingOptions,
  file: string,
): Promise<Measured[]> {
  const name = nameOf(processes);
  const measured: Measured[] = [];
  for (const { kind, service } of PHASES) {
    const wanted: Processes = { coordinator: 1, "dataset-import": 1, [service]: processes };
    const others = Object.fromEntries(SERVICE_NAMES.map((other) => [other, wanted[other] ?? 0]));
    const { jobs, seconds } = await inCluster(folder, others, async (store) => {
      if (kind === "states.sample") await add(store, name, file);
      const facts = await until(store, name, (facts) => spanOf(facts, kind) !== undefined);
      return spanOf(facts, kind)!;
    });
    measured.push({ kind, processes, jobs, seconds, rowsPerSecond: jobs * rows / seconds });
  }
  // The trainings that follow are not wanted.
  await inCluster(folder, Object.fromEntries(SERVICE_NAMES.map((service) => [service, 0])), async (store) => {
    await cancel({ store, name, task: 2 });
  });
  return measured;
}

/** From the first start to the last end of the jobs of a kind; undefined while some are not done. */
function spanOf(facts: LearnerFacts, kind: JobKind): { jobs: number; seconds: number } | undefined {
  const jobs = facts.tasks.length < 2
    ? []
    : currentGraph(facts)?.jobs.filter(({ job }) => job.kind === kind) ?? [];
  const results = jobs.flatMap(({ id }) => facts.jobs.get(id)?.result ?? []);
  if (jobs.length === 0 || results.length < jobs.length) return undefined;
  const ends = results.map(({ finished }) => Date.parse(finished));
  const starts = results.map(({ seconds }, index) => ends[index]! - 1000 * seconds);
  return { jobs: jobs.length, seconds: (Math.max(...ends) - Math.min(...starts)) / 1000 };
}

/** A cluster of these processes on the same bucket, with an empty bus each time: nothing old is in the queue. */
async function inCluster<T>(
  folder: string,
  processes: Processes,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  await rm(join(folder, "nats"), { recursive: true, force: true });
  const cluster: Cluster = await startCluster({
    folder,
    store: "bucket",
    processes,
    environment: { CUGRO_LOG: "warn" },
    onLine: (name, line) => console.error(`[${name}] ${line}`),
    onEvent: console.error,
  });
  const forget = stopOnSignal(cluster.stop);
  const store = await openClusterStore(cluster);
  try {
    return await work(store);
  } finally {
    await store.close();
    await cluster.stop();
    forget();
  }
}

async function until(
  store: Store,
  name: string,
  holds: (facts: LearnerFacts) => boolean,
): Promise<LearnerFacts> {
  while (true) {
    const facts = await loadFacts(store, name);
    if (holds(facts)) return facts;
    // Seldom: looking costs what is measured a tenth of a processor-second. Times come from the results.
    await sleep(POLL_MS);
  }
}
