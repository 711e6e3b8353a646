import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeTensors, type TensorFile } from "@cugro/protocol";
import { assemble } from "./assemble.ts";
import { type Dataset, DatasetError } from "./dataset.ts";
import type { RawDataset } from "./testing/point_recording.ts";
import { episodesOf, summarise } from "./dataset_summary.ts";
import { exampleDataset } from "../../tests/fakes/example_dataset.ts";
import { readDataset } from "./read_dataset.ts";
import { datasetHash, decodeDataset, encodeDataset } from "./stored.ts";
import { validate } from "./validate.ts";
import { writeHdf5 } from "./writing/write_hdf5.ts";

function rawOf(dataset: Dataset): RawDataset {
  const { size, stateDim, actionDim } = dataset;
  return {
    arrays: {
      observations: { shape: [size, stateDim], data: dataset.states },
      actions: { shape: [size, actionDim], data: dataset.actions },
      rewards: { shape: [size], data: dataset.rewards },
      next_observations: { shape: [size, stateDim], data: dataset.nextStates },
      terminals: { shape: [size], data: dataset.terminals },
      timeouts: { shape: [size], data: dataset.timeouts },
    },
    attributes: { horizon: dataset.metadata.horizon },
  };
}

function without(raw: RawDataset, ...fields: string[]): RawDataset {
  const arrays = Object.fromEntries(Object.entries(raw.arrays).filter(([name]) => !fields.includes(name)));
  return { arrays, attributes: raw.attributes };
}

Deno.test("readDataset() gives back what writeHdf5() wrote, attributes included", async () => {
  const dataset = exampleDataset();
  const read = await readDataset(await writeHdf5(dataset), "walk.hdf5");
  assertEquals(read.dataset, dataset);
  assertEquals(read.notices, [], "its own figures say what scores 0 and 100");
});

Deno.test("readDataset() gives back what encodeDataset() wrote, and decodeDataset() too", async () => {
  const dataset = exampleDataset();
  assertEquals((await readDataset(encodeDataset(dataset), "walk.safetensors")).dataset, dataset);
  assertEquals(decodeDataset(encodeDataset(dataset)), dataset);
});

Deno.test("readDataset() refuses empty, unknown and cut files by name", async () => {
  await assertRejects(
    async () => await readDataset(new Uint8Array(), "a.hdf5"),
    DatasetError,
    "a.hdf5: the file is empty",
  );
  await assertRejects(
    async () => await readDataset(new TextEncoder().encode("something else"), "a.bin"),
    DatasetError,
    "format is not known",
  );
  const whole = await writeHdf5(exampleDataset());
  await assertRejects(
    async () => await readDataset(whole.slice(0, whole.length / 2), "half.hdf5"),
    DatasetError,
    "half.hdf5",
  );
});

Deno.test("assemble() names a missing field and a wrong shape", () => {
  const raw = rawOf(exampleDataset());
  assertThrows(
    () => assemble(without(raw, "rewards"), "f"),
    DatasetError,
    "field rewards: the field is missing; fields present are observations",
  );
  assertThrows(
    () => assemble(without(raw, "actions"), "f"),
    DatasetError,
    "where it has another name, say which: --map actions=NAME",
  );
  const wrong = { ...raw, arrays: { ...raw.arrays, rewards: { shape: [99], data: new Float32Array(99) } } };
  assertThrows(
    () => assemble(wrong, "f"),
    DatasetError,
    "the shape must be [100] or [100, 1]: current value is [99]",
  );
  const flags = {
    ...raw,
    arrays: { ...raw.arrays, terminals: { shape: [100], data: new Float32Array(100).fill(2, 7, 8) } },
  };
  assertThrows(
    () => assemble(flags, "f"),
    DatasetError,
    "field terminals, row 7: a flag must be 0 or 1: current value is 2",
  );
});

