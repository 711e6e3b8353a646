/**
 * A few at a time, in order of arrival.
 * @module
 */

/** Lets work through. */
export interface Gate {
  /** Does the work when its turn comes. */
  pass<T>(work: () => Promise<T>): Promise<T>;
  /** How many wait for their turn. */
  waiting(): number;
}

/** A gate that lets `atOnce` through at a time. */
export function createGate(atOnce: number): Gate {
  const line: (() => void)[] = [];
  let inside = 0;
  return {
    waiting: () => line.length,
    async pass(work) {
      // Whoever leaves hands the place to the first in line, so nobody who comes then can take it.
      if (inside < atOnce) inside++;
      else await new Promise<void>((resolve) => line.push(resolve));
      try {
        return await work();
      } finally {
        const next = line.shift();
        if (next) next();
        else inside--;
      }
    },
  };
}
