/**
 * Reads numbers and attributes of HDF5 files that strangers made.
 * @module
 */
export { checkSuperblock, hdf5Start, UNREADABLE } from "./superblock.ts";
export { DAMAGED, StorageFault } from "./bytes.ts";
export { type Hdf5Group, openHdf5 } from "./open_hdf5.ts";
export { type FieldPlan } from "./field_values.ts";
export { type Attribute } from "./attributes.ts";
export { type Numbers, toNumbers } from "./numbers.ts";
export { type NumberType } from "./number_type.ts";
