/**
 * The door of the room: the bytes of a file -> what is at its top and in its groups, by name.
 * @module
 */
import { type Attribute, attributesOf } from "./object_attributes.ts";
import type { ByteSource } from "./byte_source.ts";
import { DAMAGED, type FileBytes, StorageFault } from "./bytes.ts";
import { type FieldPlan, planField } from "./field_values.ts";
import { followLink, isGroup, type Link, linksOf } from "./links.ts";
import { type Message, messagesOf } from "./object_header.ts";
import { readSuperblock } from "./superblock.ts";

/** A group whose structure is read as far as it is asked for; the file's top is one. */
export interface Hdf5Group {
  /** Names in it, in the file's order. */
  names: string[];
  /** Its attributes, not read yet. */
  attributes: Attribute[];
  /** Whether there is something of this name. */
  has(name: string): boolean;
  /**
   * Judges a field by its header, before anything is allocated; soft links are followed inside the file.
   *
   * @param mostBytes that its chunks may take when they are unpacked
   * @throws {StorageFault} saying why it is not read
   */
  plan(name: string, mostBytes: number): FieldPlan;
  /**
   * The group of this name; undefined for a field.
   *
   * @throws {StorageFault} where the name leads nowhere
   */
  group(name: string): Hdf5Group | undefined;
}

/**
 * Opens a file, of which only what is asked for is read.
 *
 * @param source a file in memory or on the disk
 * @returns its root group
 * @throws {StorageFault} where it is damaged, or still open for writing
 * @example
 * ```ts
 * import { openHdf5, sourceOf, StorageFault } from "@cugro/hdf5";
 * import { assertThrows } from "@std/assert";
 *
 * // A file of another kind, or a damaged one, is refused with its reason.
 * const bytes = new TextEncoder().encode("not an HDF5 file, but 40 bytes of plain text");
 * assertThrows(() => openHdf5(sourceOf(bytes)), StorageFault);
 * ```
 */
export function openHdf5(source: ByteSource): Hdf5Group {
  const file = readSuperblock(source);
  return openGroup(file, messagesOf(file, file.root));
}

function openGroup(file: FileBytes, messages: readonly Message[]): Hdf5Group {
  const links = linksOf(file, messages);
  const byName = new Map<string, Link>();
  const twice = new Set<string>();
  for (const link of links) {
    if (byName.has(link.name)) twice.add(link.name);
    byName.set(link.name, link);
  }
  const messagesFor = (name: string) => {
    const link = byName.get(name);
    if (!link || twice.has(name)) throw new StorageFault(DAMAGED);
    return followLink(file, link, links);
  };
  return {
    names: links.map(({ name }) => name),
    attributes: attributesOf(file, messages),
    has: (name) => byName.has(name),
    plan: (name, mostBytes) => planField(file, messagesFor(name), mostBytes),
    group(name) {
      const found = messagesFor(name);
      return isGroup(found) ? openGroup(file, found) : undefined;
    },
  };
}
