/**
 * Writes that a store must refuse, as requests: what anybody can send who has seen a presigned URL.
 * @module
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** A URL that a secret was used for lives this long (seconds); nothing of its signature is used. */
export const PRESIGN_SECONDS = 300;
/** Name of the file in the archive; unpacked it lies below the name that the archive was sent to. */
export const ARCHIVED = "unpacked";
const UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const SIGNED_STREAM = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const WRONG = "0".repeat(64);
const TAR_BLOCK = 512;

/** What somebody knows who has seen a presigned URL, and nothing else. */
export interface Known {
  /** Of the object, without a query. */
  url: string;
  /** Name of the object in the bucket. */
  name: string;
  /** `<name of the access key>/<date>/<region>/s3/aws4_request`. */
  credential: string;
  date: string;
  /** Of temporary keys; it is no secret either. */
  token: string | null;
}

/** A request, but for its address. */
export interface Attempt {
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const BODY = bytes("probe");

/** Every way, by its name in the message. */
export const WAYS: Readonly<Record<string, (known: Known) => Attempt>> = {
  "without a signature": () => ({ body: BODY }),
  "with a wrong signature": (known) => ({
    headers: authorised(known, createHash("sha256").update(BODY).digest("hex")),
    body: BODY,
  }),
  "with a wrong signature in the URL": (known) => ({
    query: { ...named(known), "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" },
    body: BODY,
  }),
  "as a stream with wrong signatures": (known) => ({
    headers: { ...authorised(known, SIGNED_STREAM), ...chunkedHeaders(BODY) },
    body: bytes(`5;chunk-signature=${WRONG}\r\nprobe\r\n0;chunk-signature=${WRONG}\r\n\r\n`),
  }),
  "with an unsigned trailer and a wrong signature": (known) => ({
    headers: { ...authorised(known, UNSIGNED_TRAILER), ...trailerHeaders(BODY) },
    body: withTrailer(BODY),
  }),
  "with an unsigned trailer and nothing but the access key's name": (known) => ({
    query: named(known),
    headers: { "x-amz-content-sha256": UNSIGNED_TRAILER, ...trailerHeaders(BODY) },
    body: withTrailer(BODY),
  }),
  // MinIO unpacks such an archive before it has looked at any signature. It is sent as it is, in no chunks.
  "as an archive with an unsigned trailer": (known) => ({
    headers: {
      ...authorised(known, UNSIGNED_TRAILER),
      "x-amz-meta-snowball-auto-extract": "true",
      "x-amz-meta-minio-snowball-prefix": known.name,
    },
    body: tarOf(ARCHIVED, BODY),
  }),
};

const named = ({ credential, date, token }: Known): Record<string, string> => ({
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": credential,
  "X-Amz-Date": date,
  "X-Amz-Expires": String(PRESIGN_SECONDS),
  "X-Amz-SignedHeaders": "host",
  "X-Amz-Signature": WRONG,
  ...(token === null ? {} : { "X-Amz-Security-Token": token }),
});

const authorised = ({ credential, date, token }: Known, hash: string): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${credential}, ` +
    `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${WRONG}`,
  "x-amz-content-sha256": hash,
  "x-amz-date": date,
  ...(token === null ? {} : { "x-amz-security-token": token }),
});

const chunkedHeaders = (body: Uint8Array) => ({
  "content-encoding": "aws-chunked",
  "x-amz-decoded-content-length": String(body.length),
});

const trailerHeaders = (body: Uint8Array) => ({
  ...chunkedHeaders(body),
  "x-amz-trailer": "x-amz-checksum-crc32",
});

function withTrailer(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const checksum = new Uint8Array(4);
  new DataView(checksum.buffer).setUint32(0, crc32(body));
  const end = `\r\n0\r\nx-amz-checksum-crc32:${checksum.toBase64()}\r\n\r\n`;
  return joined(bytes(`${body.length.toString(16)}\r\n`), body, bytes(end));
}

/** A tar archive of one file. */
function tarOf(name: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(TAR_BLOCK);
  const write = (at: number, text: string) => head.set(bytes(text), at);
  write(0, name);
  write(100, "0000644\0");
  write(124, content.length.toString(8).padStart(11, "0"));
  write(136, "0".repeat(11));
  // The checksum counts itself as spaces.
  write(148, " ".repeat(8));
  write(156, "0");
  write(257, "ustar\0" + "00");
  write(148, `${head.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `);
  return joined(head, content, new Uint8Array(TAR_BLOCK - content.length), new Uint8Array(2 * TAR_BLOCK));
}

function joined(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
