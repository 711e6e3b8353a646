/**
 * A client that acts at a steady pace whatever becomes of its requests, as a robot does, and notes what came of each.
 * @module
 */
import { steadyNow } from "../campaign/run_history.ts";

/** What came of a request. */
export interface Asked {
  /** When it was sent, in ms since 1970 by a steady clock. */
  at: number;
  /** How long the answer took. */
  ms: number;
  /** HTTP status; 0 where there was no answer at all, or none in time. */
  status: number;
  version: number;
  headAgeSeconds: number;
  stale: boolean;
}

/** Whom to ask for what. */
export interface ActingClientOptions {
  /** Of the learner, without `/act`. */
  url: string;
  token?: string;
  body: unknown;
  everyMs: number;
  /** No answer within this is none. */
  deadlineMs: number;
}

/** A client under way. */
export interface ActingClient {
  /** What came of the requests that have been answered. */
  asked(): readonly Asked[];
  /** Sends nothing more; resolves when everything is answered. */
  stop(): Promise<readonly Asked[]>;
}

/** Sends a request at each interval, until stopped. */
export function startActing(options: ActingClientOptions): ActingClient {
  const asked: Asked[] = [];
  const open = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const done = actOnce(options).then((one) => {
      asked.push(one);
      open.delete(done);
    });
    open.add(done);
  }, options.everyMs);
  return {
    asked: () => asked,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return asked;
    },
  };
}

/** One request. */
export async function actOnce(
  { url, token, body, deadlineMs }: Omit<ActingClientOptions, "everyMs">,
): Promise<Asked> {
  const at = steadyNow();
  const none = { status: 0, version: 0, headAgeSeconds: 0, stale: false };
  try {
    const answer = await fetch(`${url}/act`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deadlineMs),
    });
    await answer.body?.cancel();
    const { headers, status } = answer;
    const known = {
      version: Number(headers.get("cugro-version")),
      headAgeSeconds: Number(headers.get("cugro-head-age") ?? NaN),
      stale: headers.get("cugro-stale") === "true",
    };
    return { at, ms: steadyNow() - at, status, ...known };
  } catch {
    return { at, ms: steadyNow() - at, ...none };
  }
}
