/** A file that is read by ranges is the same dataset, with the same notices and the same refusals, as one that lies in memory. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeHdf5 } from "../../hdf5/testing/hdf5_files.ts";
import { assemble, assembleRows } from "../assemble.ts";
import { openFileSource } from "../blocks/file_source.ts";
import { NoRoomError, type Room, roomIn } from "../blocks/room.ts";
import { type Dataset, DatasetError, type DatasetRows } from "../dataset.ts";
import { packFolder } from "../formats/pack_folder.ts";
import { sample, sampleFolder } from "../formats/testing/sample.ts";
import type { ReadOptions } from "../notice.ts";
import { readByRanges, readDataset } from "../read_dataset.ts";
import { countDifferentRows } from "../plausibility/row_keys.ts";
import { rowsIn } from "../blocks/block_rows.ts";
import { datasetHash, encodeDataset } from "../stored.ts";
import { changed, type RawDataset, rawOf, record } from "../testing/point_recording.ts";
import type { JudgedLine } from "../../../scripts/lab/bench/judge_files.ts";
import { writeLarge } from "../../../scripts/lab/bench/large_file.ts";
import { readIsolatedFile } from "./read_isolated.ts";

const SMALL = { memoryBytes: 0, blockBytes: 600 };

/** As the thread of a file does. */
function byRanges(path: string, file: string, options: ReadOptions = {}) {
  const source = openFileSource(path);
  const room = roomIn(mkdtempSync(`${path}-`), SMALL.memoryBytes, SMALL.blockBytes);
  try {
    const { dataset, notices } = readByRanges(source, file, options, room);
    return { bytes: encodeDataset(dataset), notices, hash: datasetHash(dataset) };
  } finally {
    room.close();
    source.close();
  }
}

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cugro-ranges-"));
  try {
    await act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const FILES: readonly [string, ReadOptions?][] = [
  ...[
    "d4rl.hdf5",
    "d4rl_no_next.hdf5",
    "lzf.hdf5",
    "zstd.hdf5",
    "float16.hdf5",
    "unit_axis.hdf5",
    "user_block.hdf5",
  ],
  ...["minari_dict.hdf5", "minari_tuple.hdf5", "robomimic.hdf5", "d3rlpy.h5", "gymnasium_names.hdf5"],
  ...["d4rl.npz", "d4rl_packed.npz", "d4rl.safetensors", "columns.csv", "columns.parquet", "lerobot.parquet"],
  ...[
    "lists_none.parquet",
    "lists_snappy.parquet",
    "lists_gzip.parquet",
    "lists_v2.parquet",
    "lists_zstd.parquet",
  ],
].map((name): [string] => [name]);

Deno.test("every format gives the same stored bytes and notices by ranges, in blocks of a few rows", () =>
  inFolder((folder) => {
    for (const [name, options = {}] of [...FILES, ["ogbench.npz", { reward: "-1-per-step" }] as const]) {
      const path = join(folder, name);
      writeFileSync(path, sample(name));
      const whole = readDataset(sample(name), name, options);
      const wanted = {
        bytes: encodeDataset(whole.dataset),
        notices: whole.notices,
        hash: datasetHash(whole.dataset),
      };
      assertEquals(byRanges(path, name, options), wanted, name);
    }
    return Promise.resolve();
  }));

Deno.test("a folder's archive is the same by ranges; the thread says what was left out as well", () =>
  inFolder(async (folder) => {
    for (const name of ["lerobot", "minari", "minari_arrow", "minari_parquet"]) {
      const { body, fileName } = (await packFolder(sampleFolder(name)))!;
      const path = join(folder, fileName);
      writeFileSync(path, body);
      const { leftOut, ...whole } = readDataset(body, fileName);
      assertEquals(byRanges(path, fileName).bytes, encodeDataset(whole.dataset), name);
      const open = await readIsolatedFile(path, fileName, {}, SMALL);
      assertEquals([open.leftOut, open.notices], [leftOut, whole.notices], name);
      open.close();
    }
  }));

Deno.test("the thread of a file gives the same, and leaves nothing in the temporary folder", () =>
  inFolder(async (folder) => {
    const path = join(folder, "d4rl.hdf5");
    writeFileSync(path, sample("d4rl.hdf5"));
    const { dataset } = readDataset(sample("d4rl.hdf5"), "d4rl");
    const open = await readIsolatedFile(path, "d4rl", {}, { ...SMALL, withHash: true });
    assertEquals([encodeDataset(open.dataset), open.hash], [encodeDataset(dataset), datasetHash(dataset)]);
    const { place } = open.dataset.states;
    const kept = "path" in place ? place.path : "";
    assert(kept === path || existsSync(kept));
    const actions = open.dataset.actions.place;
    open.close();
    assert(!("path" in actions) || actions.path === path || !existsSync(actions.path));
  }));

Deno.test("chunks of every shape are read by ranges, whatever the blocks are", () =>
  inFolder(async (folder) => {
    const raw = rawOf(record({ episodes: 60 }));
    for (const chunks of [[7, 4], [64, 3], [900, 1], [1, 4]]) {
      const bytes = await makeHdf5((file) => {
        for (const [name, { shape, data }] of Object.entries(raw.arrays)) {
          const sides = shape.map((side, i) => Math.min(side, chunks[i]!));
          file.create_dataset({ name, data, shape, chunks: sides, compression: 4 });
        }
      });
      const path = join(folder, "chunks.hdf5");
      writeFileSync(path, bytes);
      assertEquals(
        byRanges(path, "chunks").bytes,
        encodeDataset(readDataset(bytes, "chunks").dataset),
        `${chunks}`,
      );
    }
  }));

const flat = record({ episodes: 40, wall: 3.2 });
const resets = flat.flatMap((step) =>
  step.terminal || step.timeout
    ? [step, { ...step, state: step.next, next: step.state, reward: 0, terminal: 0, timeout: 0 }]
    : [step]
);
const raw = (steps = flat) => rawOf(steps);
const doubles = (data: Float32Array) => Float64Array.from(data, (value, i) => 1.7e9 + value + i / 1e4);
const inTurn = Array.from({ length: 40 * 15 }, (_, i) => {
  const steps = record({ episodes: 40 });
  return steps[(i % 2) * 300 + (i >> 1)]!;
});

/** What the judgement has a word for, each as a raw dataset. */
const KINDS: readonly [string, RawDataset, ReadOptions?][] = [
  ["plain", raw()],
  ["no next states", changed(raw(), ["next_observations"])],
  ["nothing tells the ends", changed(raw(), ["next_observations", "timeouts"])],
  ["ends by next states", changed(raw(), ["timeouts"])],
  ["every row twice", raw([...flat, ...flat])],
  ["a stretch twice", raw([...flat, ...flat.slice(0, 60)])],
  ["shuffled", raw(flat.toSorted((a, b) => a.state[0]! - b.state[0]!)), { strict: false }],
  ["resets", raw(resets)],
  ["two environments", raw(inTurn), { environments: 2 }],
  ["two environments, untold", changed(raw(inTurn), ["next_observations"])],
  ["padded", raw(flat.flatMap((step) => step.timeout ? [step, step, step, step] : [step]))],
  [
    "a mask",
    changed(raw(), [], {
      mask: { shape: [flat.length], data: Uint8Array.from(flat, (_, i) => i % 15 < 12 ? 1 : 0) },
    }),
  ],
  [
    "next states that are no numbers",
    raw(flat.map((step) => step.timeout ? { ...step, next: [NaN, 0, 0, 0] } : step)),
  ],
  ["next states of zeros", raw(flat.map((step) => step.timeout ? { ...step, next: [0, 0, 0, 0] } : step))],
  [
    "clocks",
    changed(raw(), ["next_observations"], {
      observations: {
        shape: [flat.length, 4],
        data: doubles(raw().arrays.observations!.data as Float32Array),
      },
    }),
  ],
  [
    "discrete",
    changed(raw(), ["actions"], {
      actions: { shape: [flat.length], data: Int32Array.from(flat, (_, i) => i % 5), integer: true },
    }),
  ],
  [
    "one-hot",
    changed(raw(), ["actions"], {
      actions: {
        shape: [flat.length, 2],
        data: Float32Array.from({ length: 2 * flat.length }, (_, i) => (i + (i >> 1)) & 1),
      },
    }),
  ],
  [
    "ends in a list",
    changed(raw(), ["timeouts", "next_observations"], {
      episode_ends: { shape: [2], data: Int32Array.of(300, flat.length), integer: true },
    }),
  ],
];

Deno.test("the judgement says the same of rows on disk in small blocks as of arrays in memory", () =>
  inFolder((folder) => {
    const codes = new Set<string>();
    for (const [name, kind, options = {}] of KINDS) {
      const room = roomIn(mkdtempSync(join(folder, "room-")), 0, 100);
      const verdict = (judge: () => { dataset: Dataset | DatasetRows; notices: unknown }) => {
        try {
          const { dataset, notices } = judge();
          return { bytes: encodeDataset(dataset), notices };
        } catch (error) {
          if (!(error instanceof DatasetError)) throw error;
          return { refused: error.message };
        }
      };
      const inMemory = verdict(() => assemble(kind, "f", options));
      assertEquals(verdict(() => assembleRows(kind, "f", options, room)), inMemory, name);
      codes.add(
        "refused" in inMemory
          ? "refused"
          : JSON.stringify((inMemory.notices as { code: string }[]).map(({ code }) => code)),
      );
      room.close();
    }
    assert(codes.size >= 8, [...codes].join());
    return Promise.resolve();
  }));

Deno.test("files cut off anywhere are refused by ranges with the same messages as in memory", () =>
  inFolder((folder) => {
    for (const name of ["d4rl.hdf5", "d4rl.npz", "d4rl.safetensors", "lists_snappy.parquet", "columns.csv"]) {
      for (const share of [0.3, 0.5, 0.97]) {
        const bytes = sample(name).slice(0, Math.floor(share * sample(name).length));
        const path = join(folder, name);
        writeFileSync(path, bytes);
        const wanted = assertThrows(() => readDataset(bytes, name), DatasetError).message;
        assertEquals(assertThrows(() => byRanges(path, name), DatasetError).message, wanted);
      }
    }
    return Promise.resolve();
  }));

Deno.test({
  name: "a full temporary folder is no fault of the file",
  ignore: !existsSync("/dev/full"),
  fn: () => {
    const file = openSync("/dev/full", "r+");
    const room: Room = { ...roomIn("/", 0, 100), makeFile: () => ({ file, path: "/dev/full" }) };
    assertThrows(
      () => assembleRows(changed(raw(), ["next_observations"]), "f", {}, room),
      NoRoomError,
      "let TMPDIR name another folder",
    );
    closeSync(file);
  },
});

Deno.test("rows are counted in rounds as they are at once", () => {
  const rows = rowsIn(Float32Array.from({ length: 9_000 }, (_, i) => i % 1_234), 3, { blockBytes: 100 });
  const different = new Set(Array.from({ length: 3_000 }, (_, i) => (3 * i) % 1_234)).size;
  for (const most of [3_000, 1_000, 77]) assertEquals(countDifferentRows([rows], most), different);
});

Deno.test({
  name: "a file of 150 MB is judged in far less memory than it has bytes",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const [small, large] = [join(folder, "small"), join(folder, "large")];
      writeLarge(small, 2e6);
      const rows = writeLarge(large, 150e6);
      const program = fileURLToPath(new URL("../../../scripts/lab/bench/judge_files.ts", import.meta.url));
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", program, small, large],
      }).output();
      const text = new TextDecoder().decode(stdout);
      const [before, after] = text.trim().split("\n").map((line): JudgedLine => JSON.parse(line));
      assertEquals(after?.rows, rows, new TextDecoder().decode(stderr));
      const more = after!.peakBytes - before!.peakBytes;
      assert(more < 110e6, `${more} bytes more than before`);
    }),
});
