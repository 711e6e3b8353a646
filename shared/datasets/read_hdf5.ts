/**
 * Reads HDF5 in the D4RL layout: only known fields and attributes, all fields judged before the first is read.
 * @module
 */
import { DAMAGED, type FieldPlan, type Hdf5File, openHdf5, StorageFault, UNREADABLE } from "@cugro/hdf5";
import { DatasetError, type RawArray, type RawDataset } from "./dataset.ts";
import { ATTRIBUTE_NAMES, FLAG_NAMES } from "./names.ts";
import type { Notice } from "./notice.ts";
import { unpackedLimit } from "./read_limits.ts";

const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set(ATTRIBUTE_NAMES);

/**
 * Reads the wanted fields at the top of the file, and the known attributes.
 *
 * @param bytes the whole file
 * @param file name used in errors
 * @param wanted names of fields; others are not opened
 * @throws {DatasetError} naming the field that is damaged, lies in other files, was never written, or is no numbers
 */
export function readHdf5(bytes: Uint8Array, file: string, wanted: ReadonlySet<string>): RawDataset {
  return faultsAt({ file }, () => readFields(openHdf5(bytes), unpackedLimit(bytes.length), file, wanted));
}

/** Whatever goes wrong inside is a fault of the file at this place: nothing else is done there. */
export function faultsAt<T>(place: { file: string; field?: string }, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    const known = cause instanceof StorageFault ? cause.message : DAMAGED;
    const fault = known === DAMAGED && place.field === undefined ? UNREADABLE : known;
    throw new DatasetError(place, fault, { cause });
  }
}

function readFields(
  opened: Hdf5File,
  mostBytes: number,
  file: string,
  wanted: ReadonlySet<string>,
): RawDataset {
  let left = mostBytes;
  const plans = opened.names.filter((name) => wanted.has(name)).map((field): [string, FieldPlan] => {
    const plan = faultsAt({ file, field }, () => opened.plan(field, left));
    left -= plan.unpackedBytes;
    return [field, plan];
  });
  const attributes = readAttributes(opened, file);
  const arrays: Record<string, RawArray> = {};
  const notices: Notice[] = [];
  for (const [field, plan] of plans) {
    if (plan.isEmpty) notices.push(neverWritten(field, file));
    const data = faultsAt({ file, field }, () => plan.read());
    arrays[field] = { shape: plan.shape, data, integer: plan.isInteger };
  }
  return { arrays, attributes, present: opened.names, notices };
}

/** Flags that nobody wrote are zeros that somebody may have meant; measurements that nobody made are not. */
function neverWritten(field: string, file: string): Notice {
  if (!FLAG_NAMES.includes(field)) {
    throw new DatasetError({ file, field }, "none of its values was ever written: write them");
  }
  return {
    code: "values-never-written",
    field,
    message: `no value of ${field} was ever written; all are taken for 0`,
    advice: `write ${field}, also where all are 0, or leave the field out`,
  };
}

function readAttributes({ attributes }: Hdf5File, file: string): Record<string, unknown> {
  const known = attributes.filter(({ name }) => KNOWN_ATTRIBUTES.has(name));
  return Object.fromEntries(
    known.map(({ name, read }) => [name, faultsAt({ file, field: `@${name}` }, read)]),
  );
}
