/**
 * Waiting for news without missing any: what comes while nobody waits ends the next wait at once.
 * @module
 */

/** Something that can be woken, and waited for. */
export interface Wakeup {
  /** Ends every wait; if there is none, the next one ends at once. Several calls before that count as one. */
  wake(): void;
  /** Forgets a call of `wake` that no wait has seen. */
  reset(): void;
  /** Until woken, until the signal aborts, or until the time is up. */
  wait(limits?: { milliseconds?: number; signal?: AbortSignal }): Promise<void>;
}

/**
 * Makes a wake-up that is not called yet.
 *
 * @returns `wake` ends every wait
 */
export function createWakeup(): Wakeup {
  const waits = new Set<() => void>();
  let isPending = false;
  return {
    wake() {
      isPending = waits.size === 0;
      for (const end of waits) end();
    },
    reset() {
      isPending = false;
    },
    async wait({ milliseconds, signal } = {}) {
      const isOver = isPending || signal?.aborted;
      isPending = false;
      if (isOver) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = () => resolve();
      waits.add(end);
      const timer = milliseconds === undefined ? undefined : setTimeout(end, milliseconds);
      signal?.addEventListener("abort", end);
      await promise;
      waits.delete(end);
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    },
  };
}
