/** Arrow files and Minari's folders of them: made by Minari itself (`../testing/make_files.py`), and damaged here. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatasetError } from "../../dataset.ts";
import type { ReadOptions } from "../../notice.ts";
import { readDataset } from "../../read_dataset.ts";
import { datasetHash } from "../../stored.ts";
import { randomNumbers } from "../../testing/point_recording.ts";
import { packFolder } from "../pack_folder.ts";
import { numbersOf, readSample, sample, sampleFolder } from "../testing/sample.ts";
import { ArrowFault } from "./flatbuffer.ts";
import { openArrow } from "./read_arrow.ts";

const MOST = 2 ** 25;

async function readFolder(folder: string, options: ReadOptions = {}) {
  const { body, fileName } = (await packFolder(folder))!;
  return readDataset(body, fileName, options);
}

Deno.test("Minari's Arrow and Parquet folders are the dataset that its HDF5 file is, dicts by their names", async () => {
  const { hash } = readSample("d4rl.hdf5");
  for (const name of ["minari_arrow", "minari_parquet"]) {
    const { dataset, notices } = await readFolder(sampleFolder(name));
    assertEquals([datasetHash(dataset), notices], [hash, []], name);
  }
  const map = { observations: ["observations/velocity", "observations/position"] };
  const turned = await readFolder(sampleFolder("minari_parquet"), { map });
  const { dataset } = readDataset(sample("d4rl.hdf5"), "walk");
  const [x, y, v] = dataset.states;
  assertEquals([...turned.dataset.states.subarray(0, 3)], [v, x, y]);
  const last = dataset.nextStates.length - 3;
  assertEquals([...turned.dataset.nextStates.subarray(last + 1)], [
    ...dataset.nextStates.subarray(last, last + 2),
  ]);
});

Deno.test("a column's names, and numbers of every kind, are those that were written", () => {
  const file = openArrow(sample("minari_arrow/data/0/part-0.arrow"));
  assertEquals(file.names, ["observations", "actions", "rewards", "terminations", "truncations"]);
  const [observations] = file.read("observations", { left: MOST });
  assertEquals([observations!.rows, observations!.width, observations!.integer], [16, 3, false]);
  const [truncations] = file.read("truncations", { left: MOST });
  assertEquals(numbersOf(truncations!.data), [...new Array(14).fill(0), 1, 0]);
  const fault = assertThrows(() => file.read("observations", { left: 100 }), ArrowFault);
  assertStringIncludes(fault.message, "too many values for a file of this size");
});

Deno.test("damaged Arrow files are refused in a sentence or read, soon, whatever byte is wrong", () => {
  const good = sample("minari_arrow/data/0/part-0.arrow");
  const random = randomNumbers(11);
  const below = (most: number) => Math.floor((random() + 1) / 2 * most);
  const seen = { refused: 0, read: 0 };
  const began = performance.now();
  for (let i = 0; i < 6000; i++) {
    const bytes = good.slice(0, i % 10 === 0 ? below(good.length) : good.length);
    for (let change = 0; change <= i % 3; change++) {
      bytes[below(bytes.length)] = [0, 1, 127, 128, 255, below(256)][below(6)]!;
    }
    try {
      const file = openArrow(bytes);
      const budget = { left: MOST };
      for (const name of file.names) {
        for (const { data } of file.read(name, budget)) assert(data.length < MOST);
      }
      seen.read++;
    } catch (error) {
      assert(error instanceof ArrowFault, `${i}: ${error}`);
      seen.refused++;
    }
  }
  assert(seen.refused > 1000 && seen.read > 500, JSON.stringify(seen));
  // A single one of them may not be slow; the bound is generous, as machines are.
  assert(performance.now() - began < 60_000);
});

Deno.test("an episode without a column, without steps, or of another width is named with its file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cugro-minari-"));
  const refused = async (...words: string[]) => {
    const { body } = (await packFolder(folder))!;
    const { message } = assertThrows(() => readDataset(body, "walk"), DatasetError);
    for (const word of words) assertStringIncludes(message, word);
  };
  try {
    await cp(sampleFolder("minari_arrow"), folder, { recursive: true });
    const third = join(folder, "data/3/part-0.arrow");
    await writeFile(third, (await readFile(third)).subarray(0, 900));
    await refused("data/3/part-0.arrow: it is no whole Arrow file");
    await rm(third);
    await cp(
      join(sampleFolder("minari_parquet"), "data/3/part-0.parquet"),
      join(folder, "data/3/part-0.parquet"),
    );
    await refused("data/3, field observations: the column is missing, and other episodes have it");
  } finally {
    await rm(folder, { recursive: true });
  }
});
