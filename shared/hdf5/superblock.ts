/**
 * The first block of an HDF5 file: where it begins, how wide its addresses are, and whether a writer still has it open.
 * @module
 */
import { type ByteSource, partOf } from "./byte_source.ts";
import {
  address,
  type Cursor,
  cursorAt,
  type FileBytes,
  openBytes,
  skip,
  StorageFault,
  uint,
} from "./bytes.ts";
import { checkBlock } from "./checksums.ts";

const MAGIC = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const LAST_USER_BLOCK = 2 ** 26;
const OPEN_FOR_WRITING = 1;
const OPEN_FOR_SWMR = 4;

/** The message about a file whose parts do not fit together. */
export const UNREADABLE = "the HDF5 file is damaged or cut short; write it again";

/**
 * Where HDF5 begins: at 0, or behind a user block of 512, 1024, 2048 ... bytes; undefined for other files.
 *
 * @param source any file
 * @returns in bytes
 */
export function hdf5Start(source: ByteSource): number | undefined {
  const begins = (at: number) => {
    const bytes = source.read(at, Math.min(source.size, at + MAGIC.length));
    return MAGIC.every((byte, index) => bytes[index] === byte);
  };
  if (begins(0)) return 0;
  for (let at = 512; at <= LAST_USER_BLOCK && at < source.size; at *= 2) if (begins(at)) return at;
  return undefined;
}

/**
 * Reads the superblock.
 *
 * @param whole with a user block, if there is one
 * @returns the file from its superblock on
 * @throws {StorageFault} where it is cut, damaged or of a writer that has not closed the file
 */
export function readSuperblock(whole: ByteSource): FileBytes {
  const file = openBytes(partOf(whole, hdf5Start(whole) ?? whole.size));
  if (file.size < 48) throw new StorageFault(UNREADABLE);
  const cursor = cursorAt(file, 0);
  skip(cursor, MAGIC.length);
  const version = uint(cursor, 1);
  if (version > 3) throw new StorageFault(UNREADABLE);
  if (version < 2) skip(cursor, 4);
  file.offsetSize = uint(cursor, 1);
  file.lengthSize = uint(cursor, 1);
  if (![file.offsetSize, file.lengthSize].every((size) => [2, 4, 8].includes(size))) {
    throw new StorageFault(UNREADABLE);
  }
  const end = version < 2 ? readOld(file, cursor, version) : readNew(file, cursor, version);
  if (end === undefined || end > whole.size) throw new StorageFault(UNREADABLE);
  return file;
}

/**
 * Looks at the superblock only.
 *
 * @param source a file
 * @throws {StorageFault} as {@link readSuperblock}
 */
export function checkSuperblock(source: ByteSource): void {
  readSuperblock(source);
}

/** @returns where the file should end */
function readOld(file: FileBytes, cursor: Cursor, version: number): number | undefined {
  skip(cursor, version === 0 ? 9 : 13);
  skip(cursor, 2 * file.offsetSize); // base, free space
  const end = address(cursor);
  skip(cursor, 2 * file.offsetSize); // driver, name of the root
  file.root = address(cursor);
  return end;
}

function readNew(file: FileBytes, cursor: Cursor, version: number): number | undefined {
  const flags = uint(cursor, 1);
  checkBlock(file, 0, 12 + 4 * file.offsetSize + 4);
  if (version === 3 && (flags & (OPEN_FOR_WRITING | OPEN_FOR_SWMR)) !== 0) {
    throw new StorageFault(
      "the file is still open for writing, or its writer ended without closing it: close it, or run h5clear -s on a copy",
    );
  }
  skip(cursor, 2 * file.offsetSize); // base, extension
  const end = address(cursor);
  file.root = address(cursor);
  return end;
}
