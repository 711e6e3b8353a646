/**
 * Stands before MinIO, whose community builds take uploads with an unsigned trailer from anybody who knows an access
 * key's name (CVE-2026-41145, CVE-2026-40344): lets through only requests with which MinIO checks a signature.
 *
 * A connection carries one request: its head is read and judged, then bytes are passed on as they are. So nothing can hide
 * behind another request, an answer that comes early gets through, and it costs next to nothing. What may pass is listed,
 * not what may not: how a value is written, in a header or in the query, once or twice, does not matter; a head that two
 * readers could read differently is refused.
 * @module
 */
import { Buffer } from "node:buffer";
import { connect, createServer, type Socket } from "node:net";

/** Values of `x-amz-content-sha256` with which MinIO checks a signature. */
const SIGNED = /^(|[0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?)$/;
const BODY_HASH = "x-amz-content-sha256";
/** With it MinIO takes an upload for an archive and unpacks it. */
const UNPACK = "x-amz-meta-snowball-auto-extract";
const REQUEST_LINE = /^[A-Z]+ (\S+) HTTP\/1\.[01]$/;
const HEADER = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(.*?)[ \t]*$/;
const HEAD_BYTES = 64 << 10;
const HEAD_MS = 10_000;
/** A client that goes on sending after its answer is listened to for this long, so that it can read the answer. */
const LINGER_MS = 5_000;

/** A filter that runs. */
export interface Filter {
  url: string;
  close(): Promise<void>;
}

/**
 * Starts a filter on loopback before the server at `target`.
 *
 * @param port 0: a free one
 */
export async function startFilter(target: string, port = 0): Promise<Filter> {
  const { hostname, port: targetPort } = new URL(target);
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    return socket;
  };
  const linger = createLingerers();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    keep(client);
    const onward = () => keep(connect({ host: hostname, port: Number(targetPort), allowHalfOpen: true }));
    readHead(client, (head, rest) => {
      const judged = judge(head);
      if ("refused" in judged) refuse(client, judged.refused, linger.add);
      else pass({ client, server: onward(), linger: linger.add }, judged.head, rest);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: taken } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${taken}`,
    close: () =>
      new Promise((resolve) => {
        linger.close();
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Reads up to the empty line after the headers. Lines end as Go has it: the carriage return may be missing. */
function readHead(client: Socket, onHead: (head: string, rest: Uint8Array) => void): void {
  let read = new Uint8Array(0);
  let whole = false;
  const timer = setTimeout(() => client.destroy(), HEAD_MS);
  const stop = () => {
    clearTimeout(timer);
    client.off("data", onData);
  };
  const onData = (piece: Uint8Array) => {
    read = joined(read, piece);
    const text = Buffer.from(read.subarray(0, HEAD_BYTES)).toString("latin1");
    const end = /\r?\n\r?\n/.exec(text);
    if (end === null) {
      if (read.length < HEAD_BYTES) return;
      stop();
      return void client.destroy();
    }
    stop();
    whole = true;
    client.pause();
    onHead(text.slice(0, end.index), read.subarray(end.index + end[0].length));
  };
  client.on("data", onData);
  client.on("error", () => client.destroy());
  client.on("close", stop);
  // Who ends before the head is whole asks for nothing; nobody else would close a connection that is open on this side.
  client.on("end", () => {
    if (!whole) client.destroy();
  });
}

/** The head to pass on, which asks for one answer only; or why it may not pass. */
export function judge(head: string): { head: string } | { refused: string } {
  const [first = "", ...lines] = head.split(/\r?\n/);
  const [, target] = REQUEST_LINE.exec(first) ?? [];
  const headers = lines.map((line) => HEADER.exec(line));
  if (target === undefined || head.replaceAll("\r\n", "").includes("\r") || headers.includes(null)) {
    return { refused: "This request cannot be read in one way only" };
  }
  const named = headers.map((found) => [found![1]!, found![2]!] as const);
  const query = URL.canParse(target, "http://filter") ? new URL(target, "http://filter").searchParams : [];
  for (const [name, value] of [...named, ...query]) {
    const known = name.trim().toLowerCase();
    if (known === BODY_HASH && !SIGNED.test(value.trim())) {
      return { refused: `This server would take uploads with ${value} without a secret (CVE-2026-41145)` };
    }
    if (known === UNPACK) {
      return { refused: "This server would take archives to unpack without a secret (CVE-2026-40344)" };
    }
  }
  const kept = lines.filter((line) => !/^(proxy-)?connection:|^(keep-alive|upgrade):/i.test(line));
  return { head: [first, ...kept, "Connection: close", "", ""].join("\r\n") };
}

/** Connections whose answer has been sent, while their clients may read it; one clock for all. */
function createLingerers(): { add(client: Socket): void; close(): void } {
  const until = new Map<Socket, number>();
  const clock = setInterval(() => {
    for (const [client, end] of until) if (end <= performance.now()) client.destroy();
  }, LINGER_MS / 5);
  return {
    add(client) {
      until.set(client, performance.now() + LINGER_MS);
      client.on("close", () => until.delete(client));
    },
    close: () => clearInterval(clock),
  };
}

/** Passes a request on, and its answer back. */
function pass(
  { client, server, linger }: { client: Socket; server: Socket; linger: (client: Socket) => void },
  head: string,
  rest: Uint8Array,
): void {
  server.on("error", () => server.destroy());
  server.on("close", () => {
    if (!client.writableEnded) client.destroy();
  });
  client.on("close", () => server.destroy());
  server.write(Buffer.from(head, "latin1"));
  if (rest.length > 0) server.write(rest);
  client.pipe(server);
  server.on("data", (piece) => {
    if (!client.write(piece)) server.pause();
  });
  client.on("drain", () => server.resume());
  server.on("end", () => answerEnds(client, linger));
}

function answerEnds(client: Socket, linger: (client: Socket) => void): void {
  client.end();
  // What it still sends is for nobody.
  client.unpipe();
  client.resume();
  linger(client);
  client.on("end", () => client.destroySoon());
}

function refuse(client: Socket, why: string, linger: (client: Socket) => void): void {
  const body = bytes(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${
      escapeXml(why)
    }</Message></Error>`,
  );
  const head =
    `HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\n` +
    "Connection: close\r\n\r\n";
  client.write(bytes(head));
  client.write(body);
  answerEnds(client, linger);
}

const bytes = (text: string) => new TextEncoder().encode(text);
const escapeXml = (text: string) => text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
