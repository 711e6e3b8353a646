/**
 * The directory of a zip archive, and its entries unpacked.
 *
 * Not left to a library: those that read in one thread without waiting check no checksum, and unpack to a size that only the
 * archive's maker knows.
 * @module
 */
import { crc32, inflateRawSync } from "node:zlib";
import { type ByteSource, partOf, sourceOf, valuesIn } from "@cugro/hdf5";
import { Inflate } from "fflate";
import { sourceOfBytes } from "../blocks/gather_rows.ts";
import { openNumbers, type Room } from "../blocks/room.ts";
import { DatasetError } from "../dataset.ts";

/** A sentence about the archive. */
export class ZipFault extends Error {
  override name = "ZipFault";
}

/** One file in the archive. */
export interface ZipEntry {
  name: string;
  /** Bytes when it is unpacked, as the directory says. */
  size: number;
  packedSize: number;
  method: number;
  checksum: number;
  isEncrypted: boolean;
  at: number;
}

/** An archive that is being read. */
export interface Archive {
  source: ByteSource;
  /** Its name, for errors. */
  file: string;
  entries: readonly ZipEntry[];
  /** Where what is unpacked is kept. */
  room: Room;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const MOST_COMMENT = 65_535;
const MOST_ENTRIES = 65_535;
const UNKNOWN = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
const CUT = "its directory is missing: the file is cut short, or damaged";

const MOST_DIRECTORY = 64 * 2 ** 20;

function viewOf(source: ByteSource, from: number, to: number): DataView {
  const bytes = source.read(from, to);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * What is in the archive.
 * @param source the file
 * @returns names, sizes, and where they lie
 * @throws {ZipFault} for a damaged archive, and one of too many entries
 */
export function zipEntries(source: ByteSource): ZipEntry[] {
  const { from, count } = directoryOf(source);
  if (count > MOST_ENTRIES) throw new ZipFault(`it has ${count} entries: at most ${MOST_ENTRIES} are read`);
  if (!(from <= source.size)) throw new ZipFault(CUT);
  const bytes = source.read(from, Math.min(source.size, from + MOST_DIRECTORY));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY) throw new ZipFault(CUT);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) =>
      view.getUint16(at + offset, true)
    );
    const end = at + 46 + nameBytes! + extraBytes! + commentBytes!;
    if (end > bytes.length) throw new ZipFault(CUT);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes!));
    const sizes = sizesOf(view, at, { from: at + 46 + nameBytes!, to: at + 46 + nameBytes! + extraBytes! });
    const isEncrypted = (view.getUint16(at + 8, true) & 1) !== 0;
    const method = view.getUint16(at + 10, true);
    entries.push({ name, ...sizes, method, checksum: view.getUint32(at + 16, true), isEncrypted });
    at = end;
  }
  return entries;
}

/** Where the directory begins, and how many entries it has; a comment may stand behind its end. */
function directoryOf(source: ByteSource): { from: number; count: number } {
  const begin = Math.max(0, source.size - 22 - MOST_COMMENT - 20);
  const view = viewOf(source, begin, source.size);
  const last = view.byteLength - 22;
  let at = last;
  while (at >= 0 && at >= last - MOST_COMMENT && view.getUint32(at, true) !== END) at--;
  if (at < 0 || view.getUint32(at, true) !== END) throw new ZipFault(CUT);
  const count = view.getUint16(at + 10, true);
  const from = view.getUint32(at + 16, true);
  const isLarge = from === UNKNOWN || count === 0xffff;
  if (!isLarge || at < 20 || view.getUint32(at - 20, true) !== LOCATOR64) return { from, count };
  const large = numberAt(view, at - 12);
  if (!(large + 56 <= source.size)) throw new ZipFault(CUT);
  const end = viewOf(source, large, large + 56);
  if (end.getUint32(0, true) !== END64) throw new ZipFault(CUT);
  return { from: numberAt(end, 48), count: numberAt(end, 32) };
}

function numberAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

/** Sizes and place of an entry; those that do not fit 32 bits stand in a field of their own. */
function sizesOf(view: DataView, at: number, extra: { from: number; to: number }) {
  const found = {
    size: view.getUint32(at + 24, true),
    packedSize: view.getUint32(at + 20, true),
    at: view.getUint32(at + 42, true),
  };
  for (let field = extra.from; field + 4 <= extra.to;) {
    const [id, length] = [view.getUint16(field, true), view.getUint16(field + 2, true)];
    let value = field + 4;
    const end = Math.min(value + length, extra.to);
    for (const name of ["size", "packedSize", "at"] as const) {
      if (id !== 1 || found[name] !== UNKNOWN || value + 8 > end) continue;
      found[name] = numberAt(view, value);
      value += 8;
    }
    field += 4 + length;
  }
  return found;
}

