/**
 * Rows of a task's stored dataset, read by ranges: memory grows with what is asked for, not with the dataset.
 * @module
 */
import { mapConcurrently } from "@cugro/async";
import { DatasetError } from "@cugro/datasets";
import { headerBytes, type TensorPlace, tensorPlaces } from "@cugro/protocol";
import type { OpenedInput } from "@cugro/worker";

/** Arrays of a stored dataset that hold numbers. */
export type Numbers = "states" | "actions" | "rewards" | "nextStates";
/** Arrays of a stored dataset that hold flags, one a row. */
export type Flags = "terminals" | "timeouts";

/** A stored dataset, of which nothing has been read but what it holds. */
export interface StoredDataset {
  size: number;
  stateDim: number;
  actionDim: number;
  /**
   * Rows of an array, in their order.
   *
   * @param rows rising; a row may be there twice
   */
  numbers(name: Numbers, rows: Int32Array): Promise<Float32Array>;
  /** The same of flags, 0 or 1. */
  flags(name: Flags, rows: Int32Array): Promise<Uint8Array>;
}

/** Bytes of one request at most, and how many are read at once. */
const PIECE_BYTES = 8 << 20;
const PIECES_AT_ONCE = 4;
/** A gap up to this size is read through: another request would take longer. */
const GAP_BYTES = 64 << 10;

/**
 * Opens a stored dataset.
 *
 * @param input opened
 * @param file name used in errors
 * @returns N, S, A, and readers of its arrays by rows
 * @throws {DatasetError} where the input is none
 */
export async function openDataset(input: OpenedInput, file = "dataset"): Promise<StoredDataset> {
  const places = await readLayout(input, file);
  const [size = 0, stateDim = 0] = placeOf(places, "states", file).shape;
  const actionDim = placeOf(places, "actions", file).shape[1] ?? 1;
  const widths = { states: stateDim, nextStates: stateDim, actions: actionDim, rewards: 1 };
  const array = (name: Numbers | Flags, width: number) => {
    const place = placeOf(places, name, file);
    const found = place.shape.reduce((product, length) => product * length, 1);
    if (found === size * width) return { ...place, rowBytes: (place.end - place.start) / size };
    throw new DatasetError({ file, field: name }, `it must hold ${width} numbers for each of ${size} rows`);
  };
  return {
    size,
    stateDim,
    actionDim,
    async numbers(name, rows) {
      const place = array(name, widths[name]);
      if (place.type === "F32") return new Float32Array(await readRows(input, place, rows));
      throw new DatasetError({ file, field: name, value: place.type }, "it must hold numbers of type F32");
    },
    async flags(name, rows) {
      const place = array(name, 1);
      const bytes = await readRows(input, place, rows);
      if (place.type === "U8") return new Uint8Array(bytes);
      return Uint8Array.from(place.type === "I32" ? new Int32Array(bytes) : new Float32Array(bytes));
    },
  };
}

async function readLayout(input: OpenedInput, file: string): Promise<Record<string, TensorPlace>> {
  const { size } = input;
  try {
    const start = await input.read(0, headerBytes(await input.read(0, Math.min(8, size)), size));
    return tensorPlaces(start, size).places;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DatasetError({ file }, cause.message, { cause });
  }
}

function placeOf(places: Record<string, TensorPlace>, name: string, file: string): TensorPlace {
  const found = places[name];
  if (found) return found;
  throw new DatasetError({ file, field: name }, "the field is missing: this is no stored dataset");
}

/** Rows `rows[first .. end)`, which are read together. */
interface Piece {
  first: number;
  end: number;
}

/** The bytes of rows, one after the other. */
async function readRows(
  input: OpenedInput,
  { start, rowBytes }: { start: number; rowBytes: number },
  rows: Int32Array,
): Promise<ArrayBuffer> {
  const target = new Uint8Array(rows.length * rowBytes);
  await mapConcurrently(piecesOf(rows, rowBytes), PIECES_AT_ONCE, async ({ first, end }) => {
    const from = start + rows[first]! * rowBytes;
    const bytes = await input.read(from, start + (rows[end - 1]! + 1) * rowBytes);
    for (let at = first; at < end;) {
      const run = at;
      do at++; while (at < end && rows[at] === rows[at - 1]! + 1);
      const offset = (rows[run]! - rows[first]!) * rowBytes;
      target.set(bytes.subarray(offset, offset + (at - run) * rowBytes), run * rowBytes);
    }
  });
  return target.buffer;
}

function piecesOf(rows: Int32Array, rowBytes: number): Piece[] {
  const pieces: Piece[] = [];
  for (let first = 0, at = 1; at <= rows.length; at++) {
    const ends = at === rows.length ||
      (rows[at]! - rows[at - 1]! - 1) * rowBytes > GAP_BYTES ||
      (rows[at]! + 1 - rows[first]!) * rowBytes > PIECE_BYTES;
    if (!ends) continue;
    pieces.push({ first, end: at });
    first = at;
  }
  return pieces;
}
