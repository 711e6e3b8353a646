import { assert, assertEquals, assertRejects } from "@std/assert";
import { mapConcurrently } from "./map_concurrently.ts";
import { sleep } from "./sleep.ts";

Deno.test("mapConcurrently() keeps the order of the items and never runs more than `width`", async () => {
  for (const [count, width] of [[0, 3], [1, 3], [10, 1], [25, 4], [3, 100]] as const) {
    const items = Array.from({ length: count }, (_, i) => `item ${i}`);
    const started: number[] = [];
    let [running, most] = [0, 0];
    const results = await mapConcurrently(items, width, async (item, index) => {
      started.push(index);
      most = Math.max(most, ++running);
      await sleep((index * 5) % 4);
      running--;
      return `${item} done`;
    });
    assertEquals(results, items.map((item) => `${item} done`));
    assertEquals([started, most], [[...items.keys()], Math.min(width, count)]);
  }
});

Deno.test("mapConcurrently() starts nothing after a failure, and leaves nothing running behind it", async () => {
  const started: number[] = [];
  const ended: number[] = [];
  const work = async (item: number) => {
    started.push(item);
    await sleep(item === 2 ? 1 : 5);
    ended.push(item);
    if (item === 2) throw new RangeError(`not ${item}`);
    if (item === 1) throw new Error("a later failure");
  };
  await assertRejects(() => mapConcurrently([0, 1, 2, 3, 4, 5], 3, work), RangeError, "not 2");
  assertEquals(started, [0, 1, 2]);
  assert(ended.length === 3, "it waits for the calls that run");
});
