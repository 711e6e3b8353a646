/**
 * Reads npz files, numpy's archives of arrays: with D4RL's names, or as OGBench writes them. Pickles in them are never opened.
 * @module
 */
import { type ByteSource, valuesIn } from "@cugro/hdf5";
import { takenRows } from "../blocks/gather_rows.ts";
import type { Room } from "../blocks/room.ts";
import { DatasetError, type RawArray, type RawDataset } from "../dataset.ts";
import { unpackedLimit } from "../read_limits.ts";
import { NpyFault, readNpy } from "./npy.ts";
import { type Archive, openEntry, type ZipEntry, zipFaultsAt } from "./zip.ts";

const ENDING = ".npy";

/**
 * Reads the wanted arrays.
 *
 * @param wanted names of arrays; others are not unpacked
 * @param archive the file, its entries, and where they are unpacked to
 * @returns arrays by name
 * @throws {DatasetError} naming the array that is damaged, too large or no numbers
 */
export function readNpz(
  { source, file, entries, room }: Archive,
  wanted: ReadonlySet<string>,
): RawDataset {
  const named = entries.filter(({ name }) => name.endsWith(ENDING));
  if (named.length === 0) throw new DatasetError({ file }, whatItIs(entries));
  const present = named.map(({ name }) => name.slice(0, -ENDING.length));
  const used = named.filter((_, i) => wanted.has(present[i]!));
  checkSizes(used, source.size, file);
  const arrays: Record<string, RawArray> = {};
  for (const entry of used) {
    const field = entry.name.slice(0, -ENDING.length);
    arrays[field] = readArray(source, entry, { file, field }, room);
  }
  return isOgbench(present) ? fromOgbench(arrays, present, file) : { arrays, attributes: {}, present };
}

function readArray(
  source: ByteSource,
  entry: ZipEntry,
  place: { file: string; field: string },
  room: Room,
): RawArray {
  const unpacked = zipFaultsAt(place, () => openEntry(source, entry, room));
  try {
    return readNpy(unpacked);
  } catch (cause) {
    if (!(cause instanceof NpyFault)) throw cause;
    throw new DatasetError(place, cause.message, { cause });
  }
}

function whatItIs(entries: readonly ZipEntry[]): string {
  const isTorch = entries.some(({ name }) => name.endsWith("/data.pkl") || name === "data.pkl");
  return isTorch
    ? "it is a PyTorch file, whose pickle is never opened: write its tensors with numpy.savez or as safetensors"
    : "it is a zip archive without numpy arrays: unpack it first (unzip)";
}

/** Judged by the directory, before anything is unpacked; an archive may name an entry twice. */
function checkSizes(entries: readonly ZipEntry[], fileBytes: number, file: string): void {
  let left = unpackedLimit(fileBytes);
  const names = new Set<string>();
  for (const { name, size } of entries) {
    const field = name.slice(0, -ENDING.length);
    if (names.has(name)) throw new DatasetError({ file, field }, "the archive has it twice");
    names.add(name);
    left -= size;
    if (left < 0) {
      throw new DatasetError(
        { file, field, value: size },
        "it unpacks to more bytes than a file of this size may hold",
      );
    }
  }
}

/** OGBench stores the simulator's coordinates beside the rows and no rewards, which depend on the task. */
function isOgbench(present: readonly string[]): boolean {
  const has = (name: string) => present.includes(name);
  return ["observations", "actions", "terminals", "qpos", "qvel"].every(has) &&
    !["rewards", "next_observations", "timeouts"].some(has);
}

/**
 * OGBench marks the last row of an episode in `terminals`: it holds the final state and an action that was never executed.
 * Nothing terminated there, so the rows before it are truncated episodes.
 */
function fromOgbench(arrays: Record<string, RawArray>, present: readonly string[], file: string): RawDataset {
  const origin = "an OGBench dataset";
  const { data } = arrays.terminals!;
  const ends = valuesIn(data).read(0, data.length);
  const states = arrays.observations!;
  const fileRows = states.shape[0] ?? 0;
  for (const [field, { shape }] of Object.entries(arrays)) {
    if (shape[0] === fileRows) continue;
    throw new DatasetError(
      { file, field, value: `[${shape}]` },
      `it must have ${fileRows} rows, as observations have`,
    );
  }
  const kept = Int32Array.from(ends.keys().filter((row) => ends[row] !== 1 && row + 1 < fileRows));
  const at = (array: RawArray, shift: number) => takeRows(array, kept, shift);
  const taken = Object.entries(arrays).map(([name, array]) => [name, at(array, 0)]);
  const timeouts = Uint8Array.from(kept, (row) => ends[row + 1] === 1 ? 1 : 0);
  return {
    arrays: {
      ...Object.fromEntries(taken),
      next_observations: at(states, 1),
      terminals: { shape: [kept.length], data: new Uint8Array(kept.length) },
      timeouts: { shape: [kept.length], data: timeouts },
    },
    attributes: {},
    present,
    origin,
  };
}

function takeRows({ shape, data, integer }: RawArray, rows: Int32Array, shift: number): RawArray {
  const width = shape.slice(1).reduce((product, side) => product * side, 1);
  return {
    shape: [rows.length, ...shape.slice(1)],
    data: takenRows(valuesIn(data), width, rows, shift),
    ...(integer === undefined ? {} : { integer }),
  };
}
