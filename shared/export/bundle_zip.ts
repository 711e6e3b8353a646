/**
 * A bundle as one file: a zip, the same bytes for the same files.
 * @module
 */
import { unzipSync, type Zippable, zipSync } from "fflate";

/** Zip's first day: when a bundle was made says nothing about it. */
const DAY = new Date(1980, 0, 1);
/** Weights are noise to a packer; the rest is text. */
const PACKED = /\.(json|md|py|hpp|mjs)$/;
/** Names that are files in a bundle, and cannot lead out of a folder. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/**
 * A zip of these files; the same files give the same bytes.
 *
 * @param files bytes by name
 * @returns bytes of the zip
 */
export function zipFiles(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const entries: Zippable = {};
  for (const [name, bytes] of files) {
    entries[name] = [bytes, { level: PACKED.test(name) ? 9 : 0, mtime: DAY }];
  }
  return Uint8Array.from(zipSync(entries));
}

/**
 * Reads the files in a zip.
 *
 * @param bytes of the zip
 * @returns bytes by name
 * @throws {SyntaxError} for bytes that are no zip, or names that are not those of a bundle's files
 */
export function unzipFiles(bytes: Uint8Array): Map<string, Uint8Array> {
  const entries = Object.entries(unzipped(bytes));
  const strange = entries.find(([name]) => !NAME.test(name));
  if (strange === undefined) return new Map(entries);
  throw new SyntaxError(`This is no bundle: it has a file that is called ${JSON.stringify(strange[0])}`);
}

function unzipped(bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes);
  } catch (cause) {
    throw new SyntaxError("This is no bundle: it is not a zip, or it is cut off", { cause });
  }
}
