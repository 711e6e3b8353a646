/**
 * The whole cluster on this machine: NATS, an object store that notifies, and every service as a process of its own.
 * For `deno task cluster`, for tests and for experiments.
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openStore, type Store } from "@cugro/store";
import type { S3ServerName } from "./object_store/choice.ts";
import type { NotificationTarget } from "./object_store/minio_bucket.ts";
import { ChildRegister, stopLeftovers } from "./child_register.ts";
import { adminTokenOf, ownFolder, tokensFile, writeTargets } from "./folder.ts";
import { type AskedPort, choosePorts, type Ports } from "./ports.ts";
import {
  ClusterProcess,
  givesWork,
  placesOf,
  type ProcessCounts,
  processName,
  serviceProgram,
} from "./service_programs.ts";
import { type ClusterServers, startServers, type Undo } from "./start_servers.ts";
import { allReady, type Supervised, type Supervision } from "./supervised.ts";

const REGISTER = "processes.json";
const SERVICE_STARTS = 5;
/** As patient as Kubernetes' liveness probes (`infra/kubernetes/base/service_pods.yaml`). */
const HANG_MS = 120_000;

/** How a cluster is set up. */
export interface ClusterOptions extends ProcessCounts {
  /** Its state: objects, messages, tokens, ports. Used by one cluster at a time. @default a temporary folder, removed at the end */
  folder?: string;
  /** @default "bucket" */
  store?: "bucket" | "folder";
  /** The bucket's server. @default what the folder's objects are kept with, else Versity's gateway */
  s3?: S3ServerName;
  /** Ports that must be had, by `nats`, `s3` and the names of processes. @default those the folder keeps, else free ones */
  ports?: Readonly<Record<string, AskedPort>>;
  /** Port of the gateway if it is free and the folder has kept no other. */
  preferredGatewayPort?: number;
  /** Targets of the bucket's notifications. @default both */
  notifications?: readonly NotificationTarget[];
  /** For all services, e.g. `CUGRO_LOG`. */
  environment?: Record<string, string>;
  /** A process that answers nothing for this long is killed and started again. @default 120 s */
  hangMs?: number;
  /** Aborted while it starts: what was started is stopped. Later, call {@link Cluster.stop}. */
  signal?: AbortSignal;
  /** Each line that a service writes. @default ignored */
  onLine?: (process: string, line: string) => void;
  /** Gets events of the cluster's processes, as sentences. @default ignored */
  onEvent?: (sentence: string) => void;
}

/** A cluster that runs. */
export interface Cluster extends ClusterServers {
  folder: string;
  /** Undefined without a gateway. */
  gatewayUrl: string | undefined;
  /** Bearer token with every right. */
  adminToken: string;
  /** Of services. */
  processes: readonly ClusterProcess[];
  /** A server or a service's process by its name, to ask for its pid, to send it signals, to stop and start it. */
  child(name: string): Supervised;
  /** For Prometheus' `file_sd_configs`. */
  targetsFile: string;
  /** The environment that services get, for processes of one's own. */
  environment: Record<string, string>;
  /** Comes when a server cannot be kept running; the cluster should be stopped then. */
  failure: Promise<Error>;
  /** Stops services, then servers. */
  stop(): Promise<void>;
}

