/**
 * Reads numbers and attributes of HDF5 files that strangers made.
 * @module
 */
export { checkSuperblock, hdf5Start, UNREADABLE } from "./superblock.ts";
export { DAMAGED, StorageFault } from "./bytes.ts";
export { type Hdf5Group, openHdf5 } from "./open_hdf5.ts";
export type { FieldPlan } from "./field_values.ts";
export type { Attribute } from "./object_attributes.ts";
export { type ByteSource, type FilePlace, partOf, sourceOf } from "./byte_source.ts";
export { arrayTypeOf, type Numbers, toNumbers } from "./numbers.ts";
export { isPlain, valuesBy } from "./field_values.ts";
export { type NumbersType, type Values, valuesIn } from "./values.ts";
export type { NumberType } from "./number_type.ts";
