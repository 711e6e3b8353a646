/**
 * A fetch handler behind Node's HTTP server, for runtimes without one of their own. Bodies stream both ways; a client
 * that goes away aborts its request.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { waitAtMost } from "@cugro/async";
import { type FetchHandler, GRACE_MS, type HttpServer, type ListenOptions } from "./http_server.ts";

/** Starts listening. @throws {Error} with the system's code, e.g. EADDRINUSE */
export async function listenOnNode({ host, port, fetch }: ListenOptions): Promise<HttpServer> {
  const server = createServer((incoming, outgoing) => void answer(fetch, incoming, outgoing));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async (graceMs = GRACE_MS) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      if (await waitAtMost(graceMs, closed)) return;
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  fetch: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  try {
    const response = await fetch(toRequest(incoming, gone.signal));
    await write(response, incoming.method === "HEAD", outgoing);
  } catch (error) {
    // The client left, or a body broke half-way: there is nobody to tell more to.
    if (!outgoing.headersSent && !gone.signal.aborted) {
      outgoing.writeHead(500, { "content-type": "text/plain" }).end("Internal error");
    } else outgoing.destroy(error instanceof Error ? error : undefined);
  }
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) {
      headers.append(name, one);
    }
  }
  const method = incoming.method ?? "GET";
  const url = new URL(incoming.url ?? "/", `http://${safeHost(incoming.headers.host)}`);
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers, signal });
  // cast: Node's type of a web stream and the web's own are two, of the same thing.
  const body = Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>;
  return new Request(url, { method, headers, signal, body, duplex: "half" } as RequestInit);
}

/** A forged Host header must not break the parsing of the address. */
function safeHost(host: string | undefined): string {
  return host !== undefined && /^[A-Za-z0-9.:[\]_-]+$/.test(host) ? host : "localhost";
}

async function write(response: Response, headOnly: boolean, outgoing: ServerResponse): Promise<void> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of response.headers) {
    if (name !== "set-cookie") headers[name] = value;
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  outgoing.writeHead(response.status, headers);
  if (!response.body || headOnly) {
    await response.body?.cancel();
    return void outgoing.end();
  }
  // At once, so that a reader of a stream knows that it is open.
  outgoing.flushHeaders();
  const reader = response.body.getReader();
  outgoing.on("close", () => void reader.cancel().catch(() => {}));
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (!outgoing.write(read.value)) await drained(outgoing);
    if (outgoing.destroyed) return;
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
  });
}
