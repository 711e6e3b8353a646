/**
 * Whatever goes wrong while a part of a file is read becomes a fault of the file at that place.
 * @module
 */
import { DAMAGED, StorageFault, UNREADABLE } from "@cugro/hdf5";
import { DatasetError } from "../dataset.ts";

/**
 * Does what is a part of reading the file at this place, and nothing else.
 *
 * @param place file and field for the error
 * @param act what is done
 * @returns what it gives
 * @throws {DatasetError} with the place, for faults of storage and whatever a damaged file makes throw
 */
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
