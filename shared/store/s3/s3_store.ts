/**
 * The store in a bucket of MinIO, AWS or any S3 that obeys conditional writes. An object is an object.
 * @module
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { checkKey } from "@cugro/protocol";
import { meterBody } from "../metered_body.ts";
import type {
  ObjectInfo,
  PutOptions,
  Store,
  StrangeObject,
  StreamedObject,
  StreamOptions,
} from "../store.ts";
import { connect, type Connection, type S3Options, SERVICE_PREFIX } from "./connection.ts";
import { refuseForgedWrites } from "./forged_writes.ts";
import { ensureBucket, probeConditions, probeReading } from "./probe.ts";
import { readBody } from "./read_body.ts";
import { isMissing, statusOf } from "./s3_faults.ts";
import { bareEtag } from "./write_outcome.ts";
import { uploadBytes, uploadStream } from "./write_object.ts";

/** Longest life of a signed URL that S3 allows: 7 days. */
const MAX_PRESIGN_SECONDS = 604_800;

/**
 * Opens a bucket as a store.
 * @param options `probe: false` tries only whether it can be read
 * @returns a store whose conditional writes have been tried
 * @throws {StoreError} where the bucket is not fit, saying why
 */
export async function openBucket(options: S3Options): Promise<Store> {
  const connection = connect(options);
  const { createBucket = false, probe = true, onStrangeKey } = options;
  try {
    if (createBucket) await ensureBucket(connection, options.region);
    // What the client says of a server that is away, or of wrong keys, says more: it comes first.
    const conditions = (probe ? probeConditions : probeReading)(connection);
    const tried = [conditions, refuseForgedWrites(connection, options)];
    for (const one of await Promise.allSettled(tried)) if (one.status === "rejected") throw one.reason;
  } catch (error) {
    connection.close();
    throw error;
  }
  return new S3Store(connection, probe, onStrangeKey);
}

/** A store on a connection. @param connection closed with it @returns a store of which nothing has been tried out */
export function storeOn(connection: Connection): Store {
  return new S3Store(connection, true);
}

class S3Store implements Store {
  readonly settles = false;
  #connection: Connection;
  /** That the store obeys conditions; undefined until it was looked into. */
  #probed: Promise<void> | undefined;
  #strange = new Set<string>();
  #onStrangeKey: ((name: string) => void) | undefined;

