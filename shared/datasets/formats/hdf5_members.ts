/**
 * Rows of an HDF5 field, or of a group's fields side by side: a dict of observations lies in a group.
 *
 * The order of a dict's columns is that of its names, letter by letter, as Gymnasium sorts them; of a tuple's (Minari's
 * `_index_0`, `_index_1` ...) that of the numbers.
 * @module
 */
import { type FieldPlan, type Hdf5Group, StorageFault, type Values } from "@cugro/hdf5";
import { DatasetError } from "../dataset.ts";
import { faultsAt } from "./format_faults.ts";
import { besideEachOther, type Matrix, NO_ROWS, widthOf } from "./matrix.ts";

/** Bytes that fields may still take when they are unpacked, and whether they are read by ranges. */
export interface Budget {
  left: number;
  byRanges: boolean;
}

/** Rows that were judged, not read yet. */
export interface Member {
  rows: number;
  /** The field's own shape; of fields side by side none. */
  shape?: number[];
  read(): Matrix;
}

const MOST_DEPTH = 8;
const MOST_PARTS = 1024;
const INDEXED = /^_index_(\d{1,6})$/;

/**
 * Judges a field or a group of fields. `path` may lead through groups: `infos/qpos`.
 *
 * @param group that the path begins at
 * @param path may lead through groups: `infos/qpos`
 * @param place file and field for the error
 * @param budget bytes that may still be unpacked
 * @returns a field, or the fields of a group side by side
 * @throws {DatasetError} where there is nothing that can be read
 */
export function planMember(
  group: Hdf5Group,
  path: string,
  place: { file: string; field: string },
  budget: Budget,
): Member {
  const parts: Part[] = [];
  const { within, name } = faultsAt(place, () => parentOf(group, path));
  collect(within, name, place, { budget, parts, depth: 0 });
  const [first] = parts;
  if (!first) throw new DatasetError(place, "it is a group without fields");
  const other = parts.find(({ plan }) => plan.shape[0] !== first.plan.shape[0]);
  if (other) {
    const fault = `it has ${other.plan.shape[0]} rows, and ${first.field} ${first.plan.shape[0]}`;
    throw new DatasetError({ ...place, field: other.field }, fault);
  }
  const shape = parts.length === 1 ? { shape: first.plan.shape } : {};
  const rows = first.plan.shape[0] ?? 1;
  const read = (part: Part) => readPart(part, rows, place.file, budget.byRanges);
  return { rows, ...shape, read: () => besideEachOther(parts.map(read)) };
}

interface Part {
  field: string;
  plan: FieldPlan;
  width: number;
}

function parentOf(group: Hdf5Group, path: string): { within: Hdf5Group; name: string } {
  const names = path.split("/");
  const name = names.pop()!;
  let within = group;
  for (const step of names.slice(0, MOST_DEPTH)) {
    const next = within.has(step) ? within.group(step) : undefined;
    if (!next) throw new StorageFault("there is nothing of this name");
    within = next;
  }
  return { within, name };
}

/**
 * Whether there is something at a path.
 *
 * @param group that the path begins at
 * @param path may lead through groups
 * @returns false also where the file is damaged there
 */
export function hasMember(group: Hdf5Group, path: string): boolean {
  try {
    const { within, name } = parentOf(group, path);
    return within.has(name);
  } catch {
    return false;
  }
}

function collect(
  within: Hdf5Group,
  name: string,
  place: { file: string; field: string },
  found: { budget: Budget; parts: Part[]; depth: number },
): void {
  const { budget, parts, depth } = found;
  const inner = faultsAt(place, () => within.group(name));
  if (inner) {
    if (depth === MOST_DEPTH) throw new DatasetError(place, "its groups are nested too deep");
    for (const member of inOrder(inner.names)) {
      collect(inner, member, { ...place, field: `${place.field}/${member}` }, { ...found, depth: depth + 1 });
    }
    return;
  }
  if (parts.length === MOST_PARTS) throw new DatasetError(place, `it has more than ${MOST_PARTS} fields`);
  const plan = faultsAt(place, () => within.plan(name, budget.left));
  if (plan.isEmpty) throw new DatasetError(place, "none of its values was ever written: write them");
  const width = widthOf(plan.shape);
  if (width === undefined) throw new DatasetError({ ...place, value: `[${plan.shape}]` } as never, NO_ROWS);
  budget.left -= plan.unpackedBytes;
  parts.push({ field: place.field, plan, width });
}

/** Names of a dict letter by letter, of a tuple by number. */
function inOrder(names: readonly string[]): string[] {
  const numbers = names.map((name) => Number(INDEXED.exec(name)?.[1] ?? NaN));
  if (numbers.some(Number.isNaN)) return names.toSorted((a, b) => a < b ? -1 : a > b ? 1 : 0);
  return names.map((_, i) => i).sort((a, b) => numbers[a]! - numbers[b]!).map((i) => names[i]!);
}

function readPart({ field, plan, width }: Part, rows: number, file: string, byRanges: boolean): Matrix {
  const data = byRanges
    ? valuesOf(plan, { file, field }, false)
    : faultsAt({ file, field }, () => plan.read());
  return { rows, width, data, integer: plan.isInteger };
}

/**
 * A field by ranges.
 *
 * @param plan of the field
 * @param place file and field for the error
 * @param isKept whether what was read last is kept; of tens of thousands of episodes it cannot be
 * @returns read when they are asked for
 */
export function valuesOf(plan: FieldPlan, place: { file: string; field: string }, isKept: boolean): Values {
  const kept = plan.values();
  const read: Values["read"] = (from, to) =>
    faultsAt(place, () => (isKept ? kept : plan.values()).read(from, to));
  return { ...kept, read };
}
