/**
 * The door of the room: the bytes of a file -> what is at its top, by name.
 * @module
 */
import { type Attribute, attributesOf } from "./attributes.ts";
import { DAMAGED, StorageFault } from "./bytes.ts";
import { type FieldPlan, planField } from "./field_values.ts";
import { followLink, linksOf } from "./links.ts";
import { messagesOf } from "./object_header.ts";
import { readSuperblock } from "./superblock.ts";

/** A file whose structure is read as far as it is asked for. */
export interface Hdf5File {
  /** Names at the top, in the file's order. */
  names: string[];
  /** Attributes of the group at the top, not read yet. */
  attributes: Attribute[];
  /**
   * Judges a field by its header, before anything is allocated; soft links are followed inside the file.
   *
   * @param mostBytes that its chunks may take when they are unpacked
   * @throws {StorageFault} saying why it is not read
   */
  plan(name: string, mostBytes: number): FieldPlan;
}

/** Opens a file; its bytes are not copied. @throws {StorageFault} where it is damaged, or still open for writing */
export function openHdf5(bytes: Uint8Array): Hdf5File {
  const file = readSuperblock(bytes);
  const top = messagesOf(file, file.root);
  const links = linksOf(file, top);
  return {
    names: links.map(({ name }) => name),
    attributes: attributesOf(file, top),
    plan(name, mostBytes) {
      const [link, another] = links.filter((one) => one.name === name);
      if (!link || another) throw new StorageFault(DAMAGED);
      return planField(file, followLink(file, link, links), mostBytes);
    },
  };
}
