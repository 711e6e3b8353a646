/**
 * Good files of every form, and which of their bytes a checksum covers.
 * @module
 */
import { datasetHash, encodeDataset, packFolder, readDataset, writeHdf5 } from "@cugro/datasets";
import { encodeTensors } from "@cugro/protocol";
import { sourceOf } from "../../shared/hdf5/byte_source.ts";
import { fletcher32, lookup3 } from "../../shared/hdf5/checksums.ts";
import { chunksOf } from "../../shared/hdf5/chunk_index.ts";
import { readFieldForm } from "../../shared/hdf5/field_form.ts";
import { readLayout } from "../../shared/hdf5/layout.ts";
import { linksOf } from "../../shared/hdf5/links.ts";
import { bodyOf, MESSAGE, messagesOf } from "../../shared/hdf5/object_header.ts";
import { readSuperblock } from "../../shared/hdf5/superblock.ts";
import { type Hdf5Writer, makeHdf5, type Version } from "../../shared/hdf5/testing/hdf5_files.ts";
import { hdf5Bytes } from "../../shared/hdf5/testing/hdf5_bytes.ts";
import { goodFields } from "../../shared/datasets/testing/good_fields.ts";
import { sample, sampleFolder } from "../../shared/datasets/formats/testing/sample.ts";
import { randomNumbers } from "../../shared/datasets/testing/point_recording.ts";

import { inflateSync } from "node:zlib";

/** A good file. */
export interface Original {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  hash: string;
  /** Chunks, each with a checksum in it. */
  chunks: [from: number, to: number][];
  /** Whether the checksum in a chunk fits. */
  fits(chunk: Uint8Array): boolean;
  /** Parts of the structure that a checksum follows. */
  sums: [from: number, to: number][];
}

const ROWS = 200;

function fill(file: Hdf5Writer, storage: object): void {
  const random = randomNumbers(9);
  const floats = (columns: number) => Float32Array.from({ length: ROWS * columns }, () => 0.9 * random());
  const flags = (every: number) =>
    Uint8Array.from({ length: ROWS }, (_, i) => every && i % every === every - 1 ? 1 : 0);
  const put = (name: string, data: Float32Array | Uint8Array, columns: number[]) => {
    const isChunked = Object.keys(storage).length > 0;
    file.create_dataset({
      name,
      data,
      shape: [ROWS, ...columns],
      dtype: data instanceof Uint8Array ? "<B" : "<f",
      ...(isChunked ? { chunks: [50, ...columns], maxshape: [null, ...columns], ...storage } : {}),
    });
  };
  put("observations", floats(3), [3]);
  put("actions", floats(2), [2]);
  put("rewards", floats(1), []);
  put("terminals", flags(0), []);
  put("timeouts", flags(50), []);
  file.create_attribute("horizon", 50);
  file.create_attribute("env", "fuzz");
}

/** Where the chunks of a file are. */
function chunkRanges(bytes: Uint8Array): [number, number][] {
  const file = readSuperblock(sourceOf(bytes));
  const links = linksOf(file, messagesOf(file, file.root));
  return links.flatMap((link) => {
    const messages = messagesOf(file, link.at);
    const { shape, mostSides } = readFieldForm(file, messages);
    const layout = readLayout(bodyOf(messages, MESSAGE.layout)!);
    if (layout.kind !== "chunked") return [];
    const counts = shape.map((side, i) => Math.ceil(side / layout.chunk[i]!));
    const places = counts.reduce((product, count) => product * count, 1);
    const chunkBytes = layout.chunk.reduce((product, side) => product * side, layout.elementSize);
    const grid = { shape, chunk: layout.chunk, counts, mostSides, places, chunkBytes };
    return chunksOf(file, layout.index, grid).map((chunk): [number, number] => [
      chunk!.at,
      chunk!.at + chunk!.size,
    ]);
  });
}

