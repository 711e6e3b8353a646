/**
 * The directory of a zip archive, and its entries unpacked.
 *
 * Not left to a library: those that read in one thread without waiting check no checksum, and unpack to a size that only the
 * archive's maker knows.
 * @module
 */
import { crc32, inflateRawSync } from "node:zlib";
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

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What is in the archive. @throws {ZipFault} */
export function zipEntries(bytes: Uint8Array): ZipEntry[] {
  const view = viewOf(bytes);
  const { from, count } = directoryOf(view);
  if (count > MOST_ENTRIES) throw new ZipFault(`it has ${count} entries: at most ${MOST_ENTRIES} are read`);
  const entries: ZipEntry[] = [];
  let at = from;
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
function directoryOf(view: DataView): { from: number; count: number } {
  const last = view.byteLength - 22;
  let at = last;
  while (at >= 0 && at >= last - MOST_COMMENT && view.getUint32(at, true) !== END) at--;
  if (at < 0 || view.getUint32(at, true) !== END) throw new ZipFault(CUT);
  const count = view.getUint16(at + 10, true);
  const from = view.getUint32(at + 16, true);
  const isLarge = from === UNKNOWN || count === 0xffff;
  if (!isLarge || at < 20 || view.getUint32(at - 20, true) !== LOCATOR64) return { from, count };
  const large = numberAt(view, at - 12);
  if (!(large + 56 <= view.byteLength) || view.getUint32(large, true) !== END64) throw new ZipFault(CUT);
  return { from: numberAt(view, large + 48), count: numberAt(view, large + 32) };
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

/** An entry's bytes, which begin their buffer. @throws {ZipFault} */
export function unzip(archive: Uint8Array, entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const view = viewOf(archive);
  const { at, packedSize, size, method, checksum } = entry;
  if (entry.isEncrypted) throw new ZipFault("it is encrypted");
  if (!(at + 30 <= archive.length) || view.getUint32(at, true) !== LOCAL) {
    throw new ZipFault("it is not where the directory says");
  }
  const from = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (!(from + packedSize <= archive.length)) throw new ZipFault("it is cut short");
  const packed = archive.subarray(from, from + packedSize);
  const bytes = method === STORED ? packed : method === DEFLATED ? inflate(packed, size) : undefined;
  if (!bytes) {
    throw new ZipFault(`its compression (method ${method}) is not read: use numpy's savez_compressed`);
  }
  if (bytes.length !== size || crc32(bytes) !== checksum) {
    throw new ZipFault("its data is damaged; write the file again");
  }
  return new Uint8Array(bytes);
}

function inflate(packed: Uint8Array, size: number): Uint8Array {
  try {
    return size === 0 ? new Uint8Array(0) : inflateRawSync(packed, { maxOutputLength: size });
  } catch (cause) {
    throw new ZipFault("its data is damaged; write the file again", { cause });
  }
}

/** Does what is a part of reading an archive, whose faults are the file's at this place. @throws {DatasetError} */
export function zipFaultsAt<T>(place: { file: string; field?: string }, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (!(cause instanceof ZipFault)) throw cause;
    throw new DatasetError(place, cause.message, { cause });
  }
}
