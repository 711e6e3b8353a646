/**
 * The fields of a good dataset, as they lie in an HDF5 file.
 * @module
 */
import { bytesOf, type FieldBytes, TYPE } from "../../hdf5/testing/hdf5_bytes.ts";
import { randomNumbers } from "./point_recording.ts";

/** Fields of 100 rows that make a good dataset. */
export function goodFields(): Record<string, FieldBytes> {
  const rows = 100;
  const random = randomNumbers(5);
  const floats = (columns: number) =>
    bytesOf(Float32Array.from({ length: rows * columns }, () => 0.9 * random()));
  const timeouts = Uint8Array.from({ length: rows }, (_, i) => i % 25 === 24 ? 1 : 0);
  return {
    observations: { shape: [rows, 3], type: TYPE.float(4), data: floats(3) },
    actions: { shape: [rows, 2], type: TYPE.float(4), data: floats(2) },
    rewards: { shape: [rows], type: TYPE.float(4), data: floats(1) },
    terminals: { shape: [rows], type: TYPE.integer(1, { signed: false }), data: new Uint8Array(rows) },
    timeouts: { shape: [rows], type: TYPE.integer(1, { signed: false }), data: timeouts },
  };
}
