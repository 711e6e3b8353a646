/**
 * A gate that lets so many through at a time.
 * @module
 */

/** Runs work in order of arrival, at most `width` of it at a time. */
export function createGate(width: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    // A place that becomes free is handed to the next in line, who need not look again.
    if (inside === width) await new Promise<void>((enter) => waiting.push(enter));
    else inside++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside--;
    }
  };
}
