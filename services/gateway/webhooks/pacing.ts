/**
 * How deliveries are made: times, pauses, and what is allowed.
 * @module
 */
import type { SendOptions } from "./send.ts";

/** How deliveries are made. */
export interface DeliveryOptions extends SendOptions {
  /** Pauses (ms) after the first, second ... failure; one failure more and the delivery is dead. */
  delaysMs: readonly number[];
  /** A claim whose outcome is not written lapses after this long (ms). */
  leaseMs: number;
  /** Facts are looked through this often (ms), whatever the bus says. */
  scanMs: number;
  /** Requests to one receiver at a time. */
  perWebhook: number;
}

const SECOND = 1_000, MINUTE = 60_000, HOUR = 3_600_000;
/** Nine attempts over 19 hours. */
export const DELIVERY_OPTIONS: DeliveryOptions = {
  privateAddresses: false,
  timeoutMs: 10 * SECOND,
  delaysMs: [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 10 * HOUR],
  leaseMs: 60 * SECOND,
  scanMs: 30 * SECOND,
  perWebhook: 4,
};
/** Old records are removed this often (ms). */
export const SWEEP_MS = HOUR;
/** After a fault of the store the next look is this late (ms). */
export const FAULT_PAUSE_MS = 5 * SECOND;
/** Requests to all receivers at a time. */
export const MAX_RUNNING = 64;
