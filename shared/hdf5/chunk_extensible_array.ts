/**
 * An index of chunks that is an array, and grows along one side.
 * @module
 */
import { address, byteAt, cursorAt, DAMAGED, type FileBytes, skip, StorageFault, uint } from "./bytes.ts";
import { BEFORE, type ElementAt, type ElementForm, readElement, readElementForm } from "./chunk_elements.ts";
import { type Found, type Grid, mostCounts, placeOf } from "./chunk_grid.ts";
import { checkBlock, checkedBlock } from "./checksums.ts";

interface Extensible {
  form: ElementForm;
  /** Elements in the index block itself. */
  inIndex: number;
  leastElements: number;
  leastPointers: number;
  pageElements: number;
  /** Bytes of an offset in the array. */
  offsetBytes: number;
  superBlocks: number;
  indexAt: number | undefined;
}

/**
 * First elements lie in the index block, the others in data blocks, which super blocks list.
 *
 * @param at address of the header
 * @param found called with each chunk that was written
 * @throws {StorageFault} where it is damaged
 */
export function chunksOfExtensibleArray(file: FileBytes, at: number, grid: Grid, found: Found): void {
  const array = readHeader(file, at);
  if (array.indexAt === undefined) return;
  const elementAt = elementsOf(file, array);
  const most = mostCounts(grid);
  const growing = Math.max(0, grid.mostSides.indexOf(Infinity));
  for (let number = 0; number < grid.places; number++) {
    const place = placeOf(number, grid.counts);
    // The side that grows counts first.
    let index = place[growing]!;
    for (let side = 0; side < place.length; side++) {
      if (side !== growing) index = index * most[side]! + place[side]!;
    }
    const position = elementAt(index);
    const chunk = position === undefined ? undefined : readElement(file, position, array.form, grid);
    if (chunk) found(place, chunk);
  }
}

function readHeader(file: FileBytes, at: number): Extensible {
  const header = checkedBlock(file, at, 16 + 6 * file.lengthSize + file.offsetSize, "EAHD");
  const form = readElementForm(header);
  const bits = uint(header, 1);
  const inIndex = uint(header, 1);
  const leastElements = uint(header, 1);
  const leastPointers = uint(header, 1);
  const pageBits = uint(header, 1);
  skip(header, 6 * file.lengthSize);
  const isPower = (value: number) => value > 0 && (value & (value - 1)) === 0;
  if (bits > 64 || !isPower(leastElements) || !isPower(leastPointers)) throw new StorageFault(DAMAGED);
  return {
    form,
    inIndex,
    leastElements,
    leastPointers,
    pageElements: 2 ** pageBits,
    offsetBytes: Math.ceil(bits / 8),
    superBlocks: 1 + bits - Math.log2(leastElements),
    indexAt: address(header),
  };
}

/** Which data block an element is in. */
interface Place {
  superBlock: number;
  /** Number of the block in its super block, and how many there are. */
  block: number;
  blocks: number;
  elements: number;
}

function elementsOf(file: FileBytes, array: Extensible): ElementAt {
  const { form, inIndex, leastElements } = array;
  const indexBlock = readIndexBlock(file, array);
  const blocks = new Map<string, ElementAt>();
  return (index) => {
    if (index < inIndex) return indexBlock.begin + index * form.size;
    const rest = index - inIndex;
    const superBlock = 31 - Math.clz32(Math.floor(rest / leastElements) + 1);
    if (rest >= 2 ** 31 || superBlock >= array.superBlocks) throw new StorageFault(DAMAGED);
    const elements = leastElements * 2 ** Math.ceil(superBlock / 2);
    const within = rest - leastElements * (2 ** superBlock - 1);
    const block = Math.floor(within / elements);
    const key = `${superBlock} ${block}`;
    let elementAt = blocks.get(key);
    if (!elementAt) {
      const place = { superBlock, block, blocks: 2 ** Math.floor(superBlock / 2), elements };
      blocks.set(key, elementAt = openDataBlock(file, array, indexBlock, place));
    }
    return elementAt(within % elements);
  };
}

interface IndexBlock {
  /** Where its elements begin. */
  begin: number;
  /** Super blocks whose data blocks the index block lists itself. */
  directSupers: number;
  dataBlock(n: number): number | undefined;
  superBlock(n: number): number | undefined;
}

function readIndexBlock(file: FileBytes, { form, inIndex, leastPointers, superBlocks, indexAt }: Extensible) {
  const direct = 2 * (leastPointers - 1);
  const directSupers = 2 * Math.log2(leastPointers);
  const pointers = direct + Math.max(0, superBlocks - directSupers);
  const head = BEFORE + file.offsetSize;
  checkedBlock(file, indexAt, head + inIndex * form.size + pointers * file.offsetSize + 4, "EAIB");
  const begin = indexAt! + head;
  const pointer = (n: number) => address(cursorAt(file, begin + inIndex * form.size + n * file.offsetSize));
  return {
    begin,
    directSupers,
    dataBlock: pointer,
    superBlock: (n: number) => pointer(direct + n - directSupers),
  };
}

function openDataBlock(file: FileBytes, array: Extensible, index: IndexBlock, place: Place): ElementAt {
  if (place.superBlock >= index.directSupers) {
    const at = index.superBlock(place.superBlock);
    return at === undefined ? () => undefined : blockOfSuper(file, array, at, place);
  }
  let before = 0;
  for (let n = 0; n < place.superBlock; n++) before += 2 ** Math.floor(n / 2);
  const at = index.dataBlock(before + place.block);
  return at === undefined ? () => undefined : wholeBlock(file, array, at, place.elements);
}

function headOf(file: FileBytes, { offsetBytes }: Extensible): number {
  return BEFORE + file.offsetSize + offsetBytes;
}

function wholeBlock(file: FileBytes, array: Extensible, at: number, elements: number): ElementAt {
  const head = headOf(file, array);
  checkedBlock(file, at, head + elements * array.form.size + 4, "EADB");
  return (within) => at + head + within * array.form.size;
}

function blockOfSuper(file: FileBytes, array: Extensible, at: number, place: Place): ElementAt {
  const { blocks, block, elements } = place;
  const head = headOf(file, array);
  const pages = elements > array.pageElements ? elements / array.pageElements : 0;
  const bitmapBytes = blocks * Math.ceil(pages / 8);
  checkedBlock(file, at, head + bitmapBytes + blocks * file.offsetSize + 4, "EASB");
  const blockAt = address(cursorAt(file, at + head + bitmapBytes + block * file.offsetSize));
  if (blockAt === undefined) return () => undefined;
  if (pages === 0) return wholeBlock(file, array, blockAt, elements);
  checkedBlock(file, blockAt, head + 4, "EADB");
  const pageBytes = array.pageElements * array.form.size + 4;
  const checked = new Set<number>();
  return (within) => {
    const page = Math.floor(within / array.pageElements);
    const bit = block * pages + page;
    if ((byteAt(file, at + head + (bit >> 3))! & (0x80 >> (bit & 7))) === 0) return undefined;
    const pageAt = blockAt + head + 4 + page * pageBytes;
    if (!checked.has(page)) checkBlock(file, pageAt, pageBytes);
    checked.add(page);
    return pageAt + (within % array.pageElements) * array.form.size;
  };
}
