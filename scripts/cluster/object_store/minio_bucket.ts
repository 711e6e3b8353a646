/**
 * How MinIO tells NATS of what lands in `incoming/`, by two notification targets.
 *
 * SAFE has a queue on disk: no event is lost, whatever dies, but they come seconds late. FAST has none: events come
 * within a millisecond, and are lost while NATS is away. Both are set, so each event usually comes twice.
 * @module
 */
import { PREFIXES } from "@cugro/protocol";
import { type Client, NotificationConfig, QueueConfig } from "minio";

/** Notification targets. */
export type NotificationTarget = "SAFE" | "FAST";
/** All of them. */
export const BOTH_TARGETS: readonly NotificationTarget[] = ["SAFE", "FAST"];

/**
 * Variables that make MinIO publish into JetStream.
 *
 * @param queue absolute path of SAFE's queue
 */
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

/** Has a bucket notify; other notifications of it are gone then. */
export async function notifyTargets(
  client: Client,
  bucket: string,
  targets: readonly NotificationTarget[],
): Promise<void> {
  const notifications = new NotificationConfig();
  for (const target of targets) {
    const queue = new QueueConfig(`arn:minio:sqs::${target}:nats`);
    queue.addEvent("s3:ObjectCreated:*");
    queue.addFilterPrefix(PREFIXES.incoming);
    notifications.add(queue);
  }
  await client.setBucketNotification(bucket, notifications);
}
