/**
 * What Node has read of a request, as the web's Request.
 * @module
 */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/**
 * A request of Node as one of the web.
 *
 * @param incoming the request
 * @param signal aborted when the caller leaves
 * @param read the bytes of the body, where it has been read already
 * @returns undefined where method, headers or target cannot be those of a web request
 */
export function toRequest(
  incoming: IncomingMessage,
  signal: AbortSignal,
  read: Uint8Array | undefined,
): Request | undefined {
  const headers = headersOf(incoming);
  const method = incoming.method ?? "GET";
  const base = `http://${safeHost(incoming.headers.host)}`;
  // Never another host's, as `//host/path` would be.
  const target = base + (incoming.url ?? "/");
  if (!headers || !incoming.url?.startsWith("/") || !URL.canParse(target)) return undefined;
  if (method === "GET" || method === "HEAD") return new Request(target, { method, headers, signal });
  if (read) return new Request(target, { method, headers, signal, body: new Uint8Array(read) });
  // cast: Node's type of a web stream and the web's own are two, of the same thing.
  const body = Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>;
  return new Request(target, { method, headers, signal, body, duplex: "half" } as RequestInit);
}

/** As they came: Node's own list drops the second of two `Authorization`, which then would not show. */
function headersOf({ rawHeaders }: IncomingMessage): Headers | undefined {
  const headers = new Headers();
  try {
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      headers.append(rawHeaders[index]!, rawHeaders[index + 1]!);
    }
    return headers;
  } catch {
    return undefined;
  }
}

/** A forged Host header must not break the parsing of the address. */
function safeHost(host: string | undefined): string {
  return host !== undefined && /^[A-Za-z0-9.:[\]_-]+$/.test(host) ? host : "localhost";
}

/**
 * Whether a body comes with it.
 *
 * @param incoming the request
 * @returns by its headers alone: chunked, or with a length above 0
 */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
