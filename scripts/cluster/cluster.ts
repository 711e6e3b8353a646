/**
 * The whole cluster on this machine: NATS, an object store that notifies, and every service as a process of its own.
 * For `deno task cluster`, for tests and for experiments.
 * @module
 */
import { sleep } from "@cugro/async";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { addToken, issueToken } from "@cugro/gateway/tokens";
import { openNatsBus } from "@cugro/bus";
import { openStore, type Store, type StoreConfig } from "@cugro/store";
import { BUCKET, type NotificationTarget, startBucket } from "./bucket.ts";
import { freePort, MINIO_ROOT, type RunningServer, startNats } from "./servers.ts";
import { type ServiceName, SERVICES } from "../../services/services.ts";
import { type ClusterProcess, startOrder, startService } from "./services.ts";

const READY_MS = 180_000;

/** How a cluster is set up. */
export interface ClusterOptions {
  /** What it keeps: objects, messages, tokens. @default a temporary folder, removed at the end */
  folder?: string;
  /** @default "minio" */
  store?: "minio" | "folder";
  /** Number of processes; 0 leaves a service out. @default 1 of each */
  processes?: Partial<Record<ServiceName, number>>;
  /** Port of the gateway. @default a free one */
  gatewayPort?: number;
  /** Targets of the bucket's notifications. @default both */
  notifications?: readonly NotificationTarget[];
  /** For all services, e.g. `CUGRO_LOG`. */
  environment?: Record<string, string>;
  /** Aborted while it starts: what was started is stopped. Later, call {@link Cluster.stop}. */
  signal?: AbortSignal;
  /** Each line that a service writes. @default nobody hears it */
  onLine?: (service: ServiceName, index: number, line: string) => void;
}

/** A cluster that runs. */
export interface Cluster {
  natsUrl: string;
  /** Undefined with a folder as store. */
  s3: { endpoint: string; accessKey: string; secretKey: string; bucket: string } | undefined;
  /** For `openStore`. */
  storeConfig: StoreConfig;
  /** Undefined without a gateway. */
  gatewayUrl: string | undefined;
  /** Bearer token with every right. */
  adminToken: string;
  processes: readonly ClusterProcess[];
  nats: RunningServer;
  minio: RunningServer | undefined;
  /** The environment that services get, for processes of one's own. */
  environment: Record<string, string>;
  /** Stops services, then servers. */
  stop(): Promise<void>;
}

/** Starts everything and waits until every service is ready; whatever was started is stopped if it does not come to that. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = resolve(options.folder ?? await mkdtemp(join(tmpdir(), "cugro-cluster-")));
  const undo: (() => Promise<unknown>)[] = [];
  if (options.folder === undefined) undo.push(() => rm(folder, { recursive: true, force: true }));
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await mkdir(folder, { recursive: true });
    const servers = await startServers(folder, options, undo);
    const adminToken = await adminTokenOf(folder);
    const environment = {
      ...servers.environment,
      CUGRO_TOKENS_FILE: tokensFile(folder),
      ...options.environment,
    };
    const processes = await startServices({ ...options, environment });
    undo.push(() => stopInOrder(processes));
    await untilReady(processes, options.signal);
    const gatewayUrl = processes.find(({ service }) => service === "gateway")?.url;
    return { ...servers, environment, adminToken, gatewayUrl, processes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Servers = Pick<Cluster, "natsUrl" | "nats" | "minio" | "s3" | "storeConfig" | "environment">;

async function startServers(
  folder: string,
  { store = "minio", notifications }: ClusterOptions,
  undo: (() => Promise<unknown>)[],
): Promise<Servers> {
  const nats = await startNats({ folder: join(folder, "nats"), detached: true });
  undo.push(() => nats.stop());
  // The streams first: MinIO's notifications are refused as long as nobody keeps them.
  const bus = await openNatsBus({ servers: [nats.url], name: "cluster", streams: "create" });
  await bus.close();
  const shared = { natsUrl: nats.url, nats };
  if (store === "folder") {
    const storeConfig = { store: join(folder, "store") };
    // The lock is this command's; the services share it, as they are its children.
    const held = await openStore(storeConfig);
    undo.push(() => held.close());
    const environment = { CUGRO_NATS: nats.url, CUGRO_STORE: storeConfig.store };
    return { ...shared, minio: undefined, s3: undefined, storeConfig, environment };
  }
  const minio = await startBucket({
    folder,
    natsUrl: nats.url,
    ...(notifications === undefined ? {} : { targets: notifications }),
  });
  undo.push(() => minio.stop());
  return { ...shared, minio, ...accessOf(nats.url, minio.url) };
}

function accessOf(natsUrl: string, endpoint: string): Pick<Servers, "s3" | "storeConfig" | "environment"> {
  const keys = { endpoint, accessKey: MINIO_ROOT.user, secretKey: MINIO_ROOT.password };
  const store = `s3://${BUCKET}`;
  const environment = {
    CUGRO_NATS: natsUrl,
    CUGRO_STORE: store,
    CUGRO_S3_ENDPOINT: endpoint,
    CUGRO_S3_ACCESS_KEY: keys.accessKey,
    CUGRO_S3_SECRET_KEY: keys.secretKey,
  };
  return { s3: { ...keys, bucket: BUCKET }, storeConfig: { store, s3: keys }, environment };
}

const tokensFile = (folder: string) => join(folder, "tokens.json");

/** The token of an earlier start, or a new one. It lies in the folder in clear: this is a cluster of one's own. */
async function adminTokenOf(folder: string): Promise<string> {
  const path = join(folder, "admin-token");
  const known = await readFile(path, "utf8").catch(() => undefined);
  if (known !== undefined) return known.trim();
  const { secret, entry } = issueToken({
    name: "admin",
    scopes: ["read", "submit", "admin"],
    learners: ["*"],
  });
  await addToken(tokensFile(folder), entry);
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}

async function startServices(
  { store, processes = {}, gatewayPort, environment = {}, onLine = () => {} }: ClusterOptions,
): Promise<ClusterProcess[]> {
  const started: ClusterProcess[] = [];
  for (const service of startOrder()) {
    for (let index = 0; index < (processes[service] ?? 1); index++) {
      const port = service === "gateway" && index === 0 && gatewayPort ? gatewayPort : await freePort();
      // That a folder's lock is the parent's is read in /proc, which takes all permissions.
      const unconfined = store === "folder";
      started.push(startService({ service, index, port, environment, unconfined, onLine }));
    }
  }
  return started;
}

/** Those who give work first, so that nothing new is begun; then all workers at once. */
async function stopInOrder(processes: readonly ClusterProcess[]): Promise<void> {
  const isGiver = ({ service }: ClusterProcess) => SERVICES[service].kinds.length === 0;
  await Promise.all(processes.filter(isGiver).map((one) => one.stop()));
  await Promise.all(processes.filter((one) => !isGiver(one)).map((one) => one.stop()));
}

/** @throws {Error} naming the first service that is not ready in time, with its last words */
async function untilReady(processes: readonly ClusterProcess[], signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_MS;
  await Promise.all(processes.map(async (one) => {
    while (!await isReady(one)) {
      if (signal?.aborted) throw new Error("Stopped before it was ready");
      if (performance.now() > deadline || one.restarts >= 5) {
        throw new Error(`${one.service} does not become ready:\n${one.output()}`);
      }
      await sleep(100);
    }
  }));
}

/** Whether a process says that it can do its work. */
export async function isReady({ url }: ClusterProcess): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

/** Opens the cluster's store from this process. */
export function openClusterStore({ storeConfig }: Cluster): Promise<Store> {
  return openStore(storeConfig);
}
