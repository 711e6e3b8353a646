/**
 * How streams and consumers must be. Whoever makes them elsewhere (Kubernetes resources, say) is checked against
 * these.
 * @module
 */
import type { JobKind } from "@cugro/protocol";
import { consumerName, jobFilter, STREAMS } from "./subjects.ts";

/** A configuration as JetStream spells it; durations in ns. */
export type Configuration = Record<string, string | number | boolean | string[]>;

const SECOND_NS = 1e9;
const DAY_NS = 86_400 * SECOND_NS;

/**
 * The streams. JOBS is a set of job ids: one message a subject, and a subject has a message until its job is done.
 * EVENTS and INCOMING are journals that forget.
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
  { name: STREAMS.events, subjects: ["events.>"], retention: "limits", discard: "old", max_age: 7 * DAY_NS },
  { name: STREAMS.incoming, subjects: ["incoming.>"], retention: "limits", discard: "old", max_age: DAY_NS },
];

/** The durable pull consumer of a kind in JOBS. Attempts are counted in the store, so deliveries are not limited. */
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

/** `field is 1, must be 2` for each field that differs. The server leaves out what is 0, false or empty. */
export function compare(wanted: Configuration, found: Configuration): string[] {
  return Object.entries(wanted).flatMap(([field, value]) => {
    const actual = found[field] ??
      (typeof value === "number" ? 0 : typeof value === "boolean" ? false : undefined);
    const [is, must] = [JSON.stringify(actual ?? null), JSON.stringify(value)];
    return is === must ? [] : [`${field} is ${is}, must be ${must}`];
  });
}
