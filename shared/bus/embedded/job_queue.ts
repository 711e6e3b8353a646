/**
 * The embedded queue: a map by job id in the parent's memory, with the semantics of a work queue: one message a job,
 * deliveries that must be acked, redelivery when a worker falls silent or dies.
 * @module
 */
import { backoffMs } from "@cugro/async";
import type { JobKind } from "@cugro/protocol";
import { ACK_WAIT_MS, type JobMessage } from "../bus.ts";

/** One hand-out of a message. The token stands for it in `working`, `ack` and `nak`. */
export interface Handout {
  token: number;
  message: JobMessage;
  deliveries: number;
}

interface Entry {
  message: JobMessage;
  deliveries: number;
  /** Not before this time (ms). */
  readyAt: number;
  holder?: { token: number; owner: object; deadline: number };
}

interface Waiter {
  kinds: readonly JobKind[];
  owner: object;
  resolve(handout: Handout | undefined): void;
}

const LONGEST_DELAY_MS = 30_000;

/** A work queue in memory: one message a job, redelivered until it is acked. All times are of a monotonic clock, in ms. */
export class JobQueue {
  // A map keeps the order of insertion: within a kind, first come, first served.
  #entries = new Map<string, Entry>();
  #jobOfToken = new Map<number, string>();
  #waiters = new Set<Waiter>();
  #tokens = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(readonly ackWaitMs: number = ACK_WAIT_MS) {}

  submit(message: JobMessage): "queued" | "present" {
    if (this.#entries.has(message.jobId)) return "present";
    this.#entries.set(message.jobId, { message, deliveries: 0, readyAt: 0 });
    this.#dispatch();
    return "queued";
  }

  /** The next message of these kinds, for `owner` to hold (see {@link JobQueue.release}). */
  fetch(kinds: readonly JobKind[], owner: object, signal: AbortSignal): Promise<Handout | undefined> {
    if (signal.aborted || this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const stop = () => waiter.resolve(undefined);
      const waiter: Waiter = {
        kinds,
        owner,
        resolve: (handout) => {
          this.#waiters.delete(waiter);
          signal.removeEventListener("abort", stop);
          resolve(handout);
        },
      };
      signal.addEventListener("abort", stop);
      this.#waiters.add(waiter);
      this.#dispatch();
    });
  }

  working(token: number): void {
    const holder = this.#held(token)?.holder;
    if (holder) holder.deadline = performance.now() + this.ackWaitMs;
  }

  /** Removes the message. A late ack, after a redelivery, counts too: the job is done. */
  ack(token: number): void {
    const jobId = this.#jobOfToken.get(token);
    if (jobId === undefined) return;
    this.#entries.delete(jobId);
    for (const [other, id] of this.#jobOfToken) if (id === jobId) this.#jobOfToken.delete(other);
  }

  /** No effect once the message has been given to somebody else. */
  nak(token: number, delayMs: number): void {
    const entry = this.#held(token);
    if (!entry) return;
    free(entry, performance.now() + delayMs);
    this.#dispatch();
  }

  /** The owner is dead: what it held goes to others. The ids of those jobs. */
  release(owner: object): string[] {
    const held = [...this.#entries.values()].filter((entry) => entry.holder?.owner === owner);
    for (const entry of held) {
      free(entry, performance.now() + delayAfterDeath(entry.deliveries));
      // To the end of the line: if it is the job that kills, others get their turn first.
      this.#entries.delete(entry.message.jobId);
      this.#entries.set(entry.message.jobId, entry);
    }
    for (const waiter of this.#waiters) if (waiter.owner === owner) waiter.resolve(undefined);
    this.#dispatch();
    return held.map((entry) => entry.message.jobId);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const waiter of this.#waiters) waiter.resolve(undefined);
  }

  #held(token: number): Entry | undefined {
    const entry = this.#entries.get(this.#jobOfToken.get(token) ?? "");
    return entry?.holder?.token === token ? entry : undefined;
  }

  #handOut(entry: Entry, owner: object, now: number): Handout {
    const token = ++this.#tokens;
    entry.deliveries++;
    entry.holder = { token, owner, deadline: now + this.ackWaitMs };
    this.#jobOfToken.set(token, entry.message.jobId);
    return { token, message: entry.message, deliveries: entry.deliveries };
  }

  #dispatch(): void {
    const now = performance.now();
    for (const entry of this.#entries.values()) {
      if (entry.holder && entry.holder.deadline <= now) free(entry, now);
    }
    for (const waiter of this.#waiters) {
      const entry = nextOf(this.#entries.values(), waiter.kinds, now);
      if (entry) waiter.resolve(this.#handOut(entry, waiter.owner, now));
    }
    clearTimeout(this.#timer);
    const next = nextChange(this.#entries.values(), now);
    if (next < Infinity && !this.#closed) {
      this.#timer = setTimeout(() => this.#dispatch(), Math.max(1, next - now));
    }
  }
}

function free(entry: Entry, readyAt: number): void {
  delete entry.holder;
  entry.readyAt = readyAt;
}

/** At once after the first death; then later and later, so that a job that kills workers does not kill all of them. */
function delayAfterDeath(deliveries: number): number {
  return deliveries <= 1 ? 0 : backoffMs(deliveries - 1, { firstMs: 500, longestMs: LONGEST_DELAY_MS });
}

function nextOf(entries: Iterable<Entry>, kinds: readonly JobKind[], now: number): Entry | undefined {
  let best: Entry | undefined;
  let bestRank = kinds.length;
  for (const entry of entries) {
    const rank = kinds.indexOf(entry.message.kind);
    if (rank < 0 || rank >= bestRank || entry.holder || entry.readyAt > now) continue;
    [best, bestRank] = [entry, rank];
    if (rank === 0) break;
  }
  return best;
}

/** When the queue next changes by itself: a delay or an ack wait is over. */
function nextChange(entries: Iterable<Entry>, now: number): number {
  let next = Infinity;
  for (const { holder, readyAt } of entries) {
    if (holder) next = Math.min(next, holder.deadline);
    else if (readyAt > now) next = Math.min(next, readyAt);
  }
  return next;
}
