/**
 * What a server is, whatever it runs on.
 * @module
 */

import type { Direct } from "./direct.ts";
import type { Upgrade } from "./upgrades.ts";

export type { Upgrade };

/** Answers a request. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** An application, and who takes some requests before it. */
export interface Mounted {
  fetch: FetchHandler;
  direct?: Direct;
  upgrade?: Upgrade;
}

/** A server that listens. */
export interface HttpServer {
  /** The port, also where a free one was asked for. */
  port: number;
  /** Takes no more connections, and waits for the requests under way, at most `graceMs` (by default 2 s). */
  close(graceMs?: number): Promise<void>;
}

/** Limits of connections, with or without a token. */
export interface ConnectionLimits {
  /** Connections at a time; one more costs the one that has been idle for the longest. @default 2000 */
  most: number;
  /** A request's line and headers must be complete after so long (ms), else 408. @default 10 s */
  headerMs: number;
  /** A connection without a request is closed after so long (ms); longer than balancers keep theirs. @default 75 s */
  idleMs: number;
  /** A client that takes nothing of its answer for this long (ms) loses its connection. @default 30 s */
  stallMs: number;
}

/** The limits of a process in service. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  most: 2_000,
  headerMs: 10_000,
  idleMs: 75_000,
  stallMs: 30_000,
};

/** Which applications listen where. */
export interface ListenOptions {
  host: string;
  /** 0: a free one. */
  port: number;
  fetch: FetchHandler;
  /** Who answers some requests in a shorter way, asked each time. @default none */
  direct?: () => Direct | undefined;
  /** Who takes connections that go on as WebSockets, asked each time. @default nobody */
  upgrade?: () => Upgrade | undefined;
  connections?: Partial<ConnectionLimits>;
}

/** Requests under way are waited for this long, unless said otherwise. */
export const GRACE_MS = 2_000;
