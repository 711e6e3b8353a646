/**
 * What a server is, whatever it runs on.
 * @module
 */

/** Answers a request. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** A server that listens. */
export interface HttpServer {
  /** The port, also where a free one was asked for. */
  port: number;
  /**
   * Takes no more requests, and waits for those under way, at most `graceMs` (by default 2 s). Under Deno requests are
   * taken as long as the body of one is coming in.
   */
  close(graceMs?: number): Promise<void>;
}

/** What is to listen where. */
export interface ListenOptions {
  host: string;
  /** 0: a free one. */
  port: number;
  fetch: FetchHandler;
}

/** Requests under way are waited for this long, unless said otherwise. */
export const GRACE_MS = 2_000;
