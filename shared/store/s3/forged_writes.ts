/**
 * Whether a bucket takes writes without a secret. All community builds of MinIO since May 2023 do: anyone who knows the
 * name of an access key (every presigned URL has it) writes what that key may, by an upload with an unsigned trailer
 * (CVE-2026-41145, CVE-2026-40344). Heads, results and webhooks could be anybody's. So each way in is tried at the start,
 * on a key of our own, and a store that lets one through is not used.
 * @module
 */
import { sleep } from "@cugro/async";
import { createLog } from "@cugro/telemetry";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { randomUUID } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { StoreError } from "../store.ts";
import { type Connection, type S3Options, SERVICE_PREFIX } from "./connection.ts";
import { ARCHIVED, type Attempt, type Known, PRESIGN_SECONDS, WAYS } from "./forged_requests.ts";

const ATTEMPTS = 3;
const RETRY_MS = 200;

/** Stores that were tried out in this process, and the ways that led into them. */
const tried = new Map<string, Promise<string[]>>();

/**
 * Tries to write without a secret, once a process, server, bucket and access key.
 *
 * @param options `unsafe` turns the error into a warning
 * @throws {StoreError} if a write gets through, saying what to use instead (with `unsafe` there is a warning in the
 *   log and no error), or if the store gives no clear answer.
 */
export async function refuseForgedWrites(connection: Connection, options: S3Options): Promise<void> {
  const { endpoint, bucket, accessKey, unsafe = false } = options;
  const store = JSON.stringify([endpoint, bucket, accessKey]);
  const trying = tried.get(store) ?? tryAll(connection);
  tried.set(store, trying);
  const ways = await trying.catch((error) => {
    tried.delete(store);
    throw error;
  });
  if (ways.length === 0) return;
  const danger = `it takes a write ${ways.join(", ")}`;
  if (!unsafe) throw unfit(connection.place, danger);
  createLog().warn("the store is used although anybody can write into it", {
    store: connection.place,
    danger,
    because: "CUGRO_S3_UNSAFE=allow",
  });
}

/** Names of the ways that led in; what they wrote is removed. */
async function tryAll(connection: Connection): Promise<string[]> {
  const { bucket, prefix } = connection;
  const ways = Object.entries(WAYS).map(([name, attemptOf]) => ({
    name,
    attemptOf,
    target: { Bucket: bucket, Key: `${prefix}${SERVICE_PREFIX}probe-${randomUUID()}` },
  }));
  // What one of them finds, that there is no answer say, ends the others' pauses.
  const giveUp = new AbortController();
  const trials = ways.map(({ target, attemptOf }) =>
    isTaken(connection, target, attemptOf, giveUp.signal).catch((error) => {
      giveUp.abort(error);
      throw error;
    })
  );
  await Promise.allSettled(trials);
  if (giveUp.signal.aborted) throw giveUp.signal.reason;
  const taken = await Promise.all(trials);
  const open = ways.filter((_, i) => taken[i]);
  await Promise.all(
    open.flatMap(({ target: { Key } }) => [Key, `${Key}/${ARCHIVED}`]).map((Key) =>
      connection.request((client) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key })))
        .catch(() => {})
    ),
  );
  return open.map(({ name }) => name);
}

async function isTaken(
  connection: Connection,
  target: { Bucket: string; Key: string },
  attemptOf: (known: Known) => Attempt,
  signal: AbortSignal,
): Promise<boolean> {
  const { query = {}, headers = {}, body, known } = await prepare(connection, target, attemptOf);
  const url = `${known.url}?${new URLSearchParams(query)}`;
  for (let attempt = 1;; attempt++) {
    let answer: unknown;
    try {
      const status = await connection.request(() =>
        statusOfPut(url, { ...headers, "content-length": String(body.length) }, body, connection)
      );
      if (status < 500) return status < 300;
      answer = `status ${status}`;
    } catch (error) {
      answer = error;
    }
    if (attempt === ATTEMPTS) throw unclear(connection.place, answer);
    await sleep(RETRY_MS * attempt, signal);
  }
}

/** The client signs a URL for the object: it says where the object is, and all that is no secret. */
async function prepare(
  connection: Connection,
  target: { Bucket: string; Key: string },
  attemptOf: (known: Known) => Attempt,
): Promise<Attempt & { known: Known }> {
  const { client } = connection;
  const signed = await getSignedUrl(client, new PutObjectCommand(target), { expiresIn: PRESIGN_SECONDS })
    .catch((error) => {
      throw connection.explain(error, "trying whether it refuses writes without a secret");
    });
  const { origin, pathname, searchParams } = new URL(signed);
  const known: Known = {
    url: `${origin}${pathname}`,
    name: target.Key,
    credential: searchParams.get("X-Amz-Credential") ?? "",
    date: searchParams.get("X-Amz-Date") ?? "",
    token: searchParams.get("X-Amz-Security-Token"),
  };
  return { ...attemptOf(known), known };
}

/** On a connection of its own: one that is kept would keep a server from stopping. A redirect is an answer, too. */
function statusOfPut(
  url: string,
  headers: Record<string, string>,
  body: Uint8Array,
  { timeoutMs, ca }: Pick<Connection, "timeoutMs" | "ca">,
) {
  return new Promise<number>((resolve, reject) => {
    const { request } = url.startsWith("https:") ? https : http;
    const trust = ca === undefined ? {} : { ca };
    const options = { method: "PUT", headers, agent: false as const, timeout: timeoutMs, ...trust };
    const sent = request(url, options, (answer) => {
      answer.resume();
      answer.on("close", () => resolve(answer.statusCode ?? 0));
    });
    sent.on("timeout", () => sent.destroy(new Error("it does not answer")));
    sent.on("error", reject);
    sent.end(body);
  });
}

function unclear(place: string, answer: unknown): StoreError {
  const why = answer instanceof Error ? answer.message : answer;
  return new StoreError(
    `The store ${place} gives no clear answer to a write without a secret, which it must refuse: ${why}`,
    { cause: answer },
  );
}

function unfit(place: string, danger: string): StoreError {
  return new StoreError(
    `The store ${place} cannot be used: ${danger}, so anybody who reaches it can overwrite everything in it. Use a ` +
      `server that refuses this (AWS S3, Versity's S3 gateway, a patched fork of MinIO such as pgsty/silo: ` +
      `infra/README.md), or set CUGRO_S3_UNSAFE=allow where nobody else can reach it`,
  );
}
