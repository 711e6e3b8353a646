/**
 * The least and the greatest values of a column that passes by, exactly as sorting the whole column would give them.
 * @module
 */

/** The kept part of a column: twice its tails, however long it is. */
export interface Tails {
  /** Takes values of the column: every `stride`-th from `offset` on, all of them numbers. */
  add(values: Float32Array, offset: number, stride: number): void;
  /** The least value, the greatest, and those that `tail` others lie beyond. */
  ends(): { least: number; greatest: number; low: number; high: number };
}

/** Keys that rise as floats do, -0 before 0: sorting orders floats the same way. */
const keyOf = (bits: number) => (bits & 0x80000000) !== 0 ? ~bits >>> 0 : bits + 0x80000000;

/**
 * Opens a column.
 *
 * @param tail how many values lie beyond those that are asked for; there must be more values than that
 * @returns takes values one by one; knows the `tail` least and greatest
 */
export function openTails(tail: number): Tails {
  const low = openEnd(tail + 1);
  const high = openEnd(tail + 1);
  return {
    add(values, offset, stride) {
      const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
      for (let i = offset; i < bits.length; i += stride) {
        const key = keyOf(bits[i]!);
        if (key < low.limit) low.add(key);
        if (0xffffffff - key < high.limit) high.add(0xffffffff - key);
      }
    },
    ends() {
      const least = low.sorted(), greatest = high.sorted();
      const top = (index: number) => valueOf(0xffffffff - greatest[index]!);
      return { least: valueOf(least[0]!), greatest: top(0), low: valueOf(least[tail]!), high: top(tail) };
    },
  };
}

/** The least `count` keys of many; `limit`: none from it on is among them. */
function openEnd(count: number) {
  const kept = new Uint32Array(2 * count + 1024);
  let filled = 0;
  const end = {
    limit: 2 ** 32,
    add(key: number): void {
      kept[filled++] = key;
      if (filled < kept.length) return;
      kept.sort();
      filled = count;
      end.limit = kept[count - 1]!;
    },
    sorted: () => kept.subarray(0, filled).sort(),
  };
  return end;
}

function valueOf(key: number): number {
  const bits = key >= 0x80000000 ? key - 0x80000000 : ~key >>> 0;
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}
