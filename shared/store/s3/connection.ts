/**
 * One client of one bucket: its options, its pool of connections, its keys, its faults in sentences.
 * @module
 */
import { S3Client } from "@aws-sdk/client-s3";
import { readFileSync } from "node:fs";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { checkKey } from "@cugro/protocol";
import { StoreError } from "../store.ts";
import { createSemaphore } from "@cugro/async";
import { explainS3Fault } from "./s3_faults.ts";

/** Where an S3 store is and how to get in. */
export interface S3Options {
  bucket: string;
  /** Everything lies under `<prefix>/`. @default the whole bucket */
  prefix?: string;
  /** `http://host:port` of MinIO or another S3. @default AWS */
  endpoint?: string;
  /** @default "us-east-1" */
  region?: string;
  /** With `secretKey`. @default what the AWS default chain finds (environment, profile, instance role) */
  accessKey?: string;
  secretKey?: string;
  /** File with the CA of the endpoint's certificate. @default those that the runtime trusts */
  caFile?: string;
  /** Make the bucket if there is none. @default false */
  createBucket?: boolean;
  /** A request that is not answered for this long has failed; it is made at most three times. @default 20 000 */
  timeoutMs?: number;
  /**
   * Whether to write at once, to see that the store obeys conditions. Otherwise it is only read at first, and looked
   * into just before the first conditional write.
   *
   * @default true
   */
  probe?: boolean;
  /** Whether it is used even if it takes writes without a secret; there is a warning in the log. @default false */
  unsafe?: boolean;
  /** Told once of each object whose name cannot be a key. */
  onStrangeKey?: (name: string) => void;
}

/** Beside objects: what no key can begin with, as `@` cannot be part of one. */
export const SERVICE_PREFIX = "@store/";
/** Connections at a time. More requests wait in line: the client's own queue counts as time without an answer. */
const CONNECTIONS = 48;
const CONNECT_TIMEOUT_MS = 5_000;
const ATTEMPTS = 3;

/** An open client of a bucket. */
export interface Connection {
  readonly bucket: string;
  /** `""` or a path that ends in a slash. */
  readonly prefix: string;
  /** The store in words, for messages. */
  readonly place: string;
  readonly timeoutMs: number;
  /** The CA of the server's certificate; undefined where the runtime knows it. */
  readonly ca: string | undefined;
  /** Runs a request when there is a connection for it; its body must be read in there. Faults are as S3 has them. */
  request<T>(call: (client: S3Client) => Promise<T>): Promise<T>;
  /** Name in the bucket of a key, which is checked. */
  nameOf(key: string): string;
  /**
   * The fault in a sentence.
   *
   * @param doing as in "writing jobs/x (12 bytes)"
   */
  explain(error: unknown, doing: string): unknown;
  readonly client: S3Client;
  close(): void;
}

/**
 * Makes the client; no request is made yet.
 *
 * @param options bucket, endpoint and credentials; a request without an answer ends after `timeoutMs` (20 s)
 * @returns a connection that lets a limited number of requests through at a time
 */
export function connect(options: S3Options): Connection {
  const { bucket, endpoint, timeoutMs = 20_000 } = options;
  const prefix = options.prefix ? `${checkKey(options.prefix)}/` : "";
  const place = `s3://${bucket}${prefix && `/${prefix.slice(0, -1)}`}${endpoint ? ` at ${endpoint}` : ""}`;
  const ca = options.caFile === undefined ? undefined : readAuthority(options.caFile);
  const client = createClient(options, timeoutMs, ca);
  const semaphore = createSemaphore(CONNECTIONS);
  let closed = false;
  return {
    bucket,
    prefix,
    ...{ place, timeoutMs, ca, client },
    request(call) {
      if (closed) return Promise.reject(new StoreError(`The store ${place} is closed`));
      return semaphore.run(() => call(client));
    },
    nameOf: (key) => prefix + checkKey(key),
    explain: (error, doing) => explainS3Fault(error, place, doing),
    close() {
      closed = true;
      client.destroy();
    },
  };
}

function readAuthority(path: string): string {
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new StoreError(`CUGRO_S3_CA_FILE names ${path}, which cannot be read: ${(error as Error).message}`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new StoreError(`CUGRO_S3_CA_FILE must name a PEM file with a certificate: there is none in ${path}`);
}

function createClient(options: S3Options, timeoutMs: number, ca: string | undefined): S3Client {
  const { endpoint, region = "us-east-1", accessKey, secretKey } = options;
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(accessKey === undefined || secretKey === undefined
      ? {}
      : { credentials: { accessKeyId: accessKey, secretAccessKey: secretKey } }),
    maxAttempts: ATTEMPTS,
    // Bodies are signed (over HTTP) or inside TLS. More checksums only keep other stores than AWS out.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // Without these a request to a hung server waits forever.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      ...(ca === undefined ? {} : { httpsAgent: { ca, keepAlive: true, maxSockets: CONNECTIONS } }),
    }),
  });
}