  constructor(connection: Connection, probed: boolean, onStrangeKey?: (name: string) => void) {
    this.#connection = connection;
    this.#probed = probed ? Promise.resolve() : undefined;
    this.#onStrangeKey = onStrangeKey;
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<{ etag: string }> {
    checkKey(key);
    try {
      await this.#beforeWrite(options);
      return { etag: await uploadBytes(this.#connection, key, bytes, options) };
    } catch (error) {
      throw this.#connection.explain(error, `writing ${key} (${bytes.length} bytes)`);
    }
  }

  async putStream(
    key: string,
    body: AsyncIterable<Uint8Array>,
    options: StreamOptions = {},
  ): Promise<StreamedObject> {
    checkKey(key);
    const metered = meterBody(key, body, options.maxBytes);
    try {
      await this.#beforeWrite(options);
      const etag = await uploadStream(this.#connection, key, metered.pieces(), options);
      return { etag, size: metered.size(), sha256: metered.sha256() };
    } catch (error) {
      if (metered.fault()) throw error;
      throw this.#connection.explain(error, `writing ${key} (${metered.size()} bytes so far)`);
    }
  }

  async get(key: string, options: { range?: [number, number] } = {}) {
    const { range } = options;
    const target = this.#target(key);
    const [start, end] = range ?? [0, 1];
    if (!(start >= 0 && end >= start)) throw new RangeError(`Cannot read bytes [${start}, ${end}) of ${key}`);
    if (start === end) return await this.#getNothing(key);
    const stop = new AbortController();
    const command = new GetObjectCommand({ ...target, ...(range && { Range: `bytes=${start}-${end - 1}` }) });
    try {
      return await this.#connection.request(async (client) => {
        const answer = await client.send(command, { abortSignal: stop.signal });
        const length = answer.ContentLength ?? 0;
        // cast: the SDK's type is that of every runtime; with a handler for Node it is a readable stream.
        const body = answer.Body as unknown as AsyncIterable<Uint8Array>;
        const bytes = await readBody(body, length, this.#connection.timeoutMs, stop);
        const size = Number(answer.ContentRange?.split("/")[1] ?? length);
        return { bytes, info: toInfo(key, size, answer.ETag, answer.LastModified) };
      });
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (statusOf(error) === 416) return await this.#getNothing(key);
      throw this.#connection.explain(error, `reading ${key}`);
    }
  }

  async head(key: string, { signal }: { signal?: AbortSignal } = {}): Promise<ObjectInfo | undefined> {
    const command = new HeadObjectCommand(this.#target(key));
    const options = signal ? { abortSignal: signal } : {};
    try {
      const found = await this.#connection.request((client) => client.send(command, options));
      return toInfo(key, found.ContentLength, found.ETag, found.LastModified);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#connection.explain(error, `reading ${key}`);
    }
  }

  async list(prefix: string, onStrange?: (object: StrangeObject) => void): Promise<ObjectInfo[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    if (folder !== "") checkKey(folder.slice(0, -1));
    const { bucket, prefix: base } = this.#connection;
    const infos: ObjectInfo[] = [];
    const command = { Bucket: bucket, Prefix: base + prefix };
    try {
      for (let next: string | undefined, more = true; more; more = next !== undefined) {
        const page = new ListObjectsV2Command({ ...command, ...(next && { ContinuationToken: next }) });
        const found = await this.#connection.request((client) => client.send(page));
        for (const { Key = "", Size, ETag, LastModified } of found.Contents ?? []) {
          const key = Key.slice(base.length);
          const info = toInfo(key, Size, ETag, LastModified);
          if (isKey(key)) infos.push(info);
          else if (!isUsual(key)) {
            onStrange?.({ name: key, size: info.size, lastModified: info.lastModified });
            this.#reportStrange(key);
          }
        }
        next = found.IsTruncated ? found.NextContinuationToken : undefined;
      }
    } catch (error) {
      throw this.#connection.explain(error, `listing ${prefix}`);
    }
    // By code units, as everywhere; S3 promises the order of bytes, and not in every kind of bucket.
    return infos.sort((a, b) => a.key < b.key ? -1 : 1);
  }

  async folders(prefix: string): Promise<string[]> {
    checkKey(prefix.slice(0, -1));
    const { bucket, prefix: base } = this.#connection;
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: base + prefix, Delimiter: "/" });
    try {
      const { CommonPrefixes = [] } = await this.#connection.request((client) => client.send(command));
      return CommonPrefixes.map(({ Prefix = "" }) => Prefix.slice(base.length + prefix.length, -1)).sort();
    } catch (error) {
      throw this.#connection.explain(error, `listing ${prefix}`);
    }
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand(this.#target(key));
    try {
      await this.#connection.request((client) => client.send(command));
    } catch (error) {
      if (isMissing(error)) return;
      throw this.#connection.explain(error, `removing ${key}`);
    }
  }

  async presign(key: string, seconds: number): Promise<string> {
    if (!(seconds >= 1 && seconds <= MAX_PRESIGN_SECONDS)) {
      throw new RangeError(
        `A URL lives for 1 to ${MAX_PRESIGN_SECONDS} seconds: current value is ${seconds}`,
      );
    }
    const command = new GetObjectCommand(this.#target(key));
    return await getSignedUrl(this.#connection.client, command, { expiresIn: Math.floor(seconds) });
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  #target(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#connection.bucket, Key: this.#connection.nameOf(key) };
  }

  async #beforeWrite({ ifNoneMatch, ifMatch }: PutOptions): Promise<void> {
    if (!ifNoneMatch && ifMatch === undefined) return;
    this.#probed ??= probeConditions(this.#connection);
    try {
      await this.#probed;
    } catch (error) {
      this.#probed = undefined;
      throw error;
    }
  }

  /** What an empty range holds. */
  async #getNothing(key: string) {
    const info = await this.head(key);
    return info && { bytes: new Uint8Array(0), info };
  }

  #reportStrange(key: string): void {
    if (this.#strange.has(key)) return;
    this.#strange.add(key);
    this.#onStrangeKey?.(key);
  }
}

function isKey(key: string): boolean {
  try {
    checkKey(key);
    return true;
  } catch {
    return false;
  }
}

/** What is no key and nobody's fault. Consoles make empty objects that end in a slash, to show them as folders. */
function isUsual(key: string): boolean {
  return key.startsWith(SERVICE_PREFIX) || key === "" || key.endsWith("/");
}

/** Times to the second: HEAD has no finer ones, and an object must look the same however it is found. */
function toInfo(key: string, size = 0, etag: string | undefined, time = new Date(0)): ObjectInfo {
  const lastModified = new Date(Math.floor(time.getTime() / 1000) * 1000).toISOString();
  return { key, size, etag: bareEtag(etag), lastModified };
}
