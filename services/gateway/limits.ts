/**
 * How much and how fast: bodies that are too large or too slow, and too many requests.
 * @module
 */
import { deadline } from "@cugro/async";
import { IMPORT_MAX_BYTES } from "@cugro/process";
import { MAX_ACT_BYTES } from "@cugro/protocol";
import { Problem } from "./problem_details.ts";
import { QUOTAS, type Quotas } from "./quotas.ts";

/** What the gateway bears. */
export interface Limits {
  /** Largest JSON body, bytes. @default 1 MiB */
  jsonBytes: number;
  /** Largest body of a request to act, bytes. @default 16 MiB */
  actBytes: number;
  /** Largest dataset file, bytes. @default 16 GiB, which is what an import reads */
  uploadBytes: number;
  /** A body may start this late, in ms ... @default 10 s */
  bodyGraceMs: number;
  /** ... and must then come at this rate on average, so that nobody holds a connection with a trickle. @default 4 KiB/s */
  bodyBytesPerSecond: number;
  /** Requests of a token: the rate in the long run, and how many at once. @default 500/s, 1000 */
  requestsPerSecond: number;
  requestBurst: number;
  /** What a token may have, unless its entry says otherwise. */
  quotas: Quotas;
}

/** The limits of a gateway in service, unless its configuration says otherwise. */
export const DEFAULT_LIMITS: Limits = {
  jsonBytes: 1024 * 1024,
  actBytes: MAX_ACT_BYTES,
  uploadBytes: IMPORT_MAX_BYTES,
  bodyGraceMs: 10_000,
  bodyBytesPerSecond: 4 * 1024,
  requestsPerSecond: 500,
  requestBurst: 1000,
  quotas: QUOTAS,
};

/**
 * The quotas of a token.
 *
 * @param limits of the gateway
 * @param token an entry, which may have quotas of its own
 * @returns its own before those of the gateway
 */
export function quotasOf({ quotas }: { quotas?: Partial<Quotas> }, limits: Limits): Quotas {
  return { ...limits.quotas, ...quotas };
}

/** The bounds of one body. */
export type BodyBounds = Pick<Limits, "bodyGraceMs" | "bodyBytesPerSecond"> & { maxBytes: number };

/**
 * The pieces of a body, as they come.
 *
 * @param request whose body is read
 * @param bounds bytes, and bytes a second
 * @yields pieces as they come
 * @throws {Problem} 413 once it is larger than `maxBytes`, 408 once it is too slow, 400 if the sender goes away.
 */
export async function* boundedBody(request: Request, bounds: BodyBounds): AsyncGenerator<Uint8Array> {
  refuseDeclared(request, bounds.maxBytes);
  const reader = request.body?.getReader();
  if (!reader) return;
  const started = performance.now();
  let received = 0;
  let ended = false;
  try {
    while (true) {
      const allowed = bounds.bodyGraceMs + received / bounds.bodyBytesPerSecond * 1000;
      const { done, value } = await deadline(
        started + allowed - performance.now(),
        () => readPiece(reader),
        tooSlow,
      );
      if (done) break;
      received += value.length;
      if (received > bounds.maxBytes) throw tooLarge(bounds.maxBytes);
      yield value;
    }
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => {});
  }
}

/**
 * The whole body.
 *
 * @param request whose body is read
 * @param bounds bytes, and bytes a second
 * @returns all of it
 * @throws {Problem} as {@link boundedBody} does.
 */
export async function readBody(request: Request, bounds: BodyBounds): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of boundedBody(request, bounds)) pieces.push(piece);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

function refuseDeclared(request: Request, maxBytes: number): void {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): Problem {
  return new Problem(413, `The body may have at most ${maxBytes} bytes here`);
}

function tooSlow(): Problem {
  return new Problem(408, "The body came too slowly", { headers: { connection: "close" } });
}

async function readPiece(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch (cause) {
    throw new Problem(400, "The body ended before it was complete", { cause });
  }
}

/** Decides whether one more request of somebody is too many. */
export interface RateLimiter {
  /** Seconds to wait; 0: go ahead. */
  take(name: string): number;
}

/**
 * A token bucket for each name.
 *
 * @param options `burst` at once, refilled at `perSecond`; `now` in ms, of any steady clock
 * @returns `take` gives seconds to wait, 0 where there is room
 */
export function createRateLimiter(
  { perSecond, burst, now = () => performance.now() }: {
    perSecond: number;
    burst: number;
    now?: () => number;
  },
): RateLimiter {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(name) {
      const time = now();
      const { left, at } = buckets.get(name) ?? { left: burst, at: time };
      const full = Math.min(burst, left + (time - at) / 1000 * perSecond);
      const enough = full >= 1;
      buckets.set(name, { left: enough ? full - 1 : full, at: time });
      return enough ? 0 : (1 - full) / perSecond;
    },
  };
}

/**
 * The limiter of a gateway's tokens.
 *
 * @param limits of the gateway
 * @returns a bucket for each token
 */
export function rateOf({ requestsPerSecond, requestBurst }: Limits): RateLimiter {
  return createRateLimiter({ perSecond: requestsPerSecond, burst: requestBurst });
}
