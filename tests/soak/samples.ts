/**
 * What a running cluster takes: memory, descriptors and threads of each process, objects of the store, messages of the
 * streams, files on the disk. Linux only.
 * @module
 */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { STREAMS } from "@cugro/bus";
import { parseKey } from "@cugro/protocol";
import type { ObjectInfo, Store } from "@cugro/store";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "../../scripts/cluster/cluster.ts";

/** Of a process. */
export interface ProcessSample {
  pid: number;
  /** Resident, bytes. */
  memory: number;
  descriptors: number;
  threads: number;
}

/** A number of things and their bytes. */
export interface Amount {
  count: number;
  bytes: number;
}

/** Everything at one moment. What could not be asked, as it was being restarted, is absent. */
export interface Sample {
  /** Seconds since the soak began. */
  at: number;
  processes: Record<string, ProcessSample>;
  /** By the first part of the key; what lies under `jobs` also by the last; facts and versions by what became of their learner. */
  store?: Record<string, Amount>;
  /** Messages by stream. */
  streams?: Record<string, Amount>;
  /** Files in folders of the cluster, by folder; temporary files as `tmp`. */
  files?: Record<string, Amount>;
}

/** Asks a cluster what it takes. */
export interface Sampler {
  /** `whole`: objects and files, too, which are thousands. */
  sample(options: { whole: boolean }): Promise<Sample>;
  close(): Promise<void>;
}

/** Where and what to look at. */
export interface SampledWorld {
  cluster: Cluster;
  store: Store;
  /** Of temporary files. */
  temporary: string;
}

/** Opens a sampler, whose first moment is now. */
export async function openSampler({ cluster, store, temporary }: SampledWorld): Promise<Sampler> {
  const nats = await connect({ servers: cluster.natsUrl, name: "soak", maxReconnectAttempts: -1 });
  const began = performance.now();
  const children = [...cluster.servers, ...cluster.processes];
  return {
    async sample({ whole }) {
      const at = Math.round((performance.now() - began) / 100) / 10;
      const [processes, streams, objects, files] = await Promise.all([
        Promise.all(children.map(async (one) => [one.name, await processOf(one.pid)] as const)),
        streamsOf(nats).catch(() => undefined),
        whole ? objectsOf(store).catch(() => undefined) : undefined,
        whole ? filesOf(cluster.folder, temporary) : undefined,
      ]);
      return {
        at,
        processes: Object.fromEntries(
          processes.flatMap(([name, one]) => one === undefined ? [] : [[name, one]]),
        ),
        ...streams === undefined ? {} : { streams },
        ...objects === undefined ? {} : { store: objects },
        ...files === undefined ? {} : { files },
      };
    },
    close: () => nats.close(),
  };
}

/** Undefined for a process that has just ended. */
export async function processOf(pid: number | undefined): Promise<ProcessSample | undefined> {
  if (pid === undefined) return undefined;
  try {
    const [status, descriptors] = await Promise.all([
      readFile(`/proc/${pid}/status`, "utf8"),
      readdir(`/proc/${pid}/fd`),
    ]);
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
    const [memory, threads] = [field("VmRSS") * 1024, field("Threads")];
    return memory > 0 ? { pid, memory, descriptors: descriptors.length, threads } : undefined;
  } catch {
    return undefined;
  }
}

async function streamsOf(nats: NatsConnection): Promise<Record<string, Amount>> {
  const found: Record<string, Amount> = {};
  for (const name of Object.values(STREAMS)) {
    const answer = await nats.request(`$JS.API.STREAM.INFO.${name}`, "", { timeout: 5_000 });
    const { state } = answer.json<{ state: { messages: number; bytes: number } }>();
    found[name] = { count: state.messages, bytes: state.bytes };
  }
  return found;
}

async function objectsOf(store: Store): Promise<Record<string, Amount>> {
  const objects = await store.list("");
  return { ...byPrefix(objects), ...byLearner(objects) };
}

function byPrefix(objects: readonly ObjectInfo[]): Record<string, Amount> {
  const found: Record<string, Amount> = {};
  for (const { key, size } of objects) {
    const [first, ...rest] = key.split("/");
    add(found, first!, size);
    const last = rest.at(-1)!;
    if (first === "jobs") add(found, `jobs/${/^\d+\.json$/.test(last) ? rest.at(-2) : last}`, size);
  }
  return found;
}

/** What those that are there and those that were deleted have, and the versions that stand. */
function byLearner(objects: readonly ObjectInfo[]): Record<string, Amount> {
  const keys = objects.flatMap(({ key, size }) => {
    const parsed = parseKey(key);
    return parsed !== undefined && "learner" in parsed ? [{ ...parsed, size }] : [];
  });
  const deleted = new Set(keys.filter(({ kind }) => kind === "deleted").map(({ learner }) => learner));
  const withdrawn = new Set(
    keys.flatMap((one) => one.kind === "withdrawn" ? [`${one.learner} ${one.version}`] : []),
  );
  const found: Record<string, Amount> = {};
  for (const one of keys) {
    const isDeleted = deleted.has(one.learner);
    if (one.kind !== "incoming" && one.kind !== "upload") {
      add(found, `learners/${isDeleted ? "deleted" : "living"}`, one.size);
    }
    if (one.kind === "version" && !isDeleted && !withdrawn.has(`${one.learner} ${one.version}`)) {
      add(found, "versions/standing", one.size);
    }
    if (one.kind === "version") add(found, "versions/all", one.size);
  }
  return found;
}

async function filesOf(folder: string, temporary: string): Promise<Record<string, Amount>> {
  const found: Record<string, Amount> = {};
  for (const [name, path] of [...await foldersIn(folder), ["tmp", temporary] as const]) {
    await walk(path, (bytes) => add(found, name, bytes));
  }
  return found;
}

async function foldersIn(folder: string): Promise<[string, string][]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((one) => one.isDirectory()).map(({ name }) => [name, join(folder, name)]);
}

/** What vanishes meanwhile is not counted. */
async function walk(path: string, onFile: (bytes: number) => void): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await walk(inner, onFile);
    else {
      const status = await lstat(inner).catch(() => undefined);
      if (status !== undefined) onFile(status.size);
    }
  }
}

function add(amounts: Record<string, Amount>, name: string, bytes: number): void {
  const amount = amounts[name] ??= { count: 0, bytes: 0 };
  amount.count++;
  amount.bytes += bytes;
}
