/**
 * The thread of {@link watchForHang}. It counts its own seconds, so that a machine that slept, or a process that was
 * stopped as a whole, has missed none.
 * @module
 */
import process from "node:process";
import type { WatchOrder } from "./hang_watch.ts";

const SECOND_MS = 1_000;

// cast: the types are those of a window; in a worker `self` is the thread's own scope.
(self as unknown as { onmessage: (event: MessageEvent<WatchOrder>) => void }).onmessage = ({ data }) => {
  const { beats, seconds, fields } = data;
  const counter = new Int32Array(beats);
  let [last, missed] = [-1, 0];
  // By a timer, not by `Atomics.wait`: Deno's exporter of metrics asks every thread once a minute, and the process's
  // end waits for a thread that never answers (Deno 2.9).
  setInterval(() => {
    const now = Atomics.load(counter, 0);
    missed = now === last ? missed + 1 : 0;
    last = now;
    if (missed < seconds) return;
    const event = `the event loop has stood still for ${seconds} s: this process hangs and ends itself`;
    console.error(JSON.stringify({ time: new Date().toISOString(), level: "error", event, ...fields }));
    process.kill(process.pid, "SIGKILL");
  }, SECOND_MS);
};
