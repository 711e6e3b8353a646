/**
 * A bound on how much runs at once.
 * @module
 */

/** Runs work, a bounded number of pieces at once, in order of arrival. */
export interface Semaphore {
  /** Runs `work` when its turn comes. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** How many wait for their turn. */
  waiting(): number;
}

/**
 * A semaphore with `slots` places.
 *
 * @param slots holders at a time, from 1
 * @returns a semaphore that nobody holds
 */
export function createSemaphore(slots: number): Semaphore {
  const queue: (() => void)[] = [];
  let taken = 0;
  return {
    waiting: () => queue.length,
    async run(work) {
      if (taken < slots) taken++;
      else await new Promise<void>((resolve) => queue.push(resolve));
      try {
        return await work();
      } finally {
        // The slot goes straight to the next in line, so that a newcomer cannot overtake.
        const next = queue.shift();
        if (next) next();
        else taken--;
      }
    },
  };
}
