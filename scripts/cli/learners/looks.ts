/**
 * When to look again: soon after news, but not once for each.
 * @module
 */
import { pause, type Wakeup } from "@cugro/async";

/** The look itself, and the shortest and longest time between two looks (ms). */
export interface LookOptions {
  /** Whether the awaited state has been reached. */
  look: () => Promise<boolean>;
  /** Called when there is news. */
  news: Wakeup;
  signal: AbortSignal;
  /** The shortest time between two looks (ms). */
  gapMs: number;
  /** Without news it looks this often (ms). */
  idleMs: number;
}

/**
 * Looks at once, and always once more after the last news.
 *
 * @returns whether it came; false: the signal came first
 */
export async function lookOnNews({ look, news, signal, gapMs, idleMs }: LookOptions): Promise<boolean> {
  while (!signal.aborted) {
    if (await look()) return true;
    await pause(gapMs, signal);
    await news.wait({ milliseconds: Math.max(0, idleMs - gapMs), signal });
  }
  return false;
}