/**
 * Starts everything and waits until every service is ready; whatever was started is stopped if it does not come to that.
 *
 * @throws {FolderHeld} if another cluster has the folder, {RangeError} if an asked port is taken; nothing was started then
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = resolve(options.folder ?? await mkdtemp(join(tmpdir(), "cugro-cluster-")));
  const undo: Undo = [];
  if (options.folder === undefined) undo.push(() => rm(folder, { recursive: true, force: true }));
  const stop = () => undoAll(undo);
  try {
    undo.push(await ownFolder(folder));
    await endLeftovers(folder, options);
    const ports = await portsOf(folder, options);
    const register = new ChildRegister(join(folder, REGISTER));
    undo.push(() => register.close());
    const failure = Promise.withResolvers<Error>();
    const supervision = superviseWith(options, register, failure.resolve);
    const servers = await startServers({ ...options, folder, ports, supervision, undo });
    const environment = {
      ...servers.environment,
      CUGRO_TOKENS_FILE: tokensFile(folder),
      ...options.environment,
    };
    const adminToken = await adminTokenOf(folder);
    const processes = startServices({ ...options, ports, environment }, supervision);
    undo.push(() => stopInOrder(processes));
    await allReady(processes, SERVICE_STARTS, options.signal);
    return {
      ...servers,
      ...{ folder, environment, adminToken, processes, stop, failure: failure.promise },
      gatewayUrl: processes.find(({ service }) => service === "gateway")?.url,
      targetsFile: await writeTargets(folder, processes),
      child: (name) => childOf([...servers.servers, ...processes], name),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The last first; what fails keeps nothing else from being undone. */
async function undoAll(undo: Undo): Promise<void> {
  const errors: unknown[] = [];
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function endLeftovers(folder: string, { onEvent }: ClusterOptions): Promise<void> {
  const left = await stopLeftovers(join(folder, REGISTER));
  if (left.length === 0) return;
  const names = left.map(({ name, pid }) => `${name} (pid ${pid})`).join(", ");
  onEvent?.(`ended what an earlier start had left behind: ${names}`);
}

function portsOf(folder: string, options: ClusterOptions): Promise<Ports> {
  const { store = "bucket", ports: asked = {}, preferredGatewayPort: gateway, onEvent } = options;
  const places = placesOf(options).map(({ service, index }) => processName(service, index));
  return choosePorts({
    folder,
    names: ["nats", ...store === "bucket" ? ["s3"] : [], ...places],
    asked,
    ...gateway === undefined ? {} : { preferred: { gateway } },
    ...onEvent === undefined ? {} : { report: onEvent },
  });
}

function superviseWith(
  { onLine = () => {}, onEvent = () => {}, hangMs = HANG_MS }: ClusterOptions,
  register: ChildRegister,
  onGiveUp: (error: Error) => void,
): Supervision {
  return {
    register,
    onLine,
    onEvent: (name, sentence) => onEvent(`${name} ${sentence}`),
    onGiveUp,
    hangMs,
    tries: Infinity,
  };
}

/** With the ports that were chosen. */
type ServiceOptions = Omit<ClusterOptions, "ports"> & { ports: Ports };

function startServices(options: ServiceOptions, supervision: Supervision): ClusterProcess[] {
  const { ports, environment = {}, store } = options;
  return placesOf(options).map(({ service, index }) => {
    const port = ports[processName(service, index)]!;
    // Those who change heads in a folder must see in /proc whether another's lock is alive, which takes all permissions.
    const unconfined = store === "folder" && givesWork(service);
    const program = serviceProgram({ service, index, port, environment, unconfined });
    const one = new ClusterProcess(service, index, program, supervision);
    one.start();
    return one;
  });
}

/** Those who give work first, so that nothing new is begun; then all workers at once. */
async function stopInOrder(processes: readonly ClusterProcess[]): Promise<void> {
  const isGiver = ({ service }: ClusterProcess) => givesWork(service);
  await Promise.all(processes.filter(isGiver).map((one) => one.stop()));
  await Promise.all(processes.filter((one) => !isGiver(one)).map((one) => one.stop()));
}

function childOf(children: readonly Supervised[], name: string): Supervised {
  const found = children.find((one) => one.name === name);
  if (found) return found;
  const names = children.map((one) => one.name).join(", ");
  throw new RangeError(`A process of the cluster must be one of ${names}: current name is "${name}"`);
}

/** Opens the cluster's store from this process. */
export function openClusterStore({ storeConfig }: Cluster): Promise<Store> {
  return openStore(storeConfig);
}
