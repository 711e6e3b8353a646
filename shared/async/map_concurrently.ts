/**
 * Work on many items, a bounded number at once.
 * @module
 */

/**
 * Calls `work` for each item, at most `width` at once, starting them in order.
 *
 * @param items of the work
 * @param width the most calls at once, from 1
 * @param work called with an item and its index
 * @returns what `work` returned, in the order of the items.
 * @throws {Error} what the first failing call threw. No item is started after that, and the calls already running have ended.
 *
 * @example
 * ```ts
 * import { mapConcurrently } from "@cugro/async";
 * import { assertEquals } from "@std/assert";
 *
 * const squares = await mapConcurrently([1, 2, 3], 2, (x) => Promise.resolve(x * x));
 * assertEquals(squares, [1, 4, 9]);
 * ```
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const runNext = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, runNext));
  if (failures.length > 0) throw failures[0];
  return results;
}
