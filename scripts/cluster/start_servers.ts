/**
 * The servers of a cluster, in order: NATS with its streams, then what holds the objects.
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { openNatsBus } from "@cugro/bus";
import { openStore, type StoreConfig } from "@cugro/store";
import { BUCKET, bucketServer } from "./object_store/bucket.ts";
import { chooseServer, type RootKeys, rootKeysOf, type S3ServerName } from "./object_store/choice.ts";
import type { NotificationTarget } from "./object_store/minio_bucket.ts";
import type { Ports } from "./ports.ts";
import type { Program } from "./program.ts";
import { findProgram, natsProgram, type ServerProgram } from "./servers.ts";
import { allReady, Supervised, type Supervision } from "./supervised.ts";

/** A server is not restarted without end: nothing works while it is missing. Together these tries take a minute. */
const TRIES = 9;

/** The servers of a cluster that run. */
export interface ClusterServers {
  natsUrl: string;
  /** Undefined with a folder as store. */
  s3: { endpoint: string; accessKey: string; secretKey: string; bucket: string } | undefined;
  /** For `openStore`. */
  storeConfig: StoreConfig;
  /** `nats-server`, and what serves the bucket. */
  servers: readonly Supervised[];
  /** Environment variables by which a service finds them. */
  environment: Record<string, string>;
}

/** Undo steps of the start; the last one runs first. */
export type Undo = (() => unknown)[];

/** Where the servers run, which programs they are, and what supervises them. */
export interface ServerOptions {
  folder: string;
  /** `nats` and `s3`. */
  ports: Ports;
  /** @default "bucket" */
  store?: "bucket" | "folder";
  /** The bucket's server. @default what the folder's objects are kept with, else Versity's gateway */
  s3?: S3ServerName;
  /** Targets of the bucket's notifications. @default both */
  notifications?: readonly NotificationTarget[];
  supervision: Supervision;
  /** Is added to. */
  undo: Undo;
  signal?: AbortSignal;
  /** Of the services. */
  environment?: Readonly<Record<string, string>>;
  /** Told that a program is being built. */
  onEvent?: (sentence: string) => void;
}

/**
 * Starts the servers and keeps them running.
 *
 * @throws {Error} if one does not become ready
 */
export async function startServers(options: ServerOptions): Promise<ClusterServers> {
  const { folder, ports, undo, notifications: targets, onEvent = () => {}, signal } = options;
  const server = options.store === "folder" ? undefined : chooseServer(folder, options.s3, onEvent);
  // Each takes minutes the first time: nothing waits for them half-started.
  for (const name of programsOf(server)) {
    await findProgram(name, { report: onEvent, ...signal === undefined ? {} : { signal } });
  }
  const nats = await start(await natsProgram({ folder: join(folder, "nats"), port: ports.nats! }), options);
  // The streams first: MinIO's notifications are refused as long as nobody keeps them.
  const bus = await openNatsBus({
    ...{ servers: [nats.url], name: "cluster", streams: "create" },
    ...ackWaitOf({ ...process.env, ...options.environment }),
  });
  await bus.close();
  if (server === undefined) {
    const storeConfig = { store: join(folder, "store") };
    // The lock is this command's; the services share it, as they are its children.
    const held = await openStore(storeConfig);
    undo.push(() => held.close());
    const environment = { CUGRO_NATS: nats.url, CUGRO_STORE: storeConfig.store };
    return { natsUrl: nats.url, servers: [nats], s3: undefined, storeConfig, environment };
  }
  const keys = rootKeysOf(folder);
  const shared = { server, folder, natsUrl: nats.url, keys, port: ports.s3! };
  const bucket = await bucketServer({ ...shared, ...targets === undefined ? {} : { targets } });
  const objects = await start(bucket.program, options);
  undo.push(await bucket.guard());
  await bucket.prepare();
  return { natsUrl: nats.url, servers: [nats, objects], ...accessOf(nats.url, bucket.url, keys) };
}

/** Programs beside the services. */
function programsOf(server: S3ServerName | undefined): ServerProgram[] {
  if (server === undefined) return ["nats-server"];
  return ["nats-server", server === "versity" ? "versitygw" : "minio"];
}

/** As the services will have it: consumers with another one are refused by them. */
function ackWaitOf({ CUGRO_ACK_WAIT_SECONDS: seconds }: Record<string, string | undefined>) {
  const ackWaitMs = Number(seconds) * 1000;
  return ackWaitMs > 0 ? { ackWaitMs } : {};
}

/** A server's own output is shown only when it fails. */
async function start(program: Program, { supervision, undo, signal }: ServerOptions): Promise<Supervised> {
  const server = new Supervised(program, { ...supervision, onLine: () => {}, tries: TRIES });
  server.start();
  undo.push(() => server.stop());
  await allReady([server], 1, signal);
  return server;
}

function accessOf(
  natsUrl: string,
  endpoint: string,
  root: RootKeys,
): Pick<ClusterServers, "s3" | "storeConfig" | "environment"> {
  const keys = { endpoint, ...root };
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
