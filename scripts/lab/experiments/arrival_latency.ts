/**
 * A stream of files dropped into the bucket of a running cluster with an S3 client, one by one, and for another learner
 * all at once: versions appear with no other command, and are those that `cugro run` makes of the same files.
 * @module
 */
import { sleep } from "@cugro/async";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Client } from "minio";
import type { PresetName } from "@cugro/algorithm";
import { createLearner, type LearnerFacts, loadFacts, validVersions } from "@cugro/learners";
import { openStore, type Store } from "@cugro/store";
import { canonicalJson, incomingKey } from "@cugro/protocol";
import { BUCKET } from "../../cluster/object_store/bucket.ts";
import { type Cluster, openClusterStore, startCluster } from "../../cluster/cluster.ts";
import { printTable } from "../../cli/terminal_table.ts";
import { runChild } from "../../cli/embedded/child_run.ts";
import { type FinishedWork, finishedWork } from "./finished_work.ts";
import { stopOnSignal } from "./processes.ts";
import { streamFiles } from "../streams/stream_files.ts";

interface ArrivalsOptions {
  preset: PresetName;
  out: string;
}

interface Dropped {
  learner: string;
  seed: number;
  /** In the order in which they became tasks. */
  files: string[];
  /** From the first file dropped to each version. */
  versionSeconds: number[];
}

interface Compared extends Dropped {
  jobs: number;
  artifacts: number;
  /** Job ids in one world only, and jobs whose artifacts differ. */
  differences: string[];
}

const GATE = { gate: "observe" };

/**
 * Drops the files of `folder` both ways, compares, and writes `arrivals.json`.
 *
 * @param folder of dataset files
 * @param options preset and output
 * @throws {Error} if anything differs
 */
export async function arrivals(folder: string, { preset, out }: ArrivalsOptions): Promise<void> {
  const files = await streamFiles(folder);
  const work = await mkdtemp(join(tmpdir(), "cugro-arrivals-"));
  try {
    const { dropped, made } = await inCluster(work, preset, files);
    const compared: Compared[] = [];
    const expected: FinishedWork = {};
    for (const one of dropped) {
      const embedded = await learnEmbedded(work, preset, one);
      Object.assign(expected, embedded);
      const artifacts = Object.values(embedded).reduce(
        (sum, outputs) => sum + Object.keys(outputs).length,
        0,
      );
      const differences = differencesOf(embedded, made);
      const names = one.files.map((file) => basename(file));
      compared.push({ ...one, files: names, jobs: Object.keys(embedded).length, artifacts, differences });
    }
    const unexpected = Object.keys(made).filter((id) => !(id in expected));
    await mkdir(out, { recursive: true });
    const report = { stream: basename(folder), preset, learners: compared, unexpected };
    await writeFile(join(out, "arrivals.json"), JSON.stringify(report, null, 1) + "\n");
    print(compared);
    const differences = [...compared.flatMap((one) => one.differences), ...unexpected];
    if (differences.length > 0) throw new Error(`Not the same work: ${differences.join(", ")}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function inCluster(work: string, preset: PresetName, files: readonly string[]) {
  const cluster = await startCluster({
    folder: join(work, "cluster"),
    // The gateway has no part in it.
    processes: { gateway: 0 },
    environment: { CUGRO_LOG: "warn" },
    onLine: (name, line) => console.error(`[${name}] ${line}`),
    onEvent: console.error,
  });
  const forget = stopOnSignal(cluster.stop);
  const store = await openClusterStore(cluster);
  try {
    const dropped: Dropped[] = [];
    for (const [seed, learner] of ["one-by-one", "all-at-once"].entries()) {
      await createLearner({ store, name: learner, seed, preset, overrides: GATE });
      const versionSeconds = await drop({ store, client: clientOf(cluster), learner, files });
      dropped.push({ learner, seed, files: filesOf(await loadFacts(store, learner), files), versionSeconds });
    }
    return { dropped, made: await finishedWork(store) };
  } finally {
    await store.close();
    await cluster.stop();
    forget();
  }
}

/**
 * Drops the files, all at once or each after the version before it.
 *
 * @returns when each version was there
 */
async function drop(
  { store, client, learner, files }: {
    store: Store;
    client: Client;
    learner: string;
    files: readonly string[];
  },
): Promise<number[]> {
  const put = (file: string) => client.fPutObject(BUCKET, incomingKey(learner, basename(file)), file);
  const began = performance.now();
  const versionSeconds: number[] = [];
  if (learner === "all-at-once") await Promise.all(files.map(put));
  for (const [index, file] of files.entries()) {
    if (learner === "one-by-one") await put(file);
    await until(store, learner, (facts) => validVersions(facts).length > index);
    versionSeconds.push((performance.now() - began) / 1_000);
    console.error(`${learner}: version ${index + 1} after ${versionSeconds.at(-1)!.toFixed(1)} s`);
  }
  return versionSeconds;
}

/** An S3 client that is not ours. */
function clientOf({ s3 }: Cluster): Client {
  const { hostname, port } = new URL(s3!.endpoint);
  const { accessKey, secretKey } = s3!;
  return new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
}

async function until(store: Store, name: string, holds: (facts: LearnerFacts) => boolean): Promise<void> {
  while (true) {
    const facts = await loadFacts(store, name);
    const failures = [...facts.rejections, ...facts.taskFailures];
    if (failures.length > 0) throw new Error(`${name} has failed: ${JSON.stringify(failures)}`);
    if (holds(facts)) return;
    await sleep(200);
  }
}

function filesOf({ tasks, arrivals }: LearnerFacts, files: readonly string[]): string[] {
  return tasks.map(({ arrival }) => {
    const { key } = arrivals.find(({ seq }) => seq === arrival)!;
    return files.find((file) => key.endsWith(`/${basename(file)}`))!;
  });
}

async function learnEmbedded(
  work: string,
  preset: PresetName,
  { learner, seed, files }: Dropped,
): Promise<FinishedWork> {
  const root = join(work, learner);
  const settings = Object.entries(GATE).flatMap(([knob, value]) => ["--set", `${knob}=${value}`]);
  const names = ["--learner", learner, "--store", root, "--seed", String(seed), "--preset", preset];
  await runChild(learner, [...files, ...names, ...settings, "--workers", "2"]);
  const store = await openStore({ store: root });
  try {
    return await finishedWork(store);
  } finally {
    await store.close();
  }
}

function differencesOf(embedded: FinishedWork, made: FinishedWork): string[] {
  const isSame = (id: string) => canonicalJson(embedded[id]!) === canonicalJson(made[id] ?? {});
  return Object.keys(embedded).filter((id) => !isSame(id));
}

function print(compared: readonly Compared[]): void {
  printTable(
    ["learner", "files, in order of task", "seconds to each version", "jobs", "artifacts", "different"],
    compared.map(({ learner, files, versionSeconds, jobs, artifacts, differences }) => [
      learner,
      files.join(" "),
      versionSeconds.map((seconds) => seconds.toFixed(0)).join(" "),
      jobs,
      artifacts,
      differences.length,
    ]),
  );
}
