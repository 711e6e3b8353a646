/**
 * Rewards: the file's own, or made by a rule where it has none.
 * @module
 */
import { DatasetError, type RawDataset } from "./dataset.ts";
import { type Rows, visitBlocks } from "./blocks/block_rows.ts";
import { flagsOf, floatsOf, rowsOf, visitField } from "./field_rows.ts";
import { columnsOf, type Field, type Fields, LIMITS, missing } from "./fields.ts";

const ADVICE =
  "; where a robot's data has none, say where they come from with --reward success, -1-per-step, the name of a field, or " +
  "distance:FIELD";

/**
 * The rewards `[N]`.
 *
 * @param fields of the file
 * @param raw what a reader has found, for the error
 * @param rule `success`, `-1-per-step`, a field's name, or `distance:FIELD`
 * @returns `[N]`, of 32 bits
 * @throws {DatasetError} where there are none, or the rule names a field that is not there
 */
export function readRewards(fields: Fields, raw: RawDataset, rule?: string): Float32Array {
  if (rule === undefined) {
    const field = fields.found.rewards ?? missing(raw, "rewards", fields.file, ADVICE);
    if (isAllNaN(fields, field)) {
      throw new DatasetError({ file: fields.file, field: field.name }, `no reward is a number${ADVICE}`);
    }
    return floatsOf(fields, field, LIMITS.rewards);
  }
  if (rule === "-1-per-step") return new Float32Array(fields.size).fill(-1);
  if (rule === "success") {
    const field = fields.found.success ?? named(fields, raw, rule);
    return Float32Array.from(flagsOf(fields, field));
  }
  if (rule.startsWith("distance:")) {
    const field = named(fields, raw, rule.slice("distance:".length));
    return negativeNorm(rowsOf(fields, field, columnsOf(fields, field), LIMITS.rewards / 1e3));
  }
  return floatsOf(fields, named(fields, raw, rule), LIMITS.rewards);
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

function isAllNaN(fields: Fields, field: Field): boolean {
  let allNaN = true;
  visitField(fields, field, 1, (block) => allNaN = block.every((value: number) => Number.isNaN(value)));
  return allNaN;
}

function negativeNorm(rows: Rows): Float32Array {
  const norms = new Float32Array(rows.size);
  visitBlocks(rows, (from, to) => {
    const block = rows.read(from, to);
    for (let row = from; row < to; row++) {
      norms[row] = -Math.hypot(
        ...block.subarray((row - from) * rows.columns, (row - from + 1) * rows.columns),
      );
    }
  });
  return norms;
}
