/**
 * The heap that the newer groups keep many names in, and objects many attributes.
 * @module
 */
import {
  address,
  bytesIn,
  type Cursor,
  cursorAt,
  DAMAGED,
  type FileBytes,
  length,
  skip,
  spend,
  StorageFault,
  uint,
} from "./bytes.ts";
import { checkedBlock, lookup3 } from "./checksums.ts";
import { TREE2, walkTree2 } from "./tree2.ts";

/**
 * Finds an object by its id.
 *
 * @throws {StorageFault}
 */
export type HeapObjects = (id: Cursor) => Cursor;

interface Heap {
  /** Where large objects are listed. */
  largeAt: number | undefined;
  /** Bytes of an offset in the heap, and of an object's length. */
  offsetBytes: number;
  lengthBytes: number;
  hasChecksums: boolean;
  /** Blocks in a row; size of the first ones, and of the largest that hold objects. */
  width: number;
  startBytes: number;
  largestBytes: number;
  rootAt: number | undefined;
  /** 0: the root is a block of objects. */
  rootRows: number;
}

const MANAGED = 0;
const LARGE = 1;
const TINY = 2;

/**
 * Opens the heap at an address.
 *
 * @param at address of the heap
 * @returns gives a cursor on the object of an id; throws a StorageFault where there is none
 * @throws {StorageFault} where its header is damaged
 */
export function openHeap(file: FileBytes, at: number | undefined): HeapObjects {
  const heap = readHeader(file, at);
  const checked = new Set<number>();
  return (id) => {
    spend(file, 16);
    const kind = uint(id, 1);
    if (kind >> 6 !== 0) throw new StorageFault(DAMAGED);
    if (kind >> 4 === TINY) return cursorAt(file, id.at, (kind & 0xf) + 1);
    if (kind >> 4 === LARGE) return largeObject(file, heap, id);
    if (kind >> 4 !== MANAGED) throw new StorageFault(DAMAGED);
    const offset = uint(id, heap.offsetBytes);
    const size = uint(id, heap.lengthBytes);
    return objectAt(file, heap, checked, offset, size);
  };
}

const log2 = (value: number) => Math.floor(Math.log2(value));

function readHeader(file: FileBytes, at: number | undefined): Heap {
  const { offsetSize, lengthSize } = file;
  const header = checkedBlock(file, at, 26 + 12 * lengthSize + 3 * offsetSize, "FRHP");
  skip(header, 2); // bytes of an id
  if (uint(header, 2) !== 0) throw new StorageFault("its names are in a packed heap, which is not read");
  const flags = uint(header, 1);
  const mostManaged = uint(header, 4);
  length(header);
  const largeAt = address(header);
  skip(header, 8 * lengthSize + offsetSize + lengthSize); // free space and what is counted
  const width = uint(header, 2);
  const startBytes = length(header);
  const largestBytes = length(header);
  const bits = uint(header, 2);
  skip(header, 2);
  const rootAt = address(header);
  const rootRows = uint(header, 2);
  const isPower = (value: number) => value > 0 && 2 ** log2(value) === value;
  if (![width, startBytes, largestBytes].every(isPower) || largestBytes < startBytes || bits > 64) {
    throw new StorageFault(DAMAGED);
  }
  return {
    largeAt,
    offsetBytes: Math.ceil(bits / 8),
    lengthBytes: Math.min(Math.ceil(log2(largestBytes) / 8), Math.floor(log2(mostManaged) / 8) + 1),
    hasChecksums: (flags & 2) !== 0,
    width,
    startBytes,
    largestBytes,
    rootAt,
    rootRows,
  };
}

/** Objects beyond the largest size of the heap's blocks lie alone; their id says where, or a tree. */
function largeObject(file: FileBytes, { largeAt }: Heap, id: Cursor): Cursor {
  const left = id.end - id.at;
  if (left >= file.offsetSize + file.lengthSize) return cursorAt(file, address(id), length(id));
  const wanted = uint(id, Math.min(left, 8));
  let found: Cursor | undefined;
  walkTree2(file, largeAt, [TREE2.largeObjects], (record) => {
    const at = address(record);
    const size = length(record);
    if (length(record) === wanted) found = cursorAt(file, at, size);
  });
  if (!found) throw new StorageFault(DAMAGED);
  spend(file, found.end - found.at);
  return found;
}

/** Rows of blocks: of the first size, of the first size again, and each further one of twice the size. */
function objectAt(file: FileBytes, heap: Heap, checked: Set<number>, offset: number, size: number): Cursor {
  const { width, startBytes, largestBytes } = heap;
  const directRows = log2(largestBytes / startBytes) + 2;
  let at = heap.rootAt;
  let base = 0;
  let blockBytes = startBytes;
  for (let rows = heap.rootRows; rows > 0;) {
    const within = offset - base;
    const row = within < width * startBytes ? 0 : log2(within / (width * startBytes)) + 1;
    const rowAt = row === 0 ? 0 : width * startBytes * 2 ** (row - 1);
    blockBytes = startBytes * 2 ** Math.max(0, row - 1);
    const column = Math.floor((within - rowAt) / blockBytes);
    if (!(row < rows)) throw new StorageFault(DAMAGED);
    at = childAt(file, heap, checked, at, rows, row * width + column);
    base += rowAt + column * blockBytes;
    rows = row < directRows ? 0 : log2(blockBytes) - log2(width * startBytes) + 1;
  }
  checkDirectBlock(file, heap, checked, at, blockBytes);
  if (!(offset - base + size <= blockBytes)) throw new StorageFault(DAMAGED);
  return cursorAt(file, at! + offset - base, size);
}

function childAt(
  file: FileBytes,
  heap: Heap,
  checked: Set<number>,
  at: number | undefined,
  rows: number,
  n: number,
): number | undefined {
  const head = 5 + file.offsetSize + heap.offsetBytes;
  const size = head + rows * heap.width * file.offsetSize + 4;
  if (at === undefined || !checked.has(at)) checkedBlock(file, at, size, "FHIB");
  checked.add(at!);
  return address(cursorAt(file, at! + head + n * file.offsetSize));
}

function checkDirectBlock(
  file: FileBytes,
  heap: Heap,
  checked: Set<number>,
  at: number | undefined,
  size: number,
): void {
  const block = cursorAt(file, at, size);
  if (!heap.hasChecksums || checked.has(block.at)) return;
  const sumAt = 5 + file.offsetSize + heap.offsetBytes;
  spend(file, size);
  // The sum is computed as if it were 0 itself.
  const bytes = Uint8Array.from(bytesIn(file, block.at, block.end));
  const stored = new DataView(bytes.buffer).getUint32(sumAt, true);
  bytes.fill(0, sumAt, sumAt + 4);
  if (lookup3(bytes) !== stored) throw new StorageFault(DAMAGED);
  checked.add(block.at);
}
