/**
 * MinIO that tells NATS of what lands in `incoming/`: its bucket, and the two notification targets.
 *
 * SAFE has a queue on disk: no event is lost, whatever dies, but they come seconds late. FAST has none: events come
 * within a millisecond, and are lost while NATS is away. Both are set, so each event usually comes twice.
 * @module
 */
import { sleep } from "@cugro/async";
import { PREFIXES } from "@cugro/protocol";
import { join, resolve } from "node:path";
import { Client, NotificationConfig, QueueConfig } from "minio";
import type { Program } from "./program.ts";
import { MINIO_ROOT, minioProgram, type RunningServer, startServer } from "./servers.ts";

/** Name of the local cluster's bucket. */
export const BUCKET = "cugro";
/** Notification targets. */
export type NotificationTarget = "SAFE" | "FAST";
const BOTH: readonly NotificationTarget[] = ["SAFE", "FAST"];

/** How MinIO is set up. */
export interface BucketOptions {
  folder: string;
  /** `nats://127.0.0.1:4222`; its stream for `incoming.>` must exist. */
  natsUrl: string;
  /** @default a free one */
  port?: number;
  /** @default both */
  targets?: readonly NotificationTarget[];
}

/** Starts MinIO with a bucket that notifies. */
export async function startBucket(options: BucketOptions): Promise<RunningServer> {
  const minio = await startServer(await bucketProgram(options), { detached: true });
  try {
    await prepareBucket(minio.url, options.targets);
    return minio;
  } catch (error) {
    await minio.stop();
    throw error;
  }
}

/** MinIO with the notification targets, as a program; once it runs, {@link prepareBucket} makes the bucket. */
export function bucketProgram(
  { folder, natsUrl, port, targets = BOTH }: BucketOptions,
): Promise<Program> {
  return minioProgram({
    folder: join(folder, "minio"),
    environment: targetEnvironment(natsUrl, join(resolve(folder), "minio-queue"), targets),
    ...(port === undefined ? {} : { port }),
  });
}

/** Variables that make MinIO publish into JetStream. @param queue absolute path of SAFE's queue */
export function targetEnvironment(
  natsUrl: string,
  queue: string,
  targets: readonly NotificationTarget[],
): Record<string, string> {
  const environment: Record<string, string> = { MINIO_API_SYNC_EVENTS: "on" };
  for (const target of targets) {
    const set = (name: string, value: string) => environment[`MINIO_NOTIFY_NATS_${name}_${target}`] = value;
    set("ENABLE", "on");
    set("ADDRESS", new URL(natsUrl).host);
    set("SUBJECT", `incoming.${target.toLowerCase()}`);
    set("JETSTREAM", "on");
    if (target === "SAFE") {
      set("QUEUE_DIR", queue);
      set("QUEUE_LIMIT", "100000");
    }
  }
  return environment;
}

/** Makes the bucket and has it notify; what is there already stays. @param url of MinIO */
export async function prepareBucket(
  url: string,
  targets: readonly NotificationTarget[] = BOTH,
): Promise<void> {
  const { hostname, port } = new URL(url);
  const client = new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey: MINIO_ROOT.user,
    secretKey: MINIO_ROOT.password,
    retryOptions: { disableRetry: true },
  });
  await patiently(() => client.bucketExists(BUCKET));
  if (!await client.bucketExists(BUCKET)) await client.makeBucket(BUCKET);
  const notifications = new NotificationConfig();
  for (const target of targets) {
    const queue = new QueueConfig(`arn:minio:sqs::${target}:nats`);
    queue.addEvent("s3:ObjectCreated:*");
    queue.addFilterPrefix(PREFIXES.incoming);
    notifications.add(queue);
  }
  await patiently(() => client.setBucketNotification(BUCKET, notifications));
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
