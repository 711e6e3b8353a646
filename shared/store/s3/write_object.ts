/**
 * Writing objects: small ones in one request, large ones in parts, with a condition or without. An object appears when
 * its last request is answered, whole.
 *
 * A request whose answer got lost is repeated, by the client and, on a connection used before, by the runtime's HTTP
 * silently: `write_outcome.ts` finds out the outcome then.
 * @module
 */
import { randomUUID } from "node:crypto";
import { backoffMs, deadline, sleep } from "@cugro/async";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { PreconditionFailed, type PutOptions } from "../store.ts";
import type { Connection } from "./connection.ts";
import { cut, inParts, type PartPool } from "./upload_parts.ts";
import { bareEtag, confirm, CONFLICTS, headWrite, settle, type Write, WRITE_ID } from "./write_outcome.ts";
import { codeOf } from "./s3_faults.ts";

/** Up to this size (bytes) known bytes go in one request; a request must be over before its timeout. */
const SINGLE_BYTES = 16 << 20;
/** Parts on their way at a time. */
const PARALLEL = 3;
/** How often a write is made again that met another one of the same key. */
const CONFLICT_RETRIES = 8;
/**
 * How often a write is made again that was denied: MinIO says so, too, when a folder went with its last object just as this one
 * was put into it.
 */
const DENIAL_RETRIES = 2;
const ABORT_TIMEOUT_MS = 5_000;
const REPEATED = [
  ...CONFLICTS,
  // MinIO says that the body was cut short, though it was not, when its disk fills up meanwhile; asked again, it says
  // what is wrong.
  "IncompleteBody",
  // Versity says so, too, when a folder went with its last object just as this one was put into it.
  "ExistingObjectIsDirectory",
];

/**
 * Writes bytes, whole or in parts.
 *
 * @param key without the store's prefix
 * @param options conditions of the write
 * @returns the etag
 */
export async function uploadBytes(
  connection: Connection,
  key: string,
  bytes: Uint8Array,
  options: PutOptions,
): Promise<string> {
  const write = toWrite(connection, key, options);
  if (bytes.length <= SINGLE_BYTES) return await putWhole(write, bytes);
  return await putInParts(write, cut(bytes), []);
}

/**
 * Writes a stream of pieces, whole or in parts. The source is let go of in any case.
 *
 * @param key without the store's prefix
 * @param options conditions of the write
 * @returns the etag
 */
export async function uploadStream(
  connection: Connection,
  key: string,
  pieces: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<string> {
  const write = toWrite(connection, key, options);
  const pool: PartPool = [];
  const parts = inParts(pieces, pool);
  try {
    const first = (await parts.next()).value as Uint8Array;
    const second = await parts.next();
    if (second.done) return await putWhole(write, first);
    return await putInParts(write, chain([first, second.value], parts), pool);
  } finally {
    await parts.return();
  }
}

function toWrite(connection: Connection, key: string, { ifNoneMatch, ifMatch }: PutOptions): Write {
  if (ifNoneMatch && ifMatch !== undefined) {
    throw new TypeError(`Cannot write ${key}: ifNoneMatch and ifMatch exclude each other`);
  }
  const same = ifMatch === undefined ? {} : { IfMatch: `"${ifMatch}"` };
  const condition = ifNoneMatch ? { IfNoneMatch: "*" } : same;
  const target = { Bucket: connection.bucket, Key: connection.nameOf(key) };
  return { connection, key, target, condition, id: randomUUID() };
}

async function putWhole(write: Write, bytes: Uint8Array): Promise<string> {
  const { connection, target, condition, id } = write;
  const command = () =>
    new PutObjectCommand({ ...target, ...condition, Body: bytes, Metadata: { [WRITE_ID]: id } });
  try {
    const { ETag } = await repeatConflicts(() => connection.request((client) => client.send(command())));
    return bareEtag(ETag);
  } catch (error) {
    return await settle(write, error);
  }
}

/**
 * Makes a write again that met another one.
 *
 * @param write made again after each conflict, after a random delay
 * @returns what the write gives
 * @throws {Error} other errors at once, and the last one when it has been repeated often enough
 */
export async function repeatConflicts<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 0;; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt === retriesOf(codeOf(error))) throw error;
      await sleep(Math.random() * backoffMs(attempt + 1, { firstMs: 50 }));
    }
  }
}

function retriesOf(code: string): number {
  if (code === "AccessDenied") return DENIAL_RETRIES;
  return REPEATED.includes(code) ? CONFLICT_RETRIES : 0;
}

async function putInParts(
  write: Write,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  pool: PartPool,
): Promise<string> {
  const { connection, key, target, condition, id } = write;
  // A refusal is known only at the end; what is there already need not be sent first.
  if (condition.IfNoneMatch && await headWrite(write)) throw new PreconditionFailed(key, "it exists already");
  const { UploadId } = await connection.request((client) =>
    client.send(new CreateMultipartUploadCommand({ ...target, Metadata: { [WRITE_ID]: id } }))
  );
  const unfinished = { ...target, UploadId };
  try {
    const Parts = await sendParts(write, unfinished, parts, pool);
    const complete = { ...unfinished, ...condition, MultipartUpload: { Parts } };
    const done = repeatConflicts(() =>
      connection.request((client) => client.send(new CompleteMultipartUploadCommand(complete)))
    );
    return await done.then(
      ({ ETag, $metadata }) => confirm(write, bareEtag(ETag), ($metadata.attempts ?? 1) > 1),
      (error) => settle(write, error),
    );
  } catch (error) {
    await abort(connection, unfinished);
    throw error;
  }
}

async function sendParts(
  { connection }: Write,
  unfinished: { Bucket: string; Key: string; UploadId: string | undefined },
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  pool: PartPool,
): Promise<CompletedPart[]> {
  let count = 0;
  const sent: CompletedPart[] = [];
  const onTheirWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const send = async (PartNumber: number, Body: Uint8Array) => {
    const command = new UploadPartCommand({ ...unfinished, PartNumber, Body });
    const { ETag } = await connection.request((client) => client.send(command));
    sent[PartNumber - 1] = { PartNumber, ETag };
    pool.push(Body);
  };
  try {
    for await (const part of parts) {
      const sending: Promise<void> = send(++count, part)
        .catch((error) => void failures.push(error)).finally(() => onTheirWay.delete(sending));
      onTheirWay.add(sending);
      if (onTheirWay.size === PARALLEL) await Promise.race(onTheirWay);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(onTheirWay);
  }
  if (failures.length > 0) throw failures[0];
  return sent;
}

/** Parts that cannot be removed now are removed by the store itself, after a day or two. */
async function abort(
  connection: Connection,
  unfinished: { Bucket: string; Key: string; UploadId: string | undefined },
): Promise<void> {
  const command = new AbortMultipartUploadCommand(unfinished);
  const send = (abortSignal: AbortSignal) =>
    connection.request((client) => client.send(command, { abortSignal }));
  await deadline(ABORT_TIMEOUT_MS, send).catch(() => {});
}

async function* chain(first: Uint8Array[], rest: AsyncIterable<Uint8Array>) {
  yield* first;
  yield* rest;
}