/** Blocks of the newer structure, found by what they begin with and by the checksum that fits. */
function findSums(bytes: Uint8Array<ArrayBuffer>): [number, number][] {
  const view = new DataView(bytes.buffer);
  const text = new TextDecoder("latin1").decode(bytes);
  const begins = text.matchAll(
    // deno-lint-ignore no-control-regex
    /\x89HDF\r\n\x1a\n|OHDR|OCHK|FRHP|FHDB|FHIB|BT(?:HD|LF|IN)|FA(?:HD|DB)|EA(?:HD|IB|SB|DB)/g,
  );
  return [...begins].flatMap(({ index: from }): [number, number][] => {
    for (let to = from + 8; to <= Math.min(from + 3000, bytes.length - 4); to++) {
      if (lookup3(bytes.subarray(from, to)) === view.getUint32(to, true)) return [[from, to]];
    }
    return [];
  });
}

const GZIP = { compression: "gzip", compression_opts: [4] };
const FLETCHER = { compression: 3, compression_opts: [] };

const fitsNothing = () => true;

function fitsGzip(chunk: Uint8Array): boolean {
  try {
    return inflateSync(chunk).length > 0;
  } catch {
    return false;
  }
}

function fitsFletcher(chunk: Uint8Array): boolean {
  const end = chunk.length - 4;
  return new DataView(chunk.buffer, chunk.byteOffset + end).getUint32(0, true) ===
    fletcher32(chunk.subarray(0, end));
}

/** Files that the formats' own tools wrote. */
const OF_TOOLS = [
  ...["minari_dict.hdf5", "robomimic.hdf5", "d3rlpy.h5", "d4rl.npz", "d4rl_packed.npz"],
  ...["lerobot.parquet", "columns.parquet", "lists_snappy.parquet", "lists_zstd.parquet", "lists_v2.parquet"],
  "columns.csv",
  "zstd.hdf5",
];

/** HDF5 of both forms with and without filters, our own, one made byte by byte; safetensors of ours and of others; those of tools. */
export async function makeOriginals(): Promise<Original[]> {
  const made: Original[] = [];
  const add = (name: string, bytes: Uint8Array<ArrayBuffer>, fits: Original["fits"] = fitsNothing) => {
    const { dataset } = readDataset(bytes, name);
    const chunks = fits === fitsNothing ? [] : chunkRanges(bytes);
    made.push({ name, bytes, hash: datasetHash(dataset), chunks, fits, sums: findSums(bytes) });
    return dataset;
  };
  const hdf5 = async (name: string, storage: object, version: Version, fits?: Original["fits"]) =>
    add(`${name}.hdf5`, await makeHdf5((file) => fill(file, storage), version), fits);
  const dataset = await hdf5("plain_old", {}, "earliest");
  await hdf5("gzip_old", GZIP, "earliest", fitsGzip);
  await hdf5("fletcher_old", FLETCHER, "earliest", fitsFletcher);
  await hdf5("plain_new", {}, "v110");
  await hdf5("gzip_new", GZIP, "v110", fitsGzip);
  await hdf5("fletcher_new", FLETCHER, "latest", fitsFletcher);
  add("ours.hdf5", new Uint8Array(await writeHdf5(dataset, { note: "ours" })), fitsGzip);
  add("by_hand.hdf5", hdf5Bytes(goodFields()));
  add("ours.safetensors", new Uint8Array(encodeDataset(dataset)));
  const { states, actions, rewards, terminals, timeouts, size } = dataset;
  const strangers = encodeTensors({
    observations: { shape: [size, 3], data: states },
    actions: { shape: [size, 2], data: actions },
    rewards: { shape: [size, 1], data: rewards },
    terminated: { shape: [size], data: terminals },
    truncated: { shape: [size], data: timeouts },
  }, { goal: "[1, 2]", horizon: "50" });
  add("strangers.safetensors", new Uint8Array(strangers));
  for (const name of OF_TOOLS) add(name, sample(name));
  add("lerobot.zip", (await packFolder(sampleFolder("lerobot")))!.body);
  add("minari_arrow.zip", (await packFolder(sampleFolder("minari_arrow")))!.body);
  return made;
}
