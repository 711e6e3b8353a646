/**
 * An index of chunks that is an array of fixed length.
 * @module
 */
import { address, byteAt, DAMAGED, type FileBytes, length, StorageFault, uint } from "./bytes.ts";
import { BEFORE, type ElementAt, readElement, readElementForm } from "./chunk_elements.ts";
import { type Found, type Grid, mostCounts, placeOf } from "./chunk_grid.ts";
import { checkBlock, checkedBlock } from "./checksums.ts";

/**
 * An array with one element for each chunk that the field may ever have.
 *
 * @param at address of the header
 * @param found called with each chunk that was written
 * @throws {StorageFault} where it is damaged
 */
export function chunksOfFixedArray(file: FileBytes, at: number, grid: Grid, found: Found): void {
  const header = checkedBlock(file, at, 12 + file.offsetSize + file.lengthSize, "FAHD");
  const form = readElementForm(header);
  const pageElements = 2 ** uint(header, 1);
  const elements = length(header);
  const blockAt = address(header);
  if (blockAt === undefined) return;
  const elementAt = elements <= pageElements
    ? wholeBlock(file, blockAt, elements, form.size)
    : pagedBlock(file, blockAt, elements, form.size, pageElements);
  const most = mostCounts(grid);
  for (let number = 0; number < grid.places; number++) {
    const place = placeOf(number, grid.counts);
    const position = elementAt(place.reduce((sum, step, side) => sum * most[side]! + step, 0));
    const chunk = position === undefined ? undefined : readElement(file, position, form, grid);
    if (chunk) found(place, chunk);
  }
}

function wholeBlock(file: FileBytes, at: number, elements: number, elementSize: number): ElementAt {
  const begin = at + BEFORE + file.offsetSize;
  checkedBlock(file, at, BEFORE + file.offsetSize + elements * elementSize + 4, "FADB");
  return (index) => {
    if (index >= elements) throw new StorageFault(DAMAGED);
    return begin + index * elementSize;
  };
}

/** Pages of elements, each with its checksum; a bitmap says which pages were ever written. */
function pagedBlock(
  file: FileBytes,
  at: number,
  elements: number,
  elementSize: number,
  pageElements: number,
): ElementAt {
  const pages = Math.ceil(elements / pageElements);
  const bitmapBytes = Math.ceil(pages / 8);
  checkedBlock(file, at, BEFORE + file.offsetSize + bitmapBytes + 4, "FADB");
  const bitmapAt = at + BEFORE + file.offsetSize;
  const pagesAt = bitmapAt + bitmapBytes + 4;
  const checked = new Set<number>();
  return (index) => {
    if (index >= elements) throw new StorageFault(DAMAGED);
    const page = Math.floor(index / pageElements);
    if ((byteAt(file, bitmapAt + (page >> 3))! & (0x80 >> (page & 7))) === 0) return undefined;
    const pageAt = pagesAt + page * (pageElements * elementSize + 4);
    const inPage = Math.min(pageElements, elements - page * pageElements);
    if (!checked.has(page)) checkBlock(file, pageAt, inPage * elementSize + 4);
    checked.add(page);
    return pageAt + (index - page * pageElements) * elementSize;
  };
}
