/**
 * What a bucket must show before it is trusted: that it is there, and that it obeys conditions. A store that ignores
 * them would let two workers commit one job, and nobody would notice.
 * @module
 */
import { randomUUID } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { StoreError } from "../store.ts";
import { type Connection, SERVICE_PREFIX } from "./connection.ts";
import { codeOf, statusOf } from "./s3_faults.ts";
import { repeatConflicts } from "./write_object.ts";

/** Parts of uploads that nobody finished are removed after this. */
const UNFINISHED_DAYS = 2;

/**
 * Makes two conditional writes that must be refused.
 *
 * @param connection to a bucket that may be written to
 * @throws {StoreError} if one gets through, or if nothing can be written.
 */
export async function probeConditions(connection: Connection): Promise<void> {
  const { bucket, prefix, place } = connection;
  const target = { Bucket: bucket, Key: `${prefix}${SERVICE_PREFIX}probe-${randomUUID()}` };
  const put = (condition: { IfNoneMatch: "*" } | { IfMatch: string }) =>
    repeatConflicts(() =>
      connection.request((client) =>
        client.send(new PutObjectCommand({ ...target, Body: "probe", ...condition }))
      )
    ).then(() => true, (error) => {
      if (statusOf(error) === 412) return false;
      throw error;
    });
  try {
    await put({ IfNoneMatch: "*" });
    const ignored = [
      ...(await put({ IfNoneMatch: "*" }) ? ["If-None-Match"] : []),
      ...(await put({ IfMatch: '"00000000000000000000000000000000"' }) ? ["If-Match"] : []),
    ];
    if (ignored.length > 0) throw unfit(place, `it ignores ${ignored.join(" and ")}`);
  } catch (error) {
    if (codeOf(error) === "NotImplemented") throw unfit(place, "it does not know If-None-Match or If-Match");
    throw connection.explain(error, "trying whether it can be written to");
  } finally {
    await connection.request((client) => client.send(new DeleteObjectCommand(target))).catch(() => {});
  }
}

/**
 * Lists one object: enough to see that bucket, keys and server are there.
 *
 * @param connection to a bucket that may only be read
 * @throws {StoreError} saying what is wrong with server, bucket or keys
 */
export async function probeReading(connection: Connection): Promise<void> {
  const { bucket, prefix } = connection;
  try {
    await connection.request((client) =>
      client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }))
    );
  } catch (error) {
    throw connection.explain(error, "trying whether it can be read");
  }
}

/**
 * Makes the bucket unless it is there. One that is made here drops the parts of unfinished uploads by itself.
 *
 * @param region where it is made; undefined: the server's own
 * @throws {StoreError} where it is not there and cannot be made
 */
export async function ensureBucket(connection: Connection, region: string | undefined): Promise<void> {
  const { bucket } = connection;
  const elsewhere = region !== undefined && region !== "us-east-1";
  const constraint = elsewhere
    ? { CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" } }
    : {};
  try {
    await connection.request((client) =>
      client.send(new CreateBucketCommand({ Bucket: bucket, ...constraint }))
    );
  } catch (error) {
    if (["BucketAlreadyOwnedByYou", "BucketAlreadyExists"].includes(codeOf(error))) return;
    throw connection.explain(error, "making the bucket");
  }
  const rule = {
    ID: "unfinished-uploads",
    Status: "Enabled" as const,
    Filter: { Prefix: "" },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: UNFINISHED_DAYS },
  };
  // MinIO knows no such rule: it removes them after a day without being asked.
  await connection.request((client) =>
    client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: bucket,
        LifecycleConfiguration: { Rules: [rule] },
      }),
    )
  ).catch(() => {});
}

function unfit(place: string, why: string): StoreError {
  return new StoreError(
    `The store ${place} cannot be used: ${why}, so that two writers could both believe to be the first. ` +
      `Use a server with conditional writes (AWS S3, MinIO from 2023, Ceph from 19, ...)`,
  );
}
