/**
 * How streams and consumers must be. What makes them elsewhere (Kubernetes resources, say) is checked against
 * these.
 * @module
 */
import type { JobKind } from "@cugro/protocol";
import { consumerName, jobFilter, STREAMS } from "./subjects.ts";

/** A configuration as JetStream spells it; durations in ns. */
export type Configuration = Record<string, string | number | boolean | string[]>;

const SECOND_NS = 1e9;
const DAY_NS = 86_400 * SECOND_NS;
const MIB = 1024 ** 2;

/**
 * The streams. JOBS is a set of job ids: one message a subject, and a subject has a message until its job is done.
 * EVENTS and INCOMING are journals that forget: what they hold is bounded, so that jobs always find room.
 *
 * The server sets a stream's `max_bytes` aside of what it may store (`max_file_store`): all of them together must fit.
 */
export const STREAM_CONFIGURATIONS: readonly Configuration[] = [
  {
    name: STREAMS.jobs,
    subjects: ["jobs.>"],
    retention: "workqueue",
    discard: "new",
    max_msgs_per_subject: 1,
    discard_new_per_subject: true,
    max_age: 0,
  },
  {
    name: STREAMS.events,
    subjects: ["events.>"],
    retention: "limits",
    discard: "old",
    max_age: 7 * DAY_NS,
    max_bytes: 1024 * MIB,
  },
  {
    name: STREAMS.incoming,
    subjects: ["incoming.>"],
    retention: "limits",
    discard: "old",
    max_age: DAY_NS,
    max_bytes: 128 * MIB,
  },
];

/** Limits of a stream: they can be changed under a stream that is in use. */
const LIMITS: ReadonlySet<string> = new Set(["max_age", "max_bytes"]);

/**
 * The durable pull consumer of a kind in JOBS. Attempts are counted in the store, so deliveries are not limited.
 *
 * @param kind of its jobs
 * @param ackWaitMs time without a sign of life
 * @returns fields as JetStream names them; times in ns
 */
export function consumerConfiguration(kind: JobKind, ackWaitMs: number): Configuration {
  return {
    durable_name: consumerName(kind),
    filter_subject: jobFilter(kind),
    deliver_policy: "all",
    ack_policy: "explicit",
    ack_wait: Math.round(ackWaitMs * 1e6),
    max_deliver: -1,
    max_ack_pending: -1,
  };
}

/**
 * Whether nothing differs but limits.
 *
 * @param wanted fields as this software makes them
 * @param found fields as the server has them
 * @returns false also where nothing differs
 */
export function differsInLimits(wanted: Configuration, found: Configuration): boolean {
  const same = Object.fromEntries(Object.entries(wanted).filter(([field]) => !LIMITS.has(field)));
  return compare(same, found).length === 0 && compare(wanted, found).length > 0;
}

/**
 * `field is 1, must be 2` for each field that differs. The server leaves out what is 0, false or empty.
 *
 * @param wanted fields as this software makes them; others are not compared
 * @param found fields as the server has them
 * @returns empty where all are as wanted
 */
export function compare(wanted: Configuration, found: Configuration): string[] {
  return Object.entries(wanted).flatMap(([field, value]) => {
    const actual = found[field] ??
      (typeof value === "number" ? 0 : typeof value === "boolean" ? false : undefined);
    const [is, must] = [JSON.stringify(actual ?? null), JSON.stringify(value)];
    return is === must ? [] : [`${field} is ${is}, must be ${must}`];
  });
}
