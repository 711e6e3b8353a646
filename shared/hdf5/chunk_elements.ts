/**
 * What both arrays of chunks share: their elements.
 * @module
 */
import { address, type Cursor, cursorAt, DAMAGED, type FileBytes, StorageFault, uint } from "./bytes.ts";
import type { Grid, StoredChunk } from "./chunk_grid.ts";

/** Bytes of signature, version and client before the rest of a block. */
export const BEFORE = 6;

/** Where the element of an index lies; undefined where its part of the array was never written. */
export type ElementAt = (index: number) => number | undefined;

/** The form of an array's elements. */
export interface ElementForm {
  isFiltered: boolean;
  /** Bytes of an element. */
  size: number;
}

/**
 * Reads client and size of elements from an array's header.
 *
 * @param header behind the array's version; moved behind both numbers
 * @returns size in bytes, and whether chunks are filtered
 * @throws {StorageFault} where the two do not fit each other
 */
export function readElementForm(header: Cursor): ElementForm {
  const client = uint(header, 1);
  const size = uint(header, 1);
  const { offsetSize } = header.file;
  const ofSize = size - offsetSize - 4;
  if (client > 1 || (client === 1 ? ofSize < 1 || ofSize > 8 : size !== offsetSize)) {
    throw new StorageFault(DAMAGED);
  }
  return { isFiltered: client === 1, size };
}

/**
 * The chunk of an element: its address, and what a filtered one takes.
 *
 * @param position of the element in the file
 * @param grid its chunks' size where they are not filtered
 * @returns undefined where the chunk was never written
 */
export function readElement(
  file: FileBytes,
  position: number,
  { isFiltered, size }: ElementForm,
  grid: Grid,
): StoredChunk | undefined {
  const cursor = cursorAt(file, position, size);
  const at = address(cursor);
  if (at === undefined) return undefined;
  if (!isFiltered) return { at, size: grid.chunkBytes, mask: 0 };
  return { at, size: uint(cursor, size - file.offsetSize - 4), mask: uint(cursor, 4) };
}
