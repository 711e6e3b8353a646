/**
 * How the bus over NATS is opened.
 * @module
 */
import type { Log } from "@cugro/telemetry";
import type { StreamsMode } from "./streams.ts";

/** How `openNatsBus()` connects. */
export interface NatsBusOptions {
  /** `nats://host:port` or `tls://host:port`. */
  servers: readonly string[];
  /** Name of the service; its inboxes are `_INBOX_<name>.>`. */
  name: string;
  /** The nkey seed itself, `SU...`. @default no login */
  seed?: string;
  /** Certificates (PEM text) of who signed the servers' certificates. @default those of the system */
  ca?: string;
  /** Make streams and consumers, or check those that are there. @default "create" */
  streams?: StreamsMode;
  /** @default 30 s */
  ackWaitMs?: number;
  /** Requests lost in an outage are retried for this long (ms), then rejected. @default 15 s */
  patienceMs?: number;
  /** Aborted: no longer waits for a server that is not there yet. @default waits without end */
  signal?: AbortSignal;
  log?: Log;
}
