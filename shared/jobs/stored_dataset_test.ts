import { type Dataset, DatasetError, encodeDataset } from "@cugro/datasets";
import { encodeTensors } from "@cugro/protocol";
import { openBytes, type OpenedInput } from "@cugro/worker";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openDataset } from "./stored_dataset.ts";

/** Every number tells its row and its column. */
function numbered(size: number, stateDim: number): Dataset {
  const matrix = (width: number, sign: number) =>
    Float32Array.from(
      { length: size * width },
      (_, i) => sign * (Math.floor(i / width) + (i % width) / width),
    );
  return {
    states: matrix(stateDim, 1),
    actions: matrix(2, -1),
    rewards: matrix(1, 0.5),
    nextStates: matrix(stateDim, 2),
    terminals: Uint8Array.from({ length: size }, (_, n) => Number(n % 7 === 6)),
    timeouts: Uint8Array.from({ length: size }, (_, n) => Number(n % 5 === 4)),
    success: new Uint8Array(size).fill(1),
    ...{ size, stateDim, actionDim: 2, metadata: { env: "numbers" } },
  };
}

/** An input that counts what is read of it. */
function counted(bytes: Uint8Array): OpenedInput & { ranges: [number, number][] } {
  const { size, read } = openBytes(bytes);
  const ranges: [number, number][] = [];
  return { size, ranges, read: (start, end) => (ranges.push([start, end]), read(start, end)) };
}

Deno.test("openDataset() gives the rows asked for, also one twice", async () => {
  const dataset = numbered(50, 3);
  const opened = await openDataset(openBytes(encodeDataset(dataset)));
  assertEquals([opened.size, opened.stateDim, opened.actionDim], [50, 3, 2]);
  for (const rows of [[], [49], [0, 1, 2], [3, 3, 4, 20, 20, 49], dataset.states.keys().take(50)]) {
    const chosen = Int32Array.from(rows);
    const take = <T extends Float32Array | Uint8Array>(array: T, width: number) =>
      [...chosen].flatMap((row) => [...array.subarray(row * width, (row + 1) * width)]);
    for (const name of ["states", "nextStates"] as const) {
      assertEquals([...await opened.numbers(name, chosen)], take(dataset[name], 3));
    }
    assertEquals([...await opened.numbers("actions", chosen)], take(dataset.actions, 2));
    assertEquals([...await opened.numbers("rewards", chosen)], take(dataset.rewards, 1));
    assertEquals([...await opened.flags("terminals", chosen)], take(dataset.terminals, 1));
    assertEquals([...await opened.flags("timeouts", chosen)], take(dataset.timeouts, 1));
  }
});

Deno.test("openDataset() reads what lies together at once, goes over large gaps, and asks for no more than 8 MiB", async () => {
  const input = counted(encodeDataset(numbered(40_000, 64)));
  const opened = await openDataset(input);
  assert(input.ranges.every(([start, end]) => end - start < 2_000), "to open it, only the header is read");
  const readFor = async (rows: number[] | Iterable<number>) => {
    input.ranges.length = 0;
    await opened.numbers("states", Int32Array.from(rows));
    return input.ranges.map(([start, end]) => (end - start) / 256).sort((a, b) => a - b);
  };
  // A row has 256 bytes: 257 rows in between are too many to be read through.
  assertEquals(await readFor([5, 6, 7, 264, 522]), [1, 260]);
  assertEquals(await readFor(new Int32Array(40_000).keys()), [40_000 - 32_768, 32_768]);
  assertEquals(await readFor([]), []);
});

Deno.test("openDataset() takes flags of any type, as earlier software wrote them, and numbers of one", async () => {
  const { states, actions, rewards, nextStates, terminals, timeouts } = numbered(10, 3);
  const matrix = (data: Float32Array | Int32Array | Uint8Array) => ({ shape: [10, data.length / 10], data });
  const arrays = {
    ...{ states: matrix(states), nextStates: matrix(nextStates), actions: matrix(actions) },
    rewards: { shape: [10], data: rewards },
    terminals: { shape: [10], data: Int32Array.from(terminals) },
    timeouts: { shape: [10], data: Float32Array.from(timeouts) },
  };
  const all = Int32Array.from({ length: 10 }, (_, n) => n);
  const opened = await openDataset(openBytes(encodeTensors(arrays)));
  assertEquals(await opened.flags("terminals", all), terminals);
  assertEquals(await opened.flags("timeouts", all), timeouts);
  const whole = encodeTensors({ ...arrays, states: matrix(Int32Array.from(states)) });
  const other = await openDataset(openBytes(whole));
  await assertRejects(() => other.numbers("states", all), DatasetError, "states");
});

Deno.test("openDataset() names what is wrong with a file", async () => {
  const good = encodeDataset(numbered(10, 3));
  const open = (bytes: Uint8Array) => openDataset(openBytes(bytes), "stored");
  await assertRejects(() => open(new Uint8Array(3)), DatasetError, "it has 3 bytes");
  await assertRejects(() => open(good.subarray(0, good.length - 1)), DatasetError, "cut off");
  const other = encodeTensors({ weights: { shape: [1], data: Float32Array.of(1) } });
  await assertRejects(() => open(other), DatasetError, "this is no stored dataset");
  const short = encodeTensors({
    states: { shape: [2, 1], data: Float32Array.of(1, 2) },
    actions: { shape: [2, 1], data: Float32Array.of(1, 2) },
    rewards: { shape: [1], data: Float32Array.of(1) },
  });
  const opened = await open(short);
  await assertRejects(
    () => opened.numbers("rewards", Int32Array.of(0)),
    DatasetError,
    "field rewards: it must hold 1 numbers for each of 2 rows",
  );
});
