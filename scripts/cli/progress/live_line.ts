/**
 * Progress of work that counts something: one live line on a terminal, else a line now and then.
 * @module
 */
import process from "node:process";

const LIVE_EVERY_MS = 100;
const PLAIN_EVERY_MS = 5_000;

/** A line on stderr that changes. */
export interface LiveLine<T> {
  progress(now: T): void;
  /** Removes the line. */
  end(): void;
}

/**
 * Shows progress as `text` says it.
 *
 * @param text of the line for a state
 * @returns takes states, until it is closed
 */
export function createLiveLine<T>(text: (now: T) => string): LiveLine<T> {
  const { stderr } = process;
  let shown = performance.now();
  return {
    progress(now) {
      const every = stderr.isTTY ? LIVE_EVERY_MS : PLAIN_EVERY_MS;
      if (performance.now() - shown < every) return;
      shown = performance.now();
      stderr.write(stderr.isTTY ? `\r\x1b[K${text(now)}` : `${text(now)}\n`);
    },
    end() {
      if (stderr.isTTY) stderr.write("\r\x1b[K");
    },
  };
}
