/**
 * The form of a field: how long it is, of which type, through which filters it went.
 * @module
 */
import { bytesIn, type Cursor, DAMAGED, type FileBytes, length, skip, StorageFault, uint } from "./bytes.ts";
import type { Filter } from "./chunk_filters.ts";
import { isGroup, linksOf } from "./links.ts";
import { type NumberType, readNumberType } from "./number_type.ts";
import { bodyOf, MESSAGE, type Message } from "./object_header.ts";

/** A field's header. */
export interface FieldForm {
  shape: number[];
  /** Sides that it may grow to; infinite where there is no limit. */
  mostSides: number[];
  type: NumberType;
  filters: Filter[];
}

const MOST_SIDES = 32;

/**
 * Reads the form of an object.
 *
 * @param messages of its header
 * @returns shape, type of numbers and filters
 * @throws {StorageFault} where it is no field of numbers in this file
 */
export function readFieldForm(file: FileBytes, messages: readonly Message[]): FieldForm {
  const layout = messages.some(({ type }) => type === MESSAGE.layout);
  if (!layout && isGroup(messages)) throw groupFault(linksOf(file, messages).map(({ name }) => name));
  const space = bodyOf(messages, MESSAGE.space);
  const datatype = messages.find(({ type }) => type === MESSAGE.datatype);
  if (!layout || !space || !datatype) throw new StorageFault("it is no field of numbers");
  const type = readNumberType(file, { ...datatype.body }, datatype.isShared);
  if (messages.some((message) => message.type === MESSAGE.externalFiles)) {
    throw new StorageFault("its values lie in other files, which is refused: write them to this one");
  }
  const extent = readSpace(space);
  if (!extent) throw new StorageFault("it has no values and no shape");
  const pipeline = bodyOf(messages, MESSAGE.filters);
  return { ...extent, type, filters: pipeline ? readFilters(pipeline) : [] };
}

function groupFault(members: readonly string[]): StorageFault {
  const listed = members.slice(0, 12).map((name) => name.slice(0, 40)).sort().join(", ") || "nothing";
  return new StorageFault(
    `it is a group (of ${listed}) and no array: write one array of all its columns under this name`,
  );
}

/**
 * The sides of a field or attribute; undefined for one without values.
 *
 * @param body of a message about a dataspace
 * @returns sides now, and those that they may grow to
 * @throws {StorageFault} where it is damaged, or has too many sides
 */
export function readSpace(body: Cursor): Pick<FieldForm, "shape" | "mostSides"> | undefined {
  const version = uint(body, 1);
  const rank = uint(body, 1);
  const flags = uint(body, 1);
  if (version !== 1 && version !== 2 || rank > MOST_SIDES) throw new StorageFault(DAMAGED);
  const kind = uint(body, 1);
  if (version === 1) skip(body, 4);
  else if (kind === 2) return undefined;
  const sides = () => Array.from({ length: rank }, () => length(body));
  const shape = sides();
  const unlimited = 2 ** (8 * body.file.lengthSize);
  // Rounded, all ones are this number, too.
  const mostSides = flags & 1 ? sides().map((side) => side + 1 >= unlimited ? Infinity : side) : [...shape];
  if (shape.some((side, i) => side > mostSides[i]!)) throw new StorageFault(DAMAGED);
  return { shape, mostSides };
}

function readFilters(body: Cursor): Filter[] {
  const version = uint(body, 1);
  const count = uint(body, 1);
  if (version !== 1 && version !== 2) throw new StorageFault(DAMAGED);
  if (version === 1) skip(body, 6);
  return Array.from({ length: count }, () => {
    const id = uint(body, 2);
    // Those of the library have no name in the newer form.
    const nameBytes = version === 1 || id >= 256 ? uint(body, 2) : 0;
    skip(body, 2);
    const parameters = uint(body, 2);
    const at = skip(body, version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes);
    const name = new TextDecoder().decode(bytesIn(body.file, at, at + nameBytes)).replace(/\0.*$/s, "");
    const values = Array.from({ length: parameters }, () => uint(body, 4));
    if (version === 1 && parameters % 2 === 1) skip(body, 4);
    return { id, name, cd_values: values };
  });
}
