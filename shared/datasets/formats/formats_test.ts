/** The same transitions in every format are the same dataset; files were made by the tools themselves. */
import { assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { sourceOf } from "@cugro/hdf5";
import { DatasetError } from "../dataset.ts";
import { readDataset } from "../read_dataset.ts";
import type { ReadOptions } from "../notice.ts";
import { makeHdf5 } from "../../hdf5/testing/hdf5_files.ts";
import { wantedFields } from "../field_names.ts";
import { readHdf5 } from "./read_hdf5.ts";
import { withoutAmbiguousDones } from "./robomimic_dones.ts";
import { numbersOf, readSample, sample } from "./testing/sample.ts";

const whole = readSample("d4rl.hdf5");
/** Without next states, an episode's last one is unknown. */
const withoutNext = readSample("d4rl_no_next.hdf5");

function same(names: readonly string[], { hash }: { hash: string }, options: ReadOptions = {}): void {
  for (const name of names) assertEquals(readSample(name, options), { hash, codes: [] }, name);
}

function refused(bytes: Uint8Array, ...words: string[]): string {
  const { message } = assertThrows(() => readDataset(bytes, "walk"), DatasetError);
  for (const word of words) assertStringIncludes(message, word);
  assertEquals(message.split("\n").length, 1);
  return message;
}

Deno.test("HDF5 of every layout is the same dataset", () => {
  assertNotEquals(whole.hash, withoutNext.hash);
  same(
    [
      "lzf.hdf5",
      "zstd.hdf5",
      "float16.hdf5",
      "user_block.hdf5",
      "gymnasium_names.hdf5",
      "unit_axis.hdf5",
      "dict_observations.hdf5",
    ],
    whole,
  );
  same(["minari/data/main_data.hdf5", "minari_dict.hdf5", "minari_tuple.hdf5", "robomimic.hdf5"], whole);
  same(["d3rlpy.h5", "d3rlpy_dump.h5"], withoutNext);
});

Deno.test("npz and safetensors are the same dataset, whatever their types and order", () => {
  same(["d4rl.npz", "d4rl_packed.npz", "d4rl.safetensors"], whole);
});

Deno.test("Parquet is the same dataset: columns of lists or of numbers, under any compression", () => {
  const lists = ["none", "snappy", "gzip", "zstd", "brotli", "v2"].map((codec) => `lists_${codec}.parquet`);
  same([...lists, "columns.parquet"], whole);
  same(["lerobot.parquet"], withoutNext);
});

Deno.test("OGBench's last rows are final states, no transitions", () => {
  refused(sample("ogbench.npz"), "field rewards: the field is missing", "read as an OGBench dataset");
  const { dataset, notices } = readDataset(sample("ogbench.npz"), "walk", { reward: "-1-per-step" });
  const { dataset: plain } = readDataset(sample("d4rl.hdf5"), "walk");
  assertEquals([dataset.states, dataset.actions, dataset.nextStates], [
    plain.states,
    plain.actions,
    plain.nextStates,
  ]);
  const ends = plain.terminals.map((terminal, row) => terminal | plain.timeouts[row]!);
  assertEquals([dataset.timeouts, dataset.terminals.includes(1), notices], [ends, false, []]);
});

/** A Minari file whose second episode is another. */
function minari(second: Record<string, number[][] | number[]>) {
  const good = { observations: [[0, 1], [1, 2], [2, 3]], actions: [[0.1], [0.2]], rewards: [1, 2] };
  const flags = { terminations: [0, 1], truncations: [0, 0] };
  return makeHdf5((file) => {
    for (
      const [name, fields] of [["episode_0", { ...good, ...flags }], ["episode_1", {
        ...good,
        ...flags,
        ...second,
      }]] as const
    ) {
      const group = file.create_group(name);
      for (const [field, rows] of Object.entries(fields)) {
        const shape = [rows.length, ...Array.isArray(rows[0]) ? [rows[0].length] : []];
        group.create_dataset({ name: field, data: Float32Array.from(rows.flat()), shape, dtype: "<f" });
      }
    }
  });
}

Deno.test("an episode that does not fit the others is named with its field", async () => {
  refused(
    await minari({ observations: [[0, 1], [1, 2]] }),
    "field episode_1/observations: it must have 3 rows",
    "value is 2",
  );
  refused(
    await minari({ observations: [[0], [1], [2]] }),
    "field episode_1/observations: its rows have 1 numbers",
  );
  refused(await minari({ actions: [] }), "field episode_1");
  refused(await minari({}), "at least 80 transitions", "read as a Minari dataset");
});

Deno.test("dones that only say where demonstrations end are no ends by themselves, but with the only reward", () => {
  const array = (...data: number[]) => ({ shape: [data.length], data: Float64Array.from(data) });
  const terminals = (dones: number[], rewards: number[]) => {
    const arrays = {
      episode_id: array(0, 0, 1, 1, 1),
      terminals: array(...dones),
      rewards: array(...rewards),
    };
    return numbersOf(withoutAmbiguousDones(arrays).terminals!.data);
  };
  const ends = [0, 1, 0, 0, 1];
  assertEquals(terminals(ends, [1, 2, 3, 4, 5]), [0, 0, 0, 0, 0]);
  assertEquals(terminals(ends, [0, 1, 0, 0, 1]), ends, "successes");
  for (const marked of [[0, 1, 0, 0, 0], [0, 1, 0, 1, 1]]) {
    assertEquals(terminals(marked, [1, 2, 3, 4, 5]), marked);
  }
});

Deno.test("episodes that lack a field, hold images or are no groups are named", async () => {
  const put = (group: { create_dataset: (field: never) => unknown }, name: string, shape: number[]) => {
    const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
    group.create_dataset({ name, data, shape, dtype: "<f" } as never);
  };
  const images = await makeHdf5((file) => {
    const demo = file.create_group("data").create_group("demo_0");
    put(demo.create_group("obs") as never, "image", [5, 4, 4, 3]);
    for (const name of ["actions", "rewards", "dones"]) put(demo as never, name, [5]);
  });
  refused(images, "field data/demo_0/obs/image: each row must be a list of numbers", "--map", "[5,4,4,3]");
  const states = await makeHdf5((file) => {
    const demo = file.create_group("data").create_group("demo_0");
    for (const name of ["actions", "states"]) put(demo as never, name, [5]);
  });
  refused(states, "field data/demo_0/obs: the field is missing", "dataset_states_to_obs.py");
  refused(
    await makeHdf5((file) => put(file as never, "episode_0", [5])),
    "field episode_0: an episode must be a group",
  );
});

Deno.test("a damaged archive, and one that would unpack to more than it may, is refused by name", () => {
  const good = sample("d4rl_packed.npz");
  const at = good.length / 4 | 0;
  const damaged = good.slice();
  damaged[at] = damaged[at]! ^ 0x55;
  refused(damaged, "field ", "its data is damaged");
  refused(good.subarray(0, good.length / 2), "its directory is missing");
  const large = good.slice();
  const view = new DataView(large.buffer);
  const text = new TextDecoder("latin1").decode(large);
  view.setUint32(text.indexOf("PK\x01\x02") + 24, 0x7fffffff, true);
  refused(large, "it unpacks to more bytes than a file of this size may hold");
  refused(
    new Uint8Array([0x50, 0x4b, 3, 4, ...good.subarray(-22).fill(0, 8, 20)]),
    "it is a zip archive without numpy arrays",
  );
  assertEquals(readSample("d4rl_packed.npz").hash, whole.hash);
});

Deno.test("Python objects in an npz are never opened", () => {
  const name = "d4rl_packed.npz";
  const { message } = assertThrows(() => readDataset(sample(name), name, { reward: "unused" }), DatasetError);
  assertStringIncludes(
    message,
    "field unused: it holds Python objects, which would be a pickle and is never opened",
  );
});

Deno.test("fields with names of their own are told by a map, whatever the format", async () => {
  const map = {
    observations: ["observations/position", "observations/velocity"],
    next_observations: ["next_observations/position", "next_observations/velocity"],
  };
  same(["dict_observations.hdf5"], whole, { map });
  same(["minari_dict.hdf5"], whole, { map: { observations: map.observations } });
  same(["minari_tuple.hdf5"], whole, {
    map: { observations: ["observations/_index_0", "observations/_index_1"] },
  });
  same(["robomimic.hdf5"], whole, {
    map: {
      observations: ["obs/position", "obs/velocity"],
      next_observations: ["next_obs/position", "next_obs/velocity"],
    },
  });
  const columns = ["obs_0", "obs_1", "obs_2"];
  same(["columns.parquet"], whole, { map: { observations: columns, rewards: ["reward"] } });
  const turned = readDataset(sample("columns.parquet"), "walk", {
    map: {
      observations: columns.toReversed(),
      next_observations: columns.map((name) => `next_${name}`).toReversed(),
    },
  }).dataset;
  const plain = readDataset(sample("columns.parquet"), "walk").dataset;
  assertEquals([...turned.states.subarray(0, 3)], [...plain.states.subarray(0, 3)].toReversed());
  const refusal = (map: ReadOptions["map"]) => {
    const { message } = assertThrows(
      () => readDataset(sample("d4rl.npz"), "walk", { map: map! }),
      DatasetError,
    );
    return message;
  };
  assertStringIncludes(
    refusal({ observations: ["x"] }),
    "field x: observations are to be made of it, and it is not there",
  );
  const buffer = await makeHdf5((file) => {
    for (const name of ["obs", "act", "rew", "terminated"]) {
      file.create_dataset({ name, data: new Float32Array(90), shape: [90], dtype: "<f" });
    }
  });
  refused(
    buffer,
    "field observations: the field is missing",
    "read as a buffer of Tianshou",
    "--map observations=obs",
  );
});

Deno.test("episodes of other types of numbers are joined without a loss, and soon", async () => {
  const episodes = 600;
  const bytes = await makeHdf5((file) => {
    for (let episode = 0; episode < episodes; episode++) {
      const group = file.create_group(`episode_${episode}`);
      const put = (name: string, rows: number, isWhole = episode % 2 === 0) => {
        const values = Array.from(
          { length: rows },
          (_, row) => isWhole ? row + episode : row + episode + 1 / 3,
        );
        const data = isWhole ? Int32Array.from(values) : Float64Array.from(values);
        group.create_dataset({ name, data, shape: [rows, 1], dtype: isWhole ? "<i" : "<d" });
      };
      put("observations", 3);
      for (const name of ["actions", "rewards"]) put(name, 2);
      for (const name of ["terminations", "truncations"]) {
        group.create_dataset({ name, data: new Uint8Array(2), shape: [2], dtype: "<B" });
      }
    }
  });
  const { arrays } = readHdf5(sourceOf(bytes), "walk", wantedFields());
  assertEquals(numbersOf(arrays.observations!.data).slice(0, 4), [0, 1, 1 + 1 / 3, 2 + 1 / 3]);
  assertEquals(numbersOf(arrays.next_observations!.data).at(-1), 2 + (episodes - 1) + 1 / 3);
  assertEquals(numbersOf(arrays.episode_id!.data).at(-1), episodes - 1);
});

Deno.test("limits of actions are told where the file does not say them", () => {
  const { message } = assertThrows(
    () => readDataset(sample("d3rlpy.h5"), "walk", { actionLimit: [0.5] }),
    DatasetError,
  );
  assertStringIncludes(message, "actions must lie in [-0.5, 0.5]");
  const { dataset } = readDataset(sample("d3rlpy.h5"), "walk", { actionLimit: [2, 1] });
  assertEquals(dataset.metadata.actionLimit, [2, 1]);
});
