/**
 * Which chunks of a field are in the file, and where: whatever index it has.
 * @module
 */
import { address, cursorAt, DAMAGED, type FileBytes, StorageFault, uint } from "./bytes.ts";
import { chunksOfExtensibleArray } from "./chunk_extensible_array.ts";
import { chunksOfFixedArray } from "./chunk_fixed_array.ts";
import { type Found, type Grid, mostCounts, placeOf, type StoredChunk } from "./chunk_grid.ts";
import type { ChunkIndex } from "./layout.ts";
import { TREE, walkTree1 } from "./tree1.ts";
import { TREE2, walkTree2 } from "./tree2.ts";

/**
 * The chunks in the order of the last side first; undefined where one was never written.
 *
 * @param index where it lies, and of which kind it is
 * @returns `[places]`
 * @throws {StorageFault} where the index is damaged, or names a chunk twice or beyond the field
 */
export function chunksOf(file: FileBytes, index: ChunkIndex, grid: Grid): (StoredChunk | undefined)[] {
  const chunks: (StoredChunk | undefined)[] = new Array(grid.places).fill(undefined);
  if (index.at === undefined) return chunks;
  const found: Found = (place, chunk) => {
    const number = place.reduce((sum, step, side) => sum * grid.counts[side]! + step, 0);
    const isInside = place.every((step, side) => step < grid.counts[side]!);
    if (!isInside || chunks[number] !== undefined) throw new StorageFault(DAMAGED);
    cursorAt(file, chunk.at, chunk.size);
    chunks[number] = chunk;
  };
  if (index.kind === "tree") chunksOfTree(file, index.at, grid, found);
  else if (index.kind === "tree 2") chunksOfTree2(file, index.at, grid, found);
  else if (index.kind === "fixed array") chunksOfFixedArray(file, index.at, grid, found);
  else if (index.kind === "extensible array") chunksOfExtensibleArray(file, index.at, grid, found);
  else if (index.kind === "implicit") chunksInARow(index.at, grid, found);
  else {found(grid.counts.map(() => 0), {
      at: index.at,
      size: index.stored ?? grid.chunkBytes,
      mask: index.mask,
    });}
  return chunks;
}

/** All chunks one after the other, allocated when the field was made. */
function chunksInARow(at: number, grid: Grid, found: Found): void {
  const most = mostCounts(grid);
  for (let number = 0; number < grid.places; number++) {
    const place = placeOf(number, grid.counts);
    const inRow = place.reduce((sum, step, side) => sum * most[side]! + step, 0);
    found(place, { at: at + inRow * grid.chunkBytes, size: grid.chunkBytes, mask: 0 });
  }
}

/** The older index. */
function chunksOfTree(file: FileBytes, root: number, grid: Grid, found: Found): void {
  walkTree1(file, root, TREE.chunks, 8 + 8 * (grid.chunk.length + 1), (key, at) => {
    const size = uint(key, 4);
    const mask = uint(key, 4);
    const place = grid.chunk.map((side) => uint(key, 8) / side);
    if (place.some((step) => !Number.isInteger(step))) throw new StorageFault(DAMAGED);
    found(place, { at, size, mask });
  });
}

/** The newer index of fields that grow along more than one side. */
function chunksOfTree2(file: FileBytes, root: number, grid: Grid, found: Found): void {
  const rank = grid.chunk.length;
  walkTree2(file, root, [TREE2.chunks, TREE2.filteredChunks], (record, type) => {
    const at = address(record);
    const sizeBytes = record.end - record.at - 4 - 8 * rank;
    const stored = type === TREE2.filteredChunks
      ? { size: uint(record, sizeBytes), mask: uint(record, 4) }
      : { size: grid.chunkBytes, mask: 0 };
    const place = grid.chunk.map(() => uint(record, 8));
    if (at === undefined || record.at !== record.end) throw new StorageFault(DAMAGED);
    found(place, { at, ...stored });
  });
}
