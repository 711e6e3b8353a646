/**
 * The field's own tools: what h5py, Minari, numpy, pyarrow and safetensors write is one and the same dataset here, whatever the
 * format; and what is written here is read by them. d3rlpy's dump is a committed file of its own (`make_d3rlpy.py`).
 */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Dataset,
  datasetHash,
  packFolder,
  readDataset,
  type ReadOptions,
  writeDataset,
  WRITTEN_FORMATS,
} from "@cugro/datasets";
import { assertEquals, assertNotEquals } from "@std/assert";
import { pythonWithPackages } from "../../scripts/setup/python_packages.ts";

const python = await pythonWithPackages(console.error);
const MAKE = fileURLToPath(new URL("../../shared/datasets/formats/testing/make_files.py", import.meta.url));
const READ_BACK = fileURLToPath(new URL("./read_back.py", import.meta.url));

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "cugro-formats-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function read(path: string, options: ReadOptions = {}): Promise<Dataset> {
  const bytes = (await packFolder(path))?.body ?? new Uint8Array(await readFile(path));
  const { dataset, notices } = readDataset(bytes, path, options);
  assertEquals(notices, [], path);
  return dataset;
}

/** Names of their own, as `make_files.py` gives them. */
const MAP = {
  ...{
    observations: ["x", "y", "v"],
    next_observations: ["x'", "y'", "v'"],
    actions: ["force x", "force y"],
  },
  ...{ rewards: ["score"], terminals: ["fell"], timeouts: ["cut"] },
};
/** All that is in the files is the same. */
const WHOLE: readonly [string, ReadOptions?][] = [
  ...["lzf", "float16", "user_block", "gymnasium_names", "unit_axis", "dict_observations", "robomimic"].map(
    (name): [string] => [`${name}.hdf5`],
  ),
  ...[
    "minari",
    "minari_dict.hdf5",
    "minari_tuple.hdf5",
    "minari_arrow",
    "minari_arrow_tuple",
    "minari_parquet",
  ].map((name): [string] => [name]),
  ...["d4rl.npz", "d4rl_packed.npz", "d4rl.safetensors"].map((name): [string] => [name]),
  ...["lists_none", "lists_snappy", "lists_gzip", "lists_zstd", "lists_brotli", "lists_v2", "columns"].map(
    (name): [string] => [`${name}.parquet`],
  ),
  ["columns.csv"],
  ["own_names.csv", { map: MAP }],
];
/** What does not hold the state after an episode's last step. */
const WITHOUT_LAST = ["d3rlpy.h5", "lerobot.parquet", "lerobot"];

Deno.test({
  name: "the same transitions, written by the field's own tools, are one dataset in every format",
  ignore: python === undefined,
  fn: () =>
    inFolder(async (folder) => {
      // Other transitions than those of the committed files.
      await python!.run(MAKE, folder, "20260131");
      const whole = await read(join(folder, "d4rl.hdf5"));
      const hash = datasetHash(whole);
      for (const [name, options] of WHOLE) {
        assertEquals(datasetHash(await read(join(folder, name), options)), hash, name);
      }
      const withoutLast = datasetHash(await read(join(folder, "d4rl_no_next.hdf5")));
      assertNotEquals(withoutLast, hash);
      for (const name of WITHOUT_LAST) {
        assertEquals(datasetHash(await read(join(folder, name))), withoutLast, name);
      }
      // OGBench has no rewards, and nothing in it ends by itself.
      const unpaid = {
        ...whole,
        rewards: new Float32Array(whole.size).fill(-1),
        terminals: new Uint8Array(whole.size),
        timeouts: whole.timeouts.map((timeout, row) => timeout | whole.terminals[row]!),
      };
      const ogbench = await read(join(folder, "ogbench.npz"), { reward: "-1-per-step" });
      assertEquals(datasetHash(ogbench), datasetHash(unpaid), "ogbench.npz");
    }),
});

const digest = (dtype: string, shape: number[], { buffer, byteOffset, byteLength }: ArrayBufferView) => [
  ...[dtype, shape],
  createHash("sha256").update(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)).digest("hex"),
];

/** Arrays as numpy describes them. `flag`: the type in which a format holds 0 and 1. */
function described(dataset: Dataset, flag: "bool" | "uint8", actions?: Int32Array) {
  const { size, stateDim, actionDim } = dataset;
  return {
    observations: digest("float32", [size, stateDim], dataset.states),
    actions: actions
      ? digest("int32", [size], actions)
      : digest("float32", [size, actionDim], dataset.actions),
    rewards: digest("float32", [size], dataset.rewards),
    next_observations: digest("float32", [size, stateDim], dataset.nextStates),
    terminals: digest(flag, [size], dataset.terminals),
    timeouts: digest(flag, [size], dataset.timeouts),
  };
}

Deno.test({
  name: "what is written here is read by h5py, pandas, pyarrow and safetensors, to the last bit",
  ignore: python === undefined,
  fn: () =>
    inFolder(async (folder) => {
      const walk = await read(
        fileURLToPath(new URL("../../shared/datasets/formats/testing/files/d4rl.hdf5", import.meta.url)),
      );
      walk.metadata = {
        env: "Walk-v0",
        goal: [0.1, 2],
        horizon: 15,
        returnRandom: -5e9,
        actionLimit: [1, 2],
      };
      walk.states.set([-0, 1e-42, 3.4e37]);
      const taken = Int32Array.from({ length: walk.size }, (_, row) => row % 3);
      const choices: Dataset = { ...walk, actionDim: 3, actions: new Float32Array(3 * walk.size) };
      choices.metadata = { discreteActions: 3 };
      taken.forEach((action, row) => choices.actions[row * 3 + action] = 1);
      for (const [name, dataset] of [["walk", walk], ["choices", choices]] as const) {
        for (const format of WRITTEN_FORMATS) {
          const pieces: Uint8Array<ArrayBuffer>[] = [];
          await writeDataset(dataset, format, (piece) => void pieces.push(piece.slice()));
          await writeFile(
            join(folder, `${name}.${format}`),
            new Uint8Array(await new Blob(pieces).arrayBuffer()),
          );
        }
      }
      const found = JSON.parse(await python!.run(READ_BACK, folder));
      const numbers = { horizon: 15, return_random: -5e9, action_limit: [1, 2], goal: [0.1, 2] };
      const texts = { env: "Walk-v0", ...mapValues(numbers, (value) => JSON.stringify(value)) };
      assertEquals(found["walk.hdf5"], {
        arrays: described(walk, "uint8"),
        attributes: { env: "Walk-v0", ...numbers },
      });
      assertEquals(found["walk.parquet"], { arrays: described(walk, "bool"), attributes: texts });
      assertEquals(found["walk.safetensors"], { arrays: described(walk, "uint8"), attributes: texts });
      assertEquals(found["choices.hdf5"].arrays, described(choices, "uint8", taken));
      assertEquals(found["choices.parquet"], {
        arrays: described(choices, "bool", taken),
        attributes: { discrete_actions: "3" },
      });
    }),
});

function mapValues<T, R>(record: Record<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
