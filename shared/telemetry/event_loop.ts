/**
 * How late timers are: the sign of a step that blocks the process. prom-client's own gauge is wrong under Deno.
 * @module
 */
import { clearInterval, setInterval } from "node:timers";

const INTERVAL_MS = 250;
const WINDOW_MS = 10_000;

/** Watches the event loop of this process. */
export interface EventLoopWatch {
  /** Worst delay in the last 10 s, the one in progress included (seconds). */
  lagSeconds(): number;
  stop(): void;
}

/**
 * Starts watching; does not keep the process alive.
 *
 * @returns how late timers were, in seconds, and how to stop
 */
export function watchEventLoop(): EventLoopWatch {
  let due = performance.now() + INTERVAL_MS;
  const delays: { at: number; delay: number }[] = [];
  const look = () => {
    const now = performance.now();
    delays.push({ at: now, delay: Math.max(0, now - due) });
    while (delays[0] && now - delays[0].at > WINDOW_MS) delays.shift();
    due = now + INTERVAL_MS;
  };
  const timer = setInterval(look, INTERVAL_MS);
  timer.unref();
  return {
    lagSeconds() {
      const current = Math.max(0, performance.now() - due);
      return Math.max(current, ...delays.map(({ delay }) => delay)) / 1000;
    },
    stop: () => clearInterval(timer),
  };
}
