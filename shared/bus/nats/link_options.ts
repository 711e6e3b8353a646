/**
 * How a connection to NATS is made.
 * @module
 */
import type { Log } from "@cugro/telemetry";

/** How a service connects. */
export interface LinkOptions {
  /** `nats://host:port` or `tls://host:port`. */
  servers: readonly string[];
  /** Name of the service; its inboxes are `_INBOX_<name>.>`. */
  name: string;
  /** The nkey seed of the service's user, `SU...`. @default no login */
  seed?: string;
  /** Certificates (PEM) of who signed the servers' certificates. @default those of the system */
  ca?: string;
  /** A request is asked again for this long (ms). @default 15 s */
  patienceMs?: number;
  /** Aborted: the first connection is not waited for any longer. */
  signal?: AbortSignal;
  log: Log;
}