Deno.test("assemble() finds the ends of episodes and next states that a file leaves out", () => {
  const dataset = exampleDataset();
  const raw = rawOf(dataset);
  assertEquals(assemble(without(raw, "timeouts"), "f").dataset.timeouts, dataset.timeouts);
  const inferred = assemble(without(raw, "next_observations"), "f").dataset;
  assertEquals(inferred.nextStates.slice(0, 4), dataset.nextStates.slice(0, 4));
  assertEquals(
    [...inferred.nextStates.slice(18, 20)],
    [9, 0],
    "at an episode's end s' is the row's own state",
  );
  const open = rawOf({ ...dataset, timeouts: dataset.timeouts.slice().fill(0, 99) });
  assertEquals(assemble(open, "f").dataset.timeouts[99], 1, "the last row ends an episode");
});

Deno.test("assemble() names field, row, column and value of a number that is not finite or too large", () => {
  const raw = rawOf(exampleDataset());
  const states = raw.arrays.observations!.data;
  states[2 * 14 + 1] = NaN;
  assertThrows(
    () => assemble(raw, "f"),
    DatasetError,
    "field observations, row 14, column 1: every value must be a finite number: current value is NaN",
  );
  states[2 * 14 + 1] = 1e30;
  assertThrows(() => assemble(raw, "f"), DatasetError, "row 14, column 1: the value is too large");
});

Deno.test("validate() refuses actions out of range unless the file widens it", () => {
  const dataset = exampleDataset();
  dataset.actions[3] = 1.5;
  assertThrows(
    () => validate(dataset, "f"),
    DatasetError,
    "field actions, row 3, column 0: actions must lie in [-1, 1]",
  );
  dataset.metadata.actionLimit = 2;
  assertEquals(validate(dataset, "f"), dataset);
  dataset.metadata.actionLimit = [2, 1];
  assertThrows(() => validate(dataset, "f"), DatasetError, "@action_limit");
});

Deno.test("assemble() refuses an episode that breaks or outlasts its horizon", () => {
  const raw = rawOf(exampleDataset());
  raw.arrays.timeouts!.data[9] = 0;
  assertThrows(
    () => assemble({ ...raw, attributes: { horizon: 50 } }, "f"),
    DatasetError,
    "field next_observations, row 9, column 0: the next row starts at 0",
  );
  assertThrows(
    () => assemble({ ...rawOf(exampleDataset()), attributes: { horizon: 8 } }, "f"),
    DatasetError,
    "row 8: an episode is longer than the horizon of 8 steps",
  );
});

Deno.test("validate() refuses a task too small to hold rows out of", () => {
  assertThrows(
    () => validate(exampleDataset(7, 10), "f"),
    DatasetError,
    "at least 80 transitions: current value is 70",
  );
});

Deno.test("datasetHash() covers the arrays and nothing else", () => {
  const dataset = exampleDataset();
  const hash = datasetHash(dataset);
  assertEquals(hash.length, 64);
  assertEquals(datasetHash({ ...dataset, metadata: {} }), hash);
  const other = exampleDataset();
  other.rewards[5] = other.rewards[5]! + 1;
  assertNotEquals(datasetHash(other), hash);
});

Deno.test("readSafetensors() reads a stranger's tensors under the D4RL names", async () => {
  const arrays = rawOf(exampleDataset()).arrays as TensorFile;
  const read = await readDataset(encodeTensors(arrays, { goal: "[1, 0]", family: "x" }), "f");
  assertEquals(read.dataset.metadata.goal, [1, 0]);
  assertEquals(datasetHash(read.dataset), datasetHash(exampleDataset()));
});

Deno.test("episodesOf() and summarise() count returns and lengths", () => {
  const dataset = exampleDataset();
  dataset.terminals[9] = 1;
  const [first] = episodesOf(dataset);
  assert(Math.abs(first!.return - 4.5) < 1e-6);
  assertEquals([first!.start, first!.end, first!.terminal], [0, 10, true]);
  const summary = summarise(dataset);
  assertEquals([summary.episodes, summary.terminalEpisodes], [10, 1]);
  assertEquals(summary.stateRange, [[0, 9], [0, 9]]);
});
