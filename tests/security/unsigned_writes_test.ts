/**
 * Writing into a bucket without a secret, as somebody who has seen a presigned URL would try it: the first test shows that
 * these attacks succeed where nothing is done against them.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "node:net";
import process from "node:process";
import { crc32 } from "node:zlib";
import { openS3Store, type S3Options, type Store, StoreError } from "@cugro/store";
import { startUnprotectedMinio } from "../../scripts/cluster/object_store/minio.ts";
import { S3_ROOT, S3_SERVERS } from "../fakes/s3_servers.ts";

const HEAD = "learners/mine/head.json";
const TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const CHECKSUM = new Uint8Array(Uint32Array.of(crc32("forged")).buffer).reverse().toBase64();
const TRAILED = `6\r\nforged\r\n0\r\nx-amz-checksum-crc32:${CHECKSUM}\r\n\r\n`;
const WRONG = "0".repeat(64);
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (found: { bytes: Uint8Array } | undefined) => found && new TextDecoder().decode(found.bytes);

/** Whole requests that replace the head by "forged". All that they take is the access key's name. */
function attacks(url: string): Record<string, string> {
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const credential = `${S3_ROOT.accessKey}/${now.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(credential)}` +
    `&X-Amz-Date=${now}&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature=${WRONG}`;
  const put = (body: string, query: string, ...headers: string[]) =>
    [
      `PUT /attacked/${HEAD}?${query} HTTP/1.1`,
      `Host: ${new URL(url).host}`,
      ...headers,
      ...["Connection: close", `Content-Length: ${body.length}`, "", body],
    ].join("\r\n");
  const chunked = ["X-Amz-Decoded-Content-Length: 6", "Content-Encoding: aws-chunked"];
  const trailed = [...chunked, "X-Amz-Trailer: x-amz-checksum-crc32"];
  const byName = (...headers: string[]) => put(TRAILED, query, ...headers, ...trailed);
  const wrongly = (hash: string, body: string, ...more: string[]) =>
    put(
      ...[body, "", `X-Amz-Content-Sha256: ${hash}`, `X-Amz-Date: ${now}`] as const,
      `Authorization: AWS4-HMAC-SHA256 Credential=${credential}, ` +
        `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${WRONG}`,
      ...more,
    );
  const known = byName(`X-Amz-Content-Sha256: ${TRAILER}`);
  return {
    "the name": known,
    "the name, in odd letters": byName(`x-AMZ-content-sha256:\t ${TRAILER} `),
    "the name, behind another request": `GET /minio/health/ready HTTP/1.1\r\nHost: here\r\n\r\n${known}`,
    "the name, after another value": byName(
      "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD",
      `X-Amz-Content-Sha256: ${TRAILER}`,
    ),
    "the name, before another value": byName(
      `X-Amz-Content-Sha256: ${TRAILER}`,
      "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD",
    ),
    "the name, over two lines": byName("X-Amz-Content-Sha256:", ` ${TRAILER}`),
    "the name, after a bare line feed": byName(`A: b\nX-Amz-Content-Sha256: ${TRAILER}`),
    "the name, after a bare carriage return": byName(`A: b\rX-Amz-Content-Sha256: ${TRAILER}`),
    "the name, before a space": byName(`X-Amz-Content-Sha256 : ${TRAILER}`),
    "the name, in small letters": byName(`X-Amz-Content-Sha256: ${TRAILER.toLowerCase()}`),
    "the name, all in the query": put(
      TRAILED,
      `${query}&X-Amz-Content-Sha256=${TRAILER}`,
      ...trailed,
    ),
    "a wrong signature": wrongly(TRAILER, TRAILED, ...trailed),
    "a wrong signature of no body": wrongly("UNSIGNED-PAYLOAD", "forged"),
    "a wrong signature of a stream": wrongly(
      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      `6;chunk-signature=${WRONG}\r\nforged\r\n0;chunk-signature=${WRONG}\r\n\r\n`,
      ...chunked,
    ),
    "no signature": put("forged", ""),
  };
}

/** Sends a request as it is, and waits until the server hangs up. */
function send(url: string, request: string): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("data", () => {});
    socket.on("error", () => resolve());
    socket.on("close", () => resolve());
  });
}

/** Names of the attacks after which the head is another. */
async function succeeding(url: string, store: Store): Promise<string[]> {
  const won: string[] = [];
  for (const [name, request] of Object.entries(attacks(url))) {
    await store.put(HEAD, bytes("true"));
    await send(url, request);
    if (text(await store.get(HEAD)) !== "true") won.push(name);
  }
  return won;
}

const optionsOf = (endpoint: string): S3Options => ({
  bucket: "attacked",
  endpoint,
  createBucket: true,
  ...S3_ROOT,
});

Deno.test("MinIO as it comes takes a head from anybody who knows an access key's name; the store does not use it", async () => {
  const folder = await Deno.makeTempDir();
  const minio = await startUnprotectedMinio({ folder });
  const options = optionsOf(minio.url);
  const { message } = await assertRejects(() => openS3Store(options), StoreError, "cannot be used");
  for (
    const part of [
      minio.url,
      "nothing but the access key's name",
      "as an archive",
      "pgsty/silo",
      "CUGRO_S3_UNSAFE=allow",
    ]
  ) {
    assertStringIncludes(message, part);
  }
  await assertRejects(() => openS3Store({ ...options, probe: false }), StoreError, "cannot be used");
  const warnings: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = ((line: string) => warnings.push(line) > 0) as typeof write;
  const store = await openS3Store({ ...options, unsafe: true }).finally(() => process.stderr.write = write);
  assertEquals(warnings.map((line) => JSON.parse(line)).map(({ level, store }) => [level, store]), [
    ["warn", `s3://attacked at ${minio.url}`],
  ]);
  // What the attempts wrote is gone again.
  const names = await Array.fromAsync(Deno.readDir(`${folder}/attacked`), ({ name }) => name);
  assertEquals(names.filter((name) => name.startsWith("@")), []);
  const won = await succeeding(minio.url, store);
  for (const name of ["the name", "the name, in odd letters", "the name, behind another request"]) {
    assert(won.includes(name), `${name}: ${won}`);
  }
  assert(!won.includes("no signature"));
  await store.close();
  await minio.stop();
  await Deno.remove(folder, { recursive: true });
});

for (const { name, start } of S3_SERVERS) {
  Deno.test(`${name} as this machine's clusters have it lets nothing in without a secret`, async () => {
    const folder = await Deno.makeTempDir();
    const server = await start({ folder });
    const store = await openS3Store(optionsOf(server.url));
    assertEquals(await succeeding(server.url, store), []);
    await store.close();
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  });
}
