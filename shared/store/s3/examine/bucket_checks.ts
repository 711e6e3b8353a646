/**
 * What a bucket is, and what its keys may do.
 * @module
 */
import { randomUUID } from "node:crypto";
import http from "node:http";
import https from "node:https";
import {
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Connection, S3Options } from "../connection.ts";
import { WAYS } from "../forged_requests.ts";
import { refuseForgedWrites } from "../forged_writes.ts";
import { codeOf, isMissing, statusOf } from "../s3_faults.ts";
import { type Check, Unfit } from "./finding.ts";

/** Signatures are refused beyond 15 minutes; what is compared with the store's times should be much closer. */
const SKEW_NOTE_SECONDS = 30;
const PRESIGN_SECONDS = 60;

/** Name of the check after which something is in the bucket. */
export const WRITE = "write";

/**
 * Checks that must pass before any other makes sense.
 *
 * @param base where objects may be written
 * @returns in the order in which they are tried
 */
export function wayIn(connection: Connection, base: string): Check[] {
  const { bucket, prefix } = connection;
  const target = { Bucket: bucket, Key: `${base}rights-${randomUUID()}` };
  const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 });
  const put = new PutObjectCommand({ ...target, Body: "x", Metadata: { tried: "yes" } });
  const step = (name: string, right: string, run: () => Promise<unknown>) =>
    stepOf(connection, { name, right, run });
  const { request: send } = connection;
  return [
    step("list", "s3:ListBucket on the bucket", () => send((client) => client.send(list))),
    step(WRITE, "s3:PutObject on the prefix", () => send((client) => client.send(put))),
    step("read", "s3:GetObject on the prefix", () => reads(connection, target)),
    step(
      "remove",
      "s3:DeleteObject on the prefix",
      () => send((client) => client.send(new DeleteObjectCommand(target))),
    ),
    {
      ...step(
        "tell what is not there",
        "s3:ListBucket on the bucket",
        () => distinguishesMissing(connection, target),
      ),
      meaning: "an object that is not there could not be told from one that may not be read",
    },
  ];
}

function stepOf(
  connection: Connection,
  { name, right, run }: { name: string; right: string; run: () => Promise<unknown> },
): Check {
  return {
    name,
    meaning: "nothing works without it",
    advice:
      `see to what it says; a user that may not needs ${right} (infra/aws/policies and infra/minio/policies)`,
    run: async () => {
      try {
        await run();
        return "allowed";
      } catch (error) {
        throw error instanceof Unfit ? error : connection.explain(error, `trying to ${name}`);
      }
    },
  };
}

type Target = { Bucket: string; Key: string };

async function reads({ request: send }: Connection, target: Target): Promise<void> {
  await send((client) => client.send(new GetObjectCommand(target)));
  const { Metadata } = await send((client) => client.send(new HeadObjectCommand(target)));
  if (Metadata?.tried === "yes") return;
  throw new Unfit("metadata of an object are not kept, by which a writer knows its own write again");
}

async function distinguishesMissing({ request: send }: Connection, target: Target): Promise<void> {
  const found = await send((client) => client.send(new HeadObjectCommand(target))).catch((error) => {
    if (!isMissing(error)) throw error;
  });
  if (found) throw new Unfit("an object that was removed is still there");
}

/**
 * Checks of what the contract does not see.
 *
 * @param options as the store was opened with
 * @returns in the order in which they are tried
 */
