import {
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError } from "../dataset.ts";
import type { ReadOptions } from "../notice.ts";
import { readDataset } from "../read_dataset.ts";
import { datasetHash } from "../stored.ts";
import { readSample, sample, sampleFolder } from "./testing/sample.ts";
import { datasetFolder, packFolder } from "./pack_folder.ts";
import { withFolder } from "../../../tests/fakes/test_folder.ts";

const files = sampleFolder("");

async function hashOf(folder: string, options: ReadOptions = {}): Promise<string> {
  const { fileName, body } = (await packFolder(folder))!;
  return datasetHash(readDataset(body, fileName, options).dataset);
}

Deno.test("a folder of LeRobot or Minari is the same dataset as its file, and packed the same again", async () => {
  assertEquals(await hashOf(join(files, "lerobot")), readSample("lerobot.parquet").hash);
  assertEquals(await hashOf(join(files, "minari")), readSample("minari/data/main_data.hdf5").hash);
  const packed = await packFolder(join(files, "lerobot"));
  assertEquals(packed, await packFolder(join(files, "lerobot", "..", "lerobot", ".")));
  assertEquals(packed!.fileName, "lerobot.zip");
});

Deno.test("a Minari folder's description of its actions is an attribute", () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, "data"));
    await cp(join(files, "minari/data/main_data.hdf5"), join(folder, "data/main_data.hdf5"));
    const space = JSON.stringify({ type: "Box", low: [-2, -1], high: [2, 0.5] });
    const about = { action_space: space, env_spec: JSON.stringify({ id: "Walk-v1" }) };
    await writeFile(join(folder, "data/metadata.json"), JSON.stringify(about));
    const { dataset } = readDataset((await packFolder(folder))!.body, "walk");
    assertEquals([dataset.metadata.env, dataset.metadata.actionLimit], ["Walk-v1", [2, 1]]);
    await writeFile(join(folder, "data/metadata.json"), "[");
    assertEquals(readDataset((await packFolder(folder))!.body, "walk").dataset.metadata, {});
  }));

Deno.test("a folder that is no dataset, or cannot be read, is reported", () =>
  withFolder(async (folder) => {
    assertEquals([await datasetFolder(folder), await packFolder(join(files, "d4rl.npz"))], [
      undefined,
      undefined,
    ]);
    for (const name of ["dataset_info.json", "features.json"]) await writeFile(join(folder, name), "{}");
    assertStringIncludes((await assertRejects(() => packFolder(folder), DatasetError)).message, "RLDS");
    await cp(join(files, "lerobot"), folder, { recursive: true });
    await writeFile(join(folder, "data/chunk-000/file-002.parquet"), sample("columns.parquet"));
    const { body, fileName } = (await packFolder(folder))!;
    const { message } = assertThrows(() => readDataset(body, fileName), DatasetError);
    assertStringIncludes(message, "file-002.parquet, field");
    assertNotEquals(message.indexOf("other files of the dataset have it"), -1);
  }));