const DAMAGED = "its data is damaged; write the file again";

/**
 * An entry as it lies in the archive.
 *
 * @throws {ZipFault}
 */
function packedOf(archive: ByteSource, { at, packedSize, method, isEncrypted }: ZipEntry): ByteSource {
  if (isEncrypted) throw new ZipFault("it is encrypted");
  if (!(at + 30 <= archive.size)) throw new ZipFault("it is not where the directory says");
  const view = viewOf(archive, at, at + 30);
  if (view.getUint32(0, true) !== LOCAL) throw new ZipFault("it is not where the directory says");
  const from = at + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (!(from + packedSize <= archive.size)) throw new ZipFault("it is cut short");
  if (method !== STORED && method !== DEFLATED) {
    throw new ZipFault(`its compression (method ${method}) is not read: use numpy's savez_compressed`);
  }
  return partOf(archive, from, from + packedSize);
}

/**
 * An entry's bytes, which begin their buffer.
 * @param archive the file
 * @param entry one of its entries
 * @returns as many bytes as the archive says
 * @throws {ZipFault} for another size or checksum
 */
export function unzip(archive: ByteSource, entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const source = packedOf(archive, entry);
  const packed = source.read(0, source.size);
  const bytes = entry.method === STORED ? packed : inflate(packed, entry.size);
  if (bytes.length !== entry.size || crc32(bytes) !== entry.checksum) throw new ZipFault(DAMAGED);
  return new Uint8Array(bytes);
}

/** Entries of more blocks than this are not held in memory, where the archive is not. */
const MOST_BLOCKS = 16;

/**
 * An entry as a file that is read by ranges: where it lies in the archive, or unpacked into the room. Its checksum is checked
 * before.
 * @param archive the file
 * @param entry one of its entries
 * @param room where it is unpacked to
 * @returns read by ranges
 * @throws {ZipFault} for another size or checksum
 */
export function openEntry(archive: ByteSource, entry: ZipEntry, room: Room): ByteSource {
  if (archive.inMemory || entry.size <= MOST_BLOCKS * room.blockBytes) return sourceOf(unzip(archive, entry));
  const packed = packedOf(archive, entry);
  const unpacked = entry.method === STORED ? packed : inflateInto(room, packed, entry.size);
  if (unpacked.size !== entry.size) throw new ZipFault(DAMAGED);
  let sum = 0;
  const piece = room.blockBytes;
  for (let at = 0; at < unpacked.size; at += piece) {
    sum = crc32(unpacked.read(at, Math.min(unpacked.size, at + piece)), sum);
  }
  if (sum !== entry.checksum) throw new ZipFault(DAMAGED);
  return unpacked;
}

/** Unpacks piece by piece: by a library in JavaScript, since Node's own can do it at once or not at all without waiting. */
function inflateInto(room: Room, packed: ByteSource, size: number): ByteSource {
  const writer = openNumbers(room, Uint8Array, size);
  const inflater = new Inflate((bytes) => {
    if (writer.count() + bytes.length > size) throw new ZipFault(DAMAGED);
    writer.add(bytes);
  });
  try {
    for (let at = 0; at < packed.size; at += room.blockBytes) {
      const end = Math.min(packed.size, at + room.blockBytes);
      inflater.push(Uint8Array.from(packed.read(at, end)), end === packed.size);
    }
  } catch (cause) {
    throw new ZipFault(DAMAGED, { cause });
  }
  return sourceOfBytes(valuesIn(writer.numbers()));
}

function inflate(packed: Uint8Array, size: number): Uint8Array {
  try {
    return size === 0 ? new Uint8Array(0) : inflateRawSync(packed, { maxOutputLength: size });
  } catch (cause) {
    throw new ZipFault(DAMAGED, { cause });
  }
}

/**
 * Does what is a part of reading an archive, whose faults are the file's at this place.
 * @param place file and field for the error
 * @param act what is done
 * @returns what it gives
 * @throws {DatasetError} with the place, for faults of the archive
 */
export function zipFaultsAt<T>(place: { file: string; field?: string }, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (!(cause instanceof ZipFault)) throw cause;
    throw new DatasetError(place, cause.message, { cause });
  }
}
