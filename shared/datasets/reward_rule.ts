/**
 * Rewards: the file's own, or made by a rule where it has none.
 * @module
 */
import { DatasetError, type RawDataset } from "./dataset.ts";
import {
  columnsOf,
  type Field,
  type Fields,
  flagsOf,
  floatsOf,
  LIMITS,
  missing,
  valuesOf,
} from "./fields.ts";

const ADVICE =
  "; where a robot's data has none, say where they come from with --reward success, -1-per-step, the name of a field, or " +
  "distance:FIELD";

/**
 * The rewards `[N]`.
 *
 * @param rule `success`, `-1-per-step`, a field's name, or `distance:FIELD`
 * @throws {DatasetError} where there are none, or the rule names a field that is not there
 */
export function readRewards(fields: Fields, raw: RawDataset, rule?: string): Float32Array {
  if (rule === undefined) {
    const field = fields.found.rewards ?? missing(raw, "rewards", fields.file, ADVICE);
    if (valuesOf(fields, field, 1).every((value: number) => Number.isNaN(value))) {
      throw new DatasetError({ file: fields.file, field: field.name }, `no reward is a number${ADVICE}`);
    }
    return floatsOf(fields, field, 1, LIMITS.rewards);
  }
  if (rule === "-1-per-step") return new Float32Array(fields.size).fill(-1);
  if (rule === "success") {
    const field = fields.found.success ?? named(fields, raw, rule);
    return Float32Array.from(flagsOf(fields, field));
  }
  if (rule.startsWith("distance:")) {
    const field = named(fields, raw, rule.slice("distance:".length));
    return negativeNorm(floatsOf(fields, field, columnsOf(fields, field), LIMITS.rewards / 1e3), fields.size);
  }
  return floatsOf(fields, named(fields, raw, rule), 1, LIMITS.rewards);
}

function named(fields: Fields, raw: RawDataset, name: string): Field {
  const array = Object.hasOwn(raw.arrays, name) ? raw.arrays[name] : undefined;
  if (array) return { name, ...array };
  const present = (raw.present ?? Object.keys(raw.arrays)).slice(0, 40).join(", ");
  throw new DatasetError(
    { file: fields.file, field: name },
    `rewards are to be made of a field that is not there; fields present are ${present}`,
  );
}

function negativeNorm(values: Float32Array, size: number): Float32Array {
  const columns = values.length / size;
  return Float32Array.from(
    { length: size },
    (_, row) => -Math.hypot(...values.subarray(row * columns, (row + 1) * columns)),
  );
}
