/**
 * Reads zip archives: numpy's npz, and folders that are a dataset, packed: LeRobot's and Minari's. Told by what is in them.
 * @module
 */
import { type ByteSource, valuesIn } from "@cugro/hdf5";
import type { Room } from "../blocks/room.ts";
import { DatasetError, type RawArray, type RawDataset } from "../dataset.ts";
import { unpackedLimit } from "../read_limits.ts";
import { addRows, arrayOf, type Matrix, NO_ROWS, openStack, widthOf } from "./matrix.ts";
import { limitOfActions, objectIn } from "./minari_texts.ts";
import { readHdf5 } from "./read_hdf5.ts";
import { episodeOfPath, type EpisodePart, inEpisodeOrder, readMinariParts } from "./read_minari_parts.ts";
import { readNpz } from "./read_npz.ts";
import { readParquet } from "./read_parquet.ts";
import { type Archive, openEntry, zipEntries, type ZipEntry, zipFaultsAt } from "./zip.ts";

/** Files that identify the folder of a LeRobot dataset, and of Minari's. */
const LEROBOT = "meta/info.json";
const MINARI = "data/main_data.hdf5";
const MOST_JSON = 2 ** 20;

/**
 * Reads the wanted arrays of what is in the archive.
 *
 * @param source the file
 * @param file name used in errors
 * @param wanted names of arrays, and of further fields
 * @param room where entries are unpacked to
 * @returns of an npz, LeRobot's or Minari's folder, or one dataset file
 * @throws {DatasetError} where it is none of these, or damaged
 */
export function readZip(
  source: ByteSource,
  file: string,
  wanted: ReadonlySet<string>,
  room: Room,
): RawDataset {
  const entries = zipFaultsAt({ file }, () => zipEntries(source));
  const archive = { source, file, entries, room, left: unpackedLimit(source.size) };
  const above = (tail: string) =>
    entries.find(({ name }) => name === tail || name.endsWith(`/${tail}`))?.name.slice(0, -tail.length);
  const lerobot = above(LEROBOT);
  if (lerobot !== undefined) return readLerobot(archive, lerobot, wanted);
  const minari = above(MINARI);
  if (minari !== undefined) return readMinari(archive, minari, wanted);
  const parts = partsOf(archive);
  if (parts.length > 0) {
    checkInMemory(archive);
    const folder = parts[0]!.name.replace(/data\/\d+\/[^/]+$/, "");
    return withMinariAttributes(archive, folder, readMinariParts(parts, file, wanted, archive));
  }
  return readNpz(archive, wanted);
}

/** Files of Minari's episodes, in their order. */
function partsOf(archive: Folder): EpisodePart[] {
  const byName = new Map(archive.entries.map((entry) => [entry.name, entry]));
  return inEpisodeOrder([...byName.keys()]).map((name) => (
    { name, episode: episodeOfPath(name)!, take: () => take(archive, byName.get(name)!) }
  ));
}

const MOST_PARTS = 512 * 2 ** 20;

/** Episodes in files of their own are held in memory. */
function checkInMemory({ source, entries, file }: Folder): void {
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  if (source.inMemory || bytes <= MOST_PARTS) return;
  const fault =
    `episodes in files of their own are read in memory, ${MOST_PARTS} bytes of them at most: write Minari's HDF5`;
  throw new DatasetError({ file, value: bytes }, fault);
}

interface Folder extends Archive {
  /** Bytes that may still be unpacked. */
  left: number;
}

/** One file in the archive. */
function take(archive: Folder, entry: ZipEntry): ByteSource {
  const place = { file: archive.file, field: entry.name };
  spend(archive, entry.size, place);
  return zipFaultsAt(place, () => openEntry(archive.source, entry, archive.room));
}

function spend(archive: Folder, bytes: number, place: { file: string; field: string }): void {
  archive.left -= bytes;
  if (archive.left < 0) {
    throw new DatasetError(place, "it unpacks to more bytes than a file of this size may hold");
  }
}

/** A folder has its episodes in one data file or in many: the rows of the next one go on where the last one's end. */
function readLerobot(archive: Folder, folder: string, wanted: ReadonlySet<string>): RawDataset {
  const { file } = archive;
  const parts = archive.entries.filter(({ name }) =>
    name.startsWith(`${folder}data/`) && name.endsWith(".parquet")
  )
    .toSorted((a, b) => a.name < b.name ? -1 : 1);
  if (parts.length === 0) throw new DatasetError({ file }, "the LeRobot dataset has no data/**/*.parquet");
  const raws = parts.map((entry) => {
    const name = `${file}/${entry.name}`;
    const raw = readParquet(take(archive, entry), name, wanted, archive.room);
    for (const [field, { data }] of Object.entries(raw.arrays)) {
      const { length, type } = valuesIn(data);
      spend(archive, length * new type(0).BYTES_PER_ELEMENT, { file: name, field });
    }
    return { name, raw };
  });
  const [first] = raws;
  const arrays = Object.fromEntries(
    Object.keys(first!.raw.arrays).map((field) => [field, joined(raws, field)]),
  );
  return { ...first!.raw, arrays, origin: "a LeRobot dataset" };
}

function joined(raws: readonly { name: string; raw: RawDataset }[], field: string): RawArray {
  const parts = raws.map(({ name, raw }): [string, Matrix] => {
    const array = Object.hasOwn(raw.arrays, field) ? raw.arrays[field] : undefined;
    if (!array) {
      throw new DatasetError(
        { file: name, field },
        "the field is missing, and other files of the dataset have it",
      );
    }
    const width = widthOf(array.shape);
    if (width === undefined) throw new DatasetError({ file: name, field }, NO_ROWS);
    return [name, { rows: array.shape[0] ?? 0, width, data: array.data, integer: array.integer ?? false }];
  });
  const isFlat = raws[0]!.raw.arrays[field]!.shape.length === 1;
  const stack = openStack(isFlat);
  for (const [name, matrix] of parts) addRows(stack, matrix, { file: name, field });
  return arrayOf(stack);
}

function readMinari(archive: Folder, folder: string, wanted: ReadonlySet<string>): RawDataset {
  const entry = archive.entries.find(({ name }) => name === `${folder}${MINARI}`)!;
  return withMinariAttributes(
    archive,
    folder,
    readHdf5(take(archive, entry), `${archive.file}/${MINARI}`, wanted),
  );
}

/** Its metadata tell the environment, and the largest magnitude of an action. */
function withMinariAttributes(archive: Folder, folder: string, raw: RawDataset): RawDataset {
  const about = archive.entries.find(({ name }) => name === `${folder}data/metadata.json`);
  if (!about || about.size > MOST_JSON) return raw;
  const text = take(archive, about);
  const metadata = objectIn(new TextDecoder().decode(text.read(0, text.size)));
  const env = objectIn(metadata.env_spec).id;
  return {
    ...raw,
    attributes: {
      ...typeof env === "string" ? { env, env_spec: metadata.env_spec } : {},
      ...limitOfActions(metadata.action_space),
      ...raw.attributes,
    },
  };
}
