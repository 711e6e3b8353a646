/**
 * One request to one receiver: to the address that was checked, with a limit on time and answer, and no redirects.
 * @module
 */
import { deadline } from "@cugro/async";
import type { CloudEvent, DeliveryAttempt } from "@cugro/protocol";
import { request as requestHttp } from "node:http";
import { request as requestHttps, type RequestOptions } from "node:https";
import { isIP } from "node:net";
import { type AddressPolicy, ForbiddenTarget, resolveTarget, type Target } from "./receiver_address.ts";
import { signatureHeaders } from "./signature.ts";

/** How receivers are asked. */
export interface SendOptions extends AddressPolicy {
  /** Resolving, connecting and answering, all in all. @default 10 s */
  timeoutMs: number;
  /** PEM of who signed the receivers' certificates. @default those of the system */
  ca?: string;
}

/** The outcome. `final`: there is no use in trying again. `retryAfterMs`: the receiver's wish. */
export interface Sent {
  attempt: DeliveryAttempt;
  delivered: boolean;
  final: boolean;
  retryAfterMs: number;
}

/** An event, and where it goes. */
export interface OutgoingEvent {
  url: string;
  secret: string;
  /** Stable over all attempts. */
  id: string;
  event: CloudEvent;
}

/** Of an answer's body so much is read, to let the receiver finish. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Sends; never throws.
 *
 * @param outgoing event, address and secret
 * @param options limits, and which addresses are allowed
 * @returns status or error, and how long it took
 */
export async function send(outgoing: OutgoingEvent, options: SendOptions): Promise<Sent> {
  const at = new Date().toISOString();
  const started = performance.now();
  const end = (status: number | null, error: string | null, more: Partial<Sent> = {}): Sent => ({
    attempt: { at, milliseconds: Math.round(performance.now() - started), status, error },
    ...{ delivered: error === null, final: false, retryAfterMs: 0, ...more },
  });
  try {
    const late = () => new Error(`no answer within ${options.timeoutMs / 1000} s`);
    const { status, retryAfter } = await deadline(options.timeoutMs, async (signal) => {
      return await post(await resolveTarget(outgoing.url, options), outgoing, options, signal);
    }, late);
    if (status >= 200 && status < 300) return end(status, null);
    const reason = status >= 300 && status < 400
      ? "redirects are not followed"
      : `the receiver answered ${status}`;
    return end(status, reason, { final: status === 410, retryAfterMs: readRetryAfter(retryAfter) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return end(null, message.slice(0, 500), { final: error instanceof ForbiddenTarget });
  }
}

function requestOptions(
  { url, address }: Target,
  outgoing: OutgoingEvent,
  body: string,
  ca: string | undefined,
): RequestOptions {
  const named = isIP(url.hostname.replace(/^\[|\]$/g, "")) === 0;
  const secure = url.protocol === "https:";
  const { secret, id, event } = outgoing;
  return {
    method: "POST",
    // The address that was checked, and not the name: it may stand for another by now.
    host: address,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    agent: false,
    headers: {
      host: url.host,
      "content-type": "application/cloudevents+json; charset=utf-8",
      "content-length": String(new TextEncoder().encode(body).length),
      "user-agent": "cugro-webhooks/1",
      ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
      ...signatureHeaders({ secret, id, body, now: Date.now() }),
    },
    // The certificate must be the name's.
    ...(secure && named ? { servername: url.hostname } : {}),
    ...(secure && ca !== undefined ? { ca } : {}),
  };
}

function post(
  target: Target,
  outgoing: OutgoingEvent,
  { ca }: SendOptions,
  signal: AbortSignal,
): Promise<{ status: number; retryAfter: string | undefined }> {
  const body = JSON.stringify(outgoing.event);
  const ask = target.url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = ask(requestOptions(target, outgoing, body, ca), (answer) => {
      let read = 0;
      const done = () => {
        resolve({ status: answer.statusCode ?? 0, retryAfter: answer.headers["retry-after"] });
        request.destroy();
      };
      answer.on("data", (piece: Uint8Array) => {
        read += piece.length;
        if (read > MAX_ANSWER_BYTES) done();
      });
      answer.on("end", done);
      answer.on("error", reject);
    });
    request.on("error", reject);
    // Nothing is begun for whom it is too late.
    if (signal.aborted) return void request.destroy();
    signal.addEventListener("abort", () => request.destroy(), { once: true });
    request.end(body);
  });
}

/** Seconds or a date; at most a day. */
function readRetryAfter(text: string | undefined): number {
  if (text === undefined) return 0;
  const milliseconds = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - Date.now();
  return Number.isFinite(milliseconds) ? Math.min(Math.max(milliseconds, 0), 86_400_000) : 0;
}
