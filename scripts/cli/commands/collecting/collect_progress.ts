/**
 * Progress of a file of `cugro collect`.
 * @module
 */
import type { CollectionProgress } from "@cugro/environments";

const SECONDS_BETWEEN_LINES = 10;

/** Prints it every few seconds, on stderr. */
export function progressLines(path: string): (progress: CollectionProgress) => void {
  let last = performance.now();
  return ({ episodes, of, transitions }) => {
    if (episodes === of || performance.now() - last < SECONDS_BETWEEN_LINES * 1000) return;
    last = performance.now();
    console.error(`${path}: ${episodes} of ${of} episodes, ${transitions} transitions`);
  };
}
