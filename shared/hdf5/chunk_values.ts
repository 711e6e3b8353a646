/**
 * The values of a field in chunks, read by ranges: whole rows of chunks, of which the last one is kept.
 * @module
 */
import type { FileBytes } from "./bytes.ts";
import { type Filter, unfilter } from "./chunk_filters.ts";
import { type Grid, placeOf, type StoredChunk } from "./chunk_grid.ts";

/** All chunks of a field. */
export interface StoredField {
  file: FileBytes;
  grid: Grid;
  chunks: readonly StoredChunk[];
  plainEdges: boolean;
  filters: readonly Filter[];
}

/** Most bytes of a row of chunks, where the file does not lie in memory. */
export const MOST_BAND = 128 * 2 ** 20;

/**
 * Bytes of a row of chunks when it is unpacked.
 *
 * @param grid of a field
 * @returns bytes of all chunks that have the same rows
 */
export function bandBytes({ chunkBytes, counts }: Grid): number {
  return counts.slice(1).reduce((product, count) => product * count, chunkBytes);
}

/**
 * Reads ranges of a field's bytes.
 *
 * @param field its grid, filters and chunks
 * @returns fills bytes from a place in the field on; the band of chunks that was read last stays in memory
 * @throws {StorageFault} where a chunk is damaged
 */
export function openChunks(field: StoredField): (target: Uint8Array, from: number) => void {
  const { shape, chunk, counts, places, chunkBytes } = field.grid;
  const numberBytes = chunkBytes / chunk.reduce((product, side) => product * side, 1);
  const rowBytes = shape.slice(1).reduce((product, side) => product * side, numberBytes);
  const bandRows = chunk[0] ?? 1;
  const inBand = places / (counts[0] ?? 1);
  const rows = shape[0] ?? 1;
  let kept: { band: number; bytes: Uint8Array } | undefined;
  const fillBand = (target: Uint8Array, band: number) => {
    for (let number = band * inBand; number < (band + 1) * inBand; number++) {
      const place = placeOf(number, counts);
      put(target, field.grid, [0, ...place.slice(1)], unpack(field, number, place), rowsOf(band));
    }
  };
  const rowsOf = (band: number) => Math.min(bandRows, rows - band * bandRows);
  return (target, from) => {
    const to = from + target.length;
    const bytesBefore = bandRows * rowBytes;
    for (let band = Math.floor(from / bytesBefore); band * bytesBefore < to; band++) {
      const begin = band * bytesBefore;
      const end = begin + rowsOf(band) * rowBytes;
      if (begin >= from && end <= to) {
        fillBand(target.subarray(begin - from, end - from), band);
        continue;
      }
      if (kept?.band !== band) {
        const bytes = kept?.bytes.length === end - begin ? kept.bytes : new Uint8Array(end - begin);
        kept = undefined;
        fillBand(bytes, band);
        kept = { band, bytes };
      }
      const first = Math.max(begin, from);
      target.set(kept.bytes.subarray(first - begin, Math.min(end, to) - begin), first - from);
    }
  };
}

function unpack(
  { file, grid, chunks, plainEdges, filters }: StoredField,
  number: number,
  place: readonly number[],
): Uint8Array {
  const { at, size, mask } = chunks[number]!;
  const isEdge = place.some((step, side) => (step + 1) * grid.chunk[side]! > grid.shape[side]!);
  const used = plainEdges && isEdge ? [] : filters;
  return unfilter(file.source.read(at, at + size), used, mask, grid.chunkBytes);
}

/**
 * Copies the part of a chunk that is inside the field to the bytes of its row of chunks.
 *
 * @param rows of that row of chunks
 */
function put(
  values: Uint8Array,
  { shape: whole, chunk, chunkBytes }: Grid,
  place: readonly number[],
  bytes: Uint8Array,
  rows: number,
): void {
  const shape = [rows, ...whole.slice(1)];
  const numberBytes = chunkBytes / chunk.reduce((product, side) => product * side, 1);
  // Trailing sides that the chunk has whole are one.
  let last = shape.length - 1;
  let run = numberBytes;
  while (last > 0 && chunk[last] === shape[last]) run *= shape[last--]!;
  const inside = shape.map((side, i) => Math.min(chunk[i]!, side - place[i]! * chunk[i]!));
  const runBytes = inside[last]! * run;
  const runs = inside.slice(0, last).reduce((product, side) => product * side, 1);
  const copy = copierOf(bytes, values, run);
  const step = new Array<number>(last).fill(0);
  for (let n = 0; n < runs; n++) {
    let from = 0;
    let to = 0;
    for (let side = 0; side <= last; side++) {
      const within = side < last ? step[side]! : 0;
      from = from * chunk[side]! + within;
      to = to * shape[side]! + place[side]! * chunk[side]! + within;
    }
    copy(from * run, to * run, runBytes);
    for (let side = last - 1; side >= 0 && ++step[side]! === inside[side]!; side--) step[side] = 0;
  }
}

/** Few bytes are copied faster word by word than as an array of their own. */
const SHORT = 256;

function copierOf(source: Uint8Array, target: Uint8Array, unit: number) {
  const areWords = [source.byteOffset, target.byteOffset, unit].every((bytes) => bytes % 4 === 0);
  const words = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    areWords ? new Uint32Array(buffer, byteOffset, byteLength >> 2) : new Uint32Array(0);
  const [read, written] = [words(source), words(target)];
  return (from: number, to: number, bytes: number) => {
    if (!areWords || bytes > SHORT) return target.set(source.subarray(from, from + bytes), to);
    for (let i = from >> 2, at = to >> 2, end = (from + bytes) >> 2; i < end; i++, at++) {
      written[at] = read[i]!;
    }
  };
}
