/**
 * The bucket of a local cluster: on Versity's gateway or on MinIO, which notifies NATS of each object that lands in it.
 * @module
 */
import { sleep } from "@cugro/async";
import { PREFIXES } from "@cugro/protocol";
import { Buffer } from "node:buffer";
import { join, resolve } from "node:path";
import { Client } from "minio";
import type { Program } from "../program.ts";
import { freePort, type RunningServer, startServer } from "../servers.ts";
import type { RootKeys, S3ServerName } from "./choice.ts";
import { startFilter } from "./filter.ts";
import { minioProgram } from "./minio.ts";
import { BOTH_TARGETS, type NotificationTarget, notifyTargets, targetEnvironment } from "./minio_bucket.ts";
import { versityProgram } from "./versity.ts";

/** Name of the local cluster's bucket. */
export const BUCKET = "cugro";
/** Folders that stay when their last object goes: making one while another is removed can fail in Versity's gateway. */
const KEPT_FOLDERS = [PREFIXES.incoming, PREFIXES.jobs, PREFIXES.artifacts];

/** How the bucket's server is set up. */
export interface BucketOptions {
  server: S3ServerName;
  /** The cluster's. */
  folder: string;
  /** `nats://127.0.0.1:4222`; its stream for `incoming.>` must exist. */
  natsUrl: string;
  keys: RootKeys;
  /** Where clients go. @default a free one */
  port?: number;
  /** Of MinIO; with none, Versity does not notify either. @default both */
  targets?: readonly NotificationTarget[];
}

/** A server, and what stands before it. */
export interface BucketServer {
  program: Program;
  /** Where clients go. */
  url: string;
  /**
   * What must run beside it.
   *
   * @returns what ends it
   */
  guard(): Promise<() => Promise<void>>;
  /** Once it runs: makes the bucket and has it notify. What is there already stays. */
  prepare(): Promise<void>;
}

/** The server of a bucket; nothing runs yet. */
export async function bucketServer(options: BucketOptions): Promise<BucketServer> {
  const { server, folder, natsUrl, keys, port = await freePort(), targets = BOTH_TARGETS } = options;
  const url = `http://127.0.0.1:${port}`;
  const client = () => clientOf(url, keys);
  if (server === "versity") {
    const notifying = targets.length > 0 ? { natsUrl } : {};
    const program = await versityProgram({ folder: join(folder, "versity"), port, ...keys, ...notifying });
    const prepare = async () => {
      await makeBucket(client());
      for (const name of KEPT_FOLDERS) await client().putObject(BUCKET, name, Buffer.alloc(0));
    };
    return { program, url, guard: () => Promise.resolve(() => Promise.resolve()), prepare };
  }
  const program = await minioProgram({
    folder: join(folder, "minio"),
    rootUser: keys.accessKey,
    rootPassword: keys.secretKey,
    environment: targetEnvironment(natsUrl, join(resolve(folder), "minio-queue"), targets),
  });
  const prepare = async () => {
    await makeBucket(client());
    await patiently(() => notifyTargets(client(), BUCKET, targets));
  };
  const guard = async () => (await startFilter(program.url, port)).close;
  return { program, url, guard, prepare };
}

/** Starts a server with a bucket that notifies. */
export async function startBucket(options: BucketOptions): Promise<RunningServer> {
  const { program, url, guard, prepare } = await bucketServer(options);
  const server = await startServer(program, { detached: true });
  let unguard = () => Promise.resolve();
  const stop = async () => {
    await unguard();
    await server.stop();
  };
  try {
    unguard = await guard();
    await prepare();
    return { ...server, url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function clientOf(url: string, { accessKey, secretKey }: RootKeys): Client {
  const { hostname, port } = new URL(url);
  const retryOptions = { disableRetry: true };
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey,
    secretKey,
    retryOptions,
  });
}

async function makeBucket(client: Client): Promise<void> {
  await patiently(() => client.bucketExists(BUCKET));
  if (!await client.bucketExists(BUCKET)) await client.makeBucket(BUCKET);
}

/** MinIO says that it is ready a moment before it takes requests, and a moment before it has reached its targets. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + 30_000;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
