/**
 * Ends a process whose event loop stands still, by a thread that misses its beats: whatever started the process starts
 * it again, be it a command, Docker or Kubernetes. Nothing else could: timers, signals and `/healthz` all wait for the loop.
 * @module
 */
import { setInterval } from "node:timers";
import type { Log } from "@cugro/telemetry";

/** Messages to the thread. */
export interface WatchOrder {
  /** One number, which the event loop raises. */
  beats: SharedArrayBuffer;
  /** This many seconds without a beat are a hang. */
  seconds: number;
  /** Said of the process in the log. */
  fields: Record<string, unknown>;
}

const BEAT_MS = 500;

/**
 * Starts watching this process, for as long as it runs.
 *
 * @param hangMs in ms; 0 for not at all. A step of a training may block the loop for half a minute
 * @param fields of the log line that is the process's last
 */
export function watchForHang(hangMs: number, fields: Record<string, unknown>, log: Log): void {
  if (hangMs === 0) return;
  const beats = new SharedArrayBuffer(4);
  const counter = new Int32Array(beats);
  const thread = new Worker(new URL("./hang_watch_worker.ts", import.meta.url), { type: "module" });
  thread.onerror = (event) => {
    event.preventDefault();
    log.warn("nobody watches whether this process hangs", { error: event.message });
  };
  const order: WatchOrder = { beats, seconds: Math.ceil(hangMs / 1000), fields };
  thread.postMessage(order);
  setInterval(() => Atomics.add(counter, 0, 1), BEAT_MS).unref();
}
