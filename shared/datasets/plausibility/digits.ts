/**
 * Digits that 32 bits do not hold: columns whose numbers differ in nothing else.
 * @module
 */
import { valuesIn } from "@cugro/hdf5";
import { openSample, visitField } from "../field_rows.ts";
import type { Field, Fields } from "../fields.ts";
import type { Notice } from "../notice.ts";

/**
 * Judges states, actions and rewards.
 *
 * @param fields of the file, with their samples
 * @returns a notice for each field that has too few digits
 */
export function judgeDigits(fields: Fields): Notice[] {
  const { states, actions, rewards } = fields.found;
  return [states, actions, rewards].flatMap((field) => field ? digitsLost(fields, field) : []);
}

/** Columns whose numbers differ in digits only that 32 bits do not hold. */
function digitsLost(fields: Fields, field: Field): Notice[] {
  const { type, length } = valuesIn(field.data);
  if (field.integer && new type(0).BYTES_PER_ELEMENT < 4) return [];
  const columns = length / field.shape[0]!;
  const sample = fields.samples.get(field.name) ?? sampleOf(fields, field, columns);
  const rows = sample.length / columns;
  for (let column = 0; column < columns; column++) {
    const wide = new Set<number>(), narrow = new Set<number>();
    let least = Infinity, most = -Infinity;
    for (let i = 0; i < rows; i++) {
      const value = sample[i * columns + column]!;
      wide.add(value);
      narrow.add(Math.fround(value));
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    const isHalved = wide.size >= 8 && narrow.size < wide.size / 2;
    // Already lost where the numbers were written as float32: 2^-24 is the smallest relative step.
    const isCoarse = most > least &&
      most - least < 64 * 2 ** -24 * Math.max(Math.abs(least), Math.abs(most));
    if (!isHalved && !isCoarse) continue;
    return [{
      code: "digits-lost",
      field: field.name,
      message:
        `column ${column} has ${wide.size} values in ${rows} rows and ${narrow.size} in float32, in which everything is ` +
        "computed",
      advice: "subtract what is common to all (a start time), or leave the column out",
    }];
  }
  return [];
}

/** The sample of a field that was not read for anything else. */
function sampleOf(fields: Fields, field: Field, columns: number): Float64Array {
  visitField(fields, field, columns, openSample(fields, field, columns));
  return fields.samples.get(field.name)!;
}
