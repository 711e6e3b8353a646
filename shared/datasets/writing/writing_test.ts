/** What is written is read again as the same dataset, to the last bit and attribute, in every format. */
import { assert, assertEquals } from "@std/assert";
import { exampleDataset } from "../../../tests/fakes/example_dataset.ts";
import type { Dataset, DatasetMetadata } from "../dataset.ts";
import { readDataset } from "../read_dataset.ts";
import { datasetHash } from "../stored.ts";
import { randomNumbers } from "../testing/point_recording.ts";
import { writeDataset, WRITTEN_FORMATS, type WrittenFormat, writtenFormatOf } from "./write_dataset.ts";

async function written(dataset: Dataset, format: WrittenFormat, shares: number[] = []): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  await writeDataset(dataset, format, (piece) => void pieces.push(piece.slice()), {
    onProgress: (share) => shares.push(share),
  });
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

async function comesBack(dataset: Dataset, name: string): Promise<void> {
  for (const format of WRITTEN_FORMATS) {
    const read = readDataset(await written(dataset, format), `walk.${format}`);
    assertEquals(datasetHash(read.dataset), datasetHash(dataset), `${name} as ${format}`);
    assertEquals(read.dataset, dataset, `${name} as ${format}`);
  }
}

/** Episodes of random steps: float32 of every size, both zeros, ends of both kinds. */
function walk(change: Partial<Dataset> = {}, size = 300, stateDim = 3, actionDim = 2): Dataset {
  const random = randomNumbers(8);
  const floats = (length: number, scale: number) =>
    Float32Array.from({ length }, () => random() * scale * 10 ** (8 * random()));
  const states = floats(size * stateDim, 1);
  states.set([-0, 0, -0], 30);
  const actions = Float32Array.from({ length: size * actionDim }, random);
  const terminals = Uint8Array.from({ length: size }, (_, row) => row % 70 === 69 ? 1 : 0);
  const timeouts = Uint8Array.from({ length: size }, (_, row) => row % 50 === 24 || row === size - 1 ? 1 : 0);
  const nextStates = floats(size * stateDim, 1);
  for (let row = 0; row + 1 < size; row++) {
    if (terminals[row] || timeouts[row]) continue;
    nextStates.set(states.subarray((row + 1) * stateDim, (row + 2) * stateDim), row * stateDim);
  }
  const arrays = { states, actions, rewards: floats(size, 1), nextStates, terminals, timeouts };
  return { ...arrays, size, stateDim, actionDim, metadata: {}, ...change };
}

Deno.test("a dataset comes back from every format, bit by bit", async () => {
  await comesBack(exampleDataset(), "example");
  await comesBack(walk(), "random");
  await comesBack(
    walk({ success: Uint8Array.from({ length: 300 }, (_, i) => i % 3 === 0 ? 1 : 0) }),
    "success",
  );
  await comesBack(walk({}, 200, 1, 1), "one number");
  await comesBack(walk({}, 120, 70, 12), "wide");
  await comesBack(walk({}, 70_001, 1, 1), "more rows than a group of Parquet has");
});

Deno.test("discrete actions come back, also where only one or the last was never taken", async () => {
  const size = 150;
  const discrete = (classes: number, taken: (row: number) => number): Dataset => {
    const actions = new Float32Array(size * classes);
    for (let row = 0; row < size; row++) actions[row * classes + taken(row)] = 1;
    return walk({ actions, actionDim: classes, metadata: { discreteActions: classes } }, size);
  };
  await comesBack(discrete(4, (row) => row % 4), "four");
  await comesBack(discrete(5, (row) => row % 3), "the last two never");
  await comesBack(discrete(2, () => 1), "always the same");
  await comesBack(discrete(1500, (row) => row), "more classes than an attribute tells");
});

Deno.test("attributes come back: texts that look like numbers, returns beyond 32 bits, goals of more digits than float32", async () => {
  const metadata: DatasetMetadata = {
    env: "12",
    family: '"quoted", and ü',
    goal: [0.1, 1 / 3],
    horizon: 1_000_000,
    returnRandom: -5_000_000_001,
    returnFinalPolicy: 1e-7 / 3,
    actionLimit: [1, 2.5],
    reward: "distance:goal",
  };
  await comesBack(walk({ metadata }), "all");
  await comesBack(walk({ metadata: { env: "true", actionLimit: 2, horizon: 50 } }), "a word of JSON");
  await comesBack(walk({ metadata: { env: "[1, 2]", actionLimit: [1, 1.1], returnRandom: 7 } }), "a list");
});

Deno.test("a file's name asks for its format", () => {
  const asked = ["a.hdf5", "b.H5", "c.parquet", "d.pq", "e.safetensors", "f.csv", "g", "h.npz/i"].map(
    writtenFormatOf,
  );
  assertEquals(asked, ["hdf5", "hdf5", "parquet", "parquet", "safetensors", undefined, undefined, undefined]);
});

Deno.test("large fields are written in parts, and not packed to less than a reader takes for a file of that size", async () => {
  const size = 4_400;
  const stateDim = 1_024;
  const same = (length: number) => new Float32Array(length).fill(0.5);
  const states = same(size * stateDim);
  const dataset = walk({ states, nextStates: states, actions: same(size) }, size, stateDim, 1);
  for (const format of ["hdf5", "parquet"] as const) {
    const shares: number[] = [];
    const read = readDataset(await written(dataset, format, shares), `walk.${format}`);
    assertEquals(datasetHash(read.dataset), datasetHash(dataset), format);
    assertEquals(shares.toSorted((a, b) => a - b), shares);
    assertEquals(shares.at(-1), 1);
    if (format === "hdf5") assert(shares.length > 6 + 2, "more than one for each field");
  }
});
