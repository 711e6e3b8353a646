/**
 * Requests that are answered without the web's Request, Response and streams, which cost more than a short answer does.
 * Only those whose body is small and has come with the head; the handler may leave any of them to the ordinary way.
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";

/** Largest body, bytes. */
const MOST_BYTES = 64 * 1024;

/** A request as Node has read it. */
export interface DirectRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Uint8Array;
  /** Aborts when the client has gone. */
  signal: AbortSignal;
}

/** A whole answer. */
export interface DirectAnswer {
  status: number;
  /** Of this answer alone: its length is added. */
  headers: Record<string, string>;
  body: string;
}

/** Answers some requests, and must answer them as the ordinary way would. */
export interface Direct {
  /** Whether a request may be one of them, by its head. */
  wants(method: string, url: string): boolean;
  /** Undefined: the ordinary way answers, and nothing has been done. Never rejects. */
  answer(request: DirectRequest): Promise<DirectAnswer | undefined>;
}

/**
 * The body, if all of it is there; it is taken out of the request.
 *
 * @param incoming a request whose body nothing has read
 * @returns undefined if it is not all there yet, is chunked, or is too long; then nothing has been taken
 */
export async function bodyThere(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const { headers } = incoming;
  const length = Number(headers["content-length"]);
  if (headers["transfer-encoding"] !== undefined || !(length > 0 && length <= MOST_BYTES)) return undefined;
  // What came with the head is read after it: most often at once, else in this turn of the event loop.
  if (incoming.readableLength < length) await undefined;
  if (incoming.readableLength < length) await setImmediate();
  if (incoming.readableLength < length) return undefined;
  const bytes: Uint8Array | null = incoming.read(length);
  return bytes?.length === length ? bytes : undefined;
}

/** A header that came twice says something else each time: that is for the ordinary way to refuse. */
function hasDoubles({ headers, rawHeaders }: IncomingMessage): boolean {
  return 2 * Object.keys(headers).length < rawHeaders.length;
}

const encoder = new TextEncoder();

/**
 * Answers, if it can be done so.
 *
 * @param body the bytes of the request, read already
 * @param outgoing written only where the answer is true
 * @param signal aborted when the caller leaves
 * @returns whether it was
 */
export async function answerDirectly(
  direct: Direct,
  body: Uint8Array,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<boolean> {
  if (hasDoubles(incoming)) return false;
  // cast: of headers that came once, each has one value.
  const headers = incoming.headers as Record<string, string | undefined>;
  const answer = await direct.answer({ method: incoming.method!, url: incoming.url!, headers, body, signal });
  if (!answer) return false;
  const bytes = encoder.encode(answer.body);
  answer.headers["content-length"] = String(bytes.length);
  outgoing.writeHead(answer.status, answer.headers).end(bytes);
  return true;
}