export function bucketChecks(connection: Connection, options: S3Options): Check[] {
  return [
    {
      name: "clock",
      meaning:
        "beyond 15 minutes every request is refused; graces (garbage collection, deletions) are counted by the store's clock",
      advice: "set the clocks of both machines (NTP)",
      run: () => comparesClock(connection),
    },
    {
      name: "no write without a secret",
      meaning: "anybody who reaches the server could overwrite heads, results and webhooks",
      advice: "use a server that refuses it (infra/S3.md)",
      run: async () => {
        await refuseForgedWrites(connection, { ...options, unsafe: false });
        return `${Object.keys(WAYS).length} ways to write without one were refused`;
      },
    },
    {
      name: "signed addresses",
      meaning: "files cannot be handed out by a link; nothing else needs it",
      advice: "look for a proxy that changes the host's name or drops the query",
      run: () => signs(connection),
    },
    {
      name: "unfinished uploads",
      meaning: "parts of uploads whose process was killed stay, invisible, and take room",
      advice: "set a lifecycle rule AbortIncompleteMultipartUpload of 2 days on the bucket",
      run: () => sweepsUploads(connection),
    },
    {
      name: "versioning",
      meaning:
        "what garbage collection removes, and each overwritten note, goes on taking room as an old version",
      advice: "switch it off, or let old versions expire; CuGRO needs none",
      run: () => keepsNoVersions(connection),
    },
  ];
}

/** @returns seconds that the store's clock is ahead, by the date of an answer; its resolution is a second */
async function comparesClock(connection: Connection): Promise<string> {
  const url = await signedUrl(connection);
  const before = Date.now();
  const { date } = await answerTo(url, connection.timeoutMs);
  if (date === undefined) throw new Unfit("the server does not say what time it is", true);
  const middle = (before + Date.now()) / 2;
  const seconds = Math.round((Date.parse(date) + 500 - middle) / 1000);
  const detail = `the store's clock is ${Math.abs(seconds)} s ${
    seconds < 0 ? "behind" : "ahead of"
  } this machine's`;
  if (Math.abs(seconds) >= SKEW_NOTE_SECONDS) throw new Unfit(detail, Math.abs(seconds) < 15 * 60);
  return `${Math.abs(seconds)} s apart`;
}

async function signs(connection: Connection): Promise<string> {
  const { status } = await answerTo(await signedUrl(connection), connection.timeoutMs);
  if (status !== 404) {
    throw new Unfit(
      `a signed address of an object that is not there was answered by ${status}, not by 404`,
      true,
    );
  }
  return "understood";
}

async function signedUrl({ client, bucket, prefix }: Connection): Promise<string> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: `${prefix}nothing-${randomUUID()}` });
  return await getSignedUrl(client, command, { expiresIn: PRESIGN_SECONDS });
}

/** On a connection of its own: one that is kept would keep a server from stopping. */
function answerTo(url: string, timeoutMs: number): Promise<{ status: number; date: string | undefined }> {
  return new Promise((resolve, reject) => {
    const { request } = url.startsWith("https:") ? https : http;
    const sent = request(url, { agent: false, timeout: timeoutMs }, (answer) => {
      answer.resume();
      answer.on("close", () => resolve({ status: answer.statusCode ?? 0, date: answer.headers.date }));
    });
    sent.on("timeout", () => sent.destroy(new Error("it does not answer")));
    sent.on("error", reject);
    sent.end();
  });
}

/** What the server cannot be asked, or this user may not ask, is no fault. */
function unknown(what: string, error: unknown): Unfit {
  return new Unfit(`${what} cannot be asked (${codeOf(error) || statusOf(error)})`, true);
}

async function sweepsUploads({ request, bucket }: Connection): Promise<string> {
  const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
  const rules = await request((client) => client.send(command)).then(({ Rules = [] }) => Rules, (error) => {
    if (codeOf(error) === "NoSuchLifecycleConfiguration") return [];
    throw unknown("the bucket's lifecycle", error);
  });
  const rule = rules.find(({ AbortIncompleteMultipartUpload: abort, Status }) =>
    abort && Status === "Enabled"
  );
  if (!rule) throw new Unfit("no rule removes parts of uploads that nobody finished", true);
  return `removed after ${rule.AbortIncompleteMultipartUpload!.DaysAfterInitiation} days`;
}

async function keepsNoVersions({ request, bucket }: Connection): Promise<string> {
  const command = new GetBucketVersioningCommand({ Bucket: bucket });
  const { Status = "off" } = await request((client) => client.send(command)).catch((error) => {
    throw unknown("whether it keeps versions", error);
  });
  if (Status === "Enabled") throw new Unfit("the bucket keeps every version of every object", true);
  return Status.toLowerCase();
}
