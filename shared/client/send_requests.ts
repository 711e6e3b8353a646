/**
 * Requests of the client: the token, faults as errors, patience when the gateway asks for it.
 * @module
 */
import { sleep } from "@cugro/async";
import type { FieldFault, ProblemDetails } from "./schemas/problem_details_schema.ts";

/** Why, for the record. */
export interface Reason {
  reason?: string;
}

/** The path of what belongs to a learner. */
export type PathOf = (name: string, rest?: string) => string;

/** How to reach a gateway. */
export interface ClientOptions {
  /** E.g. `https://cugro.example.org`. */
  url: string;
  token: string;
  /** What sends requests. @default the runtime's */
  fetch?: typeof fetch;
  /** How often a request is sent again that the gateway was too busy for (429, 503). @default 3 */
  retries?: number;
}

/** The gateway refused; `detail` says why, `errors` which fields. */
export class GatewayError extends Error {
  override name = "GatewayError";
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly errors: readonly FieldFault[],
    /** The log of the gateway has it too. */
    readonly requestId: string | undefined,
  ) {
    super(detail);
  }
}

/** A body and its type; nothing else is sent with a request. */
export interface Sent {
  body?: BodyInit;
  type?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends requests. */
export interface Requester {
  /** @throws {GatewayError} for an answer that is no 2xx, and no 304 to a request that asked for what is new. */
  send(method: string, path: string, sent?: Sent): Promise<Response>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  /** The address of a path of the gateway. */
  url(path: string): string;
}

/**
 * Makes the sender of requests: with the token, and again after a failure that passes.
 *
 * @param options address, token, retries, `fetch`
 * @returns sends a request, and reads its answer
 */
export function createRequester({ url, token, retries = 3, ...options }: ClientOptions): Requester {
  const ask = options.fetch ?? fetch;
  const base = url.replace(/\/+$/, "");
  const once = (method: string, path: string, { body, type, headers, signal }: Sent) =>
    ask(base + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(type === undefined ? {} : { "content-type": type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body, duplex: "half" }),
      ...(signal === undefined ? {} : { signal }),
    } as RequestInit);
  const send: Requester["send"] = async (method, path, sent = {}) => {
    refuseUnsendable(token);
    for (let left = retries;; left--) {
      const response = await once(method, path, sent);
      if (response.ok || (response.status === 304 && sent.headers?.["if-none-match"])) return response;
      const wait = waitOf(response, sent);
      if (left <= 0 || wait === undefined) throw await errorOf(response);
      await response.body?.cancel();
      await sleep(wait, sent.signal);
    }
  };
  const sendJson = async (method: string, path: string, body: unknown) =>
    await (await send(method, path, { body: JSON.stringify(body), type: "application/json" })).json();
  return {
    send,
    get: async (path) => await (await send("GET", path)).json(),
    post: (path, body) => sendJson("POST", path, body),
    patch: (path, body) => sendJson("PATCH", path, body),
    url: (path) => base + path,
  };
}

/** What `fetch` says of a header that cannot be sent has its value in it, and this one is a secret. */
function refuseUnsendable(token: string): void {
  if (/^[!-~]*$/.test(token.trim())) return;
  throw new TypeError("token must be one word of plain letters, as it was issued");
}

/** How long (ms) to wait before asking again; undefined: it would not help, or the body is used up. */
function waitOf({ status, headers }: Response, { body }: Sent): number | undefined {
  const isSpent = body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array);
  const after = Number(headers.get("retry-after"));
  if (isSpent || !(status === 429 || status === 503) || !(after > 0)) return undefined;
  return Math.min(after, 30) * 1000;
}

async function errorOf(response: Response): Promise<GatewayError> {
  const text = await response.text();
  const requestId = response.headers.get("x-request-id") ?? undefined;
  let problem: Partial<ProblemDetails> = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // Not from the gateway itself: a proxy, say.
  }
  const detail = problem.detail ?? `${response.status} ${response.statusText}: ${text.slice(0, 200)}`;
  return new GatewayError(response.status, detail, problem.errors ?? [], requestId);
}
