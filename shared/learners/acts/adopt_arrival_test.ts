import { assert, assertEquals } from "@std/assert";
import { incomingKey } from "@cugro/protocol";
import { adoptArrival } from "./adopt_arrival.ts";
import { loadFacts } from "../reading/load.ts";
import { memoryStore } from "../../../tests/fakes/memory_store.ts";
import { learnerWith, randomIntegers } from "../../../tests/fakes/world.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function drop(store: ReturnType<typeof memoryStore>, name: string, text = name) {
  await store.put(incomingKey("a", name), encode(text));
  return (await store.head(incomingKey("a", name)))!;
}

Deno.test("adoptArrival() gives an object one arrival, however many ask and however old their knowledge is", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const store = memoryStore();
    await learnerWith(store, []);
    const below = randomIntegers(seed);
    const infos = await Promise.all(["a", "b", "c", "d", "e"].map((name) => drop(store, name)));
    // Writers take turns at every write of the store, since each of its calls is awaited.
    const writer = async () => {
      const known = (await loadFacts(store, "a")).arrivals;
      const shuffled = [...infos, ...infos].sort(() => below(3) - 1);
      for (const info of shuffled) {
        const given = await adoptArrival(store, "a", info, below(2) ? { known } : {});
        assertEquals([given.arrival.key, given.arrival.etag], [info.key, info.etag]);
      }
    };
    await Promise.all(Array.from({ length: 4 }, writer));
    const { arrivals } = await loadFacts(store, "a");
    assertEquals(arrivals.map(({ seq }) => seq), [1, 2, 3, 4, 5]);
    assertEquals(new Set(arrivals.map(({ key }) => key)).size, 5);
  }
});

Deno.test("adoptArrival() takes other content under the same key as another arrival", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  const first = await adoptArrival(store, "a", await drop(store, "file", "one"));
  const second = await adoptArrival(store, "a", await drop(store, "file", "two"));
  assert(first.added && second.added);
  assertEquals([first.arrival.seq, second.arrival.seq], [1, 2]);
});

Deno.test("adoptArrival() keeps hash and trace of who came first", async () => {
  const store = memoryStore();
  await learnerWith(store, []);
  const info = await drop(store, "file");
  const traceparent = `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01`;
  await adoptArrival(store, "a", info, { contentHash: "ab".repeat(32), traceparent });
  const { arrival, added } = await adoptArrival(store, "a", info, { known: [] });
  assertEquals([added, arrival.contentHash, arrival.traceparent], [false, "ab".repeat(32), traceparent]);
});
