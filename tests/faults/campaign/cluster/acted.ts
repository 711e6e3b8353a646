/**
 * What came of the requests to act during a run: all sent to an open policy must be answered, whatever is away.
 * @module
 */
import type { Asked } from "../../acting/acting_client.ts";
import { quantile } from "../figures.ts";

/** A time in ms since 1970. */
export interface Span {
  what: string;
  from: number;
  to: number;
}

/** Of some requests. Times in ms, of those that were answered. */
export interface ActedShare {
  sent: number;
  answered: number;
  p50: number;
  p99: number;
  longest: number;
  /** Greatest age (s) that an answer gave for what it knew of the head. */
  oldestHead: number;
}

/** Of a run: of all requests, and of those sent during each fault. */
export interface Acted {
  all: ActedShare;
  byFault: Record<string, ActedShare>;
}

/**
 * The figures of a run.
 *
 * @param gone when the process that acts was itself struck: it had no open policy then
 */
export function actedOf(asked: readonly Asked[], faults: readonly Span[], gone: readonly Span[]): Acted {
  const counted = asked.filter((one) => !gone.some((span) => overlaps(one, span)));
  const kinds = [...new Set(faults.map(({ what }) => what))].sort();
  const during = (kind: string) =>
    counted.filter((one) => faults.some((span) => span.what === kind && overlaps(one, span)));
  return {
    all: shareOf(counted),
    byFault: Object.fromEntries(kinds.map((kind) => [kind, shareOf(during(kind))])),
  };
}

/** Requests that were not answered, in a sentence each. */
export function unanswered(asked: readonly Asked[], gone: readonly Span[]): string[] {
  return asked.filter((one) => one.status !== 200 && !gone.some((span) => overlaps(one, span)))
    .map(({ at, ms, status }) => `sent at ${Math.round(at)}: status ${status} after ${Math.round(ms)} ms`);
}

function overlaps({ at, ms }: Asked, { from, to }: Span): boolean {
  return at + ms >= from && at <= to;
}

function shareOf(asked: readonly Asked[]): ActedShare {
  const answered = asked.filter(({ status }) => status === 200);
  const times = answered.map(({ ms }) => ms);
  const rounded = (share: number) => Math.round(10 * quantile(times, share)) / 10 || 0;
  return {
    sent: asked.length,
    answered: answered.length,
    p50: rounded(0.5),
    p99: rounded(0.99),
    longest: rounded(1),
    oldestHead: answered.reduce((most, { headAgeSeconds }) => Math.max(most, headAgeSeconds), 0),
  };
}

/** Of several runs; percentiles are those of the run in which they were worst. */
export function sumUp(runs: readonly Acted[]): Acted {
  const kinds = [...new Set(runs.flatMap(({ byFault }) => Object.keys(byFault)))].sort();
  const of = (kind: string) => runs.flatMap(({ byFault }) => byFault[kind] ?? []);
  return {
    all: worstOf(runs.map(({ all }) => all)),
    byFault: Object.fromEntries(kinds.map((kind) => [kind, worstOf(of(kind))])),
  };
}

function worstOf(shares: readonly ActedShare[]): ActedShare {
  const sum = (of: (share: ActedShare) => number) => shares.reduce((total, share) => total + of(share), 0);
  const most = (of: (share: ActedShare) => number) =>
    shares.reduce((worst, share) => Math.max(worst, of(share)), 0);
  return {
    sent: sum(({ sent }) => sent),
    answered: sum(({ answered }) => answered),
    p50: most(({ p50 }) => p50),
    p99: most(({ p99 }) => p99),
    longest: most(({ longest }) => longest),
    oldestHead: most(({ oldestHead }) => oldestHead),
  };
}
