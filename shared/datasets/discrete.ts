/**
 * Discrete actions: recognised, and given to everything after as one-hot rows.
 * @module
 */
import { DatasetError } from "./dataset.ts";
import { openRows } from "./blocks/room.ts";
import { blockRowsOf, type Rows, rowsIn, visitBlocks } from "./blocks/block_rows.ts";
import { floatsOf, rowsOf } from "./field_rows.ts";
import { columnsOf, type Field, type Fields, LIMITS, placeOf } from "./fields.ts";
import type { Notice } from "./notice.ts";
import { countDifferent } from "./plausibility/row_keys.ts";

/** More classes than this in whole numbers of a float type are taken for a continuous action. */
const MOST_GUESSED = 64;
const MOST_CLASSES = 1024;

/** Actions as the dataset holds them: `[N, A]`, one-hot where `classes` says how many there are. */
export interface Actions {
  values: Rows;
  dim: number;
  classes?: number;
  notices: Notice[];
}

/**
 * Reads the actions.
 *
 * @param fields of the file
 * @param field the actions
 * @param classes number of discrete actions, where the file says so
 * @returns `[N, A]`, one-hot where they are discrete
 * @throws {DatasetError} for several discrete actions a row, and for classes that do not count from 0
 */
export function readActions(fields: Fields, field: Field, classes?: number): Actions {
  const columns = columnsOf(fields, field);
  if (columns === 1) return ofOneColumn(fields, field, floatsOf(fields, field, LIMITS.actions), classes);
  const values = rowsOf(fields, field, columns, LIMITS.actions);
  const oneHot = isOneHot(values);
  if (field.integer && !oneHot) {
    const fault =
      `${columns} whole numbers a row are several discrete actions at once, which cannot be learnt: ` +
      "give one discrete action a row, or continuous actions as float32";
    throw new DatasetError({ file: fields.file, field: field.name }, fault);
  }
  if (!oneHot && classes !== undefined) {
    throw new DatasetError(
      { file: fields.file, field: field.name },
      `the attribute discrete_actions is ${classes}, but a row has ${columns} numbers that are not one-hot: ` +
        "write the number of the action that was taken, or leave the attribute out",
    );
  }
  if (!oneHot) return { values, dim: columns, notices: [] };
  const notices = field.integer || classes
    ? []
    : [guessed(field, `one-hot rows of ${columns} discrete actions`)];
  return { values, dim: columns, classes: columns, notices };
}

function ofOneColumn(fields: Fields, field: Field, values: Float32Array, classes?: number): Actions {
  const whole = values.every((value) => Number.isInteger(value));
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const guess = whole && least === 0 && most >= 1 && most < MOST_GUESSED;
  const from = whole && least > 0 && most > 1 && most < MOST_GUESSED;
  const { blockBytes } = fields.room;
  if (!field.integer && !guess && !from && classes === undefined) {
    return { values: rowsIn(values, 1, { blockBytes }), dim: 1, notices: [] };
  }
  const count = classes ?? most + 1;
  const wrong = values.findIndex((value) =>
    !(Number.isInteger(value) && value >= 0 && value < Math.min(count, MOST_CLASSES))
  );
  const used = countDifferent(values.slice());
  if (wrong >= 0 || (from && used > 1 && classes === undefined)) {
    const at = Math.max(wrong, 0);
    throw new DatasetError(
      placeOf(fields, field, at, undefined, values[at]),
      wrongClasses({ least, most, used: whole ? used : Infinity, classes }),
    );
  }
  const dim = Math.max(2, count);
  const notices = classes ? [] : noticesOf(field, used, most);
  return { values: oneHotRows(fields, values, dim), dim, classes: dim, notices };
}

function oneHotRows({ room }: Fields, actions: Float32Array, dim: number): Rows {
  const writer = openRows(room, actions.length, dim);
  visitBlocks({ size: actions.length, blockRows: blockRowsOf(dim, room.blockBytes) }, (from, to) => {
    const block = new Float32Array((to - from) * dim);
    for (let row = from; row < to; row++) block[(row - from) * dim + actions[row]!] = 1;
    writer.add(block);
  });
  return writer.rows();
}

function wrongClasses(
  { least, most, used, classes }: { least: number; most: number; used: number; classes: number | undefined },
): string {
  const last = classes === undefined ? MOST_CLASSES - 1 : classes - 1;
  const rule = `discrete actions are whole numbers from 0 to ${last}`;
  const shifted = most - least <= last && used <= MOST_GUESSED && least !== 0;
  if (!shifted) return `${rule}; write continuous actions as float32 in [-1, 1]`;
  const shift = least > 0 ? `subtract ${least} from all` : `add ${-least} to all (subtract ${least})`;
  // Where the first actions exist and were never taken, nothing must be subtracted.
  const count = least > 0
    ? ", or say how many there are in the attribute discrete_actions if 0 was never taken"
    : "";
  return `${rule}, and these begin at ${least}: ${shift}${count}; write continuous actions as float32 in [-1, 1]`;
}

function noticesOf(field: Field, used: number, most: number): Notice[] {
  if (!field.integer) return [guessed(field, `the whole numbers 0 to ${most}`)];
  if (most < MOST_GUESSED && used >= 0.2 * (most + 1)) return [];
  return [{
    code: "actions-discrete",
    field: field.name,
    message: `${field.name} are ${used} different whole numbers up to ${most}: they are learnt as ${
      most + 1
    } discrete actions`,
    advice:
      "write continuous actions as float32 in [-1, 1]; number discrete ones from 0 without gaps, or say how many there " +
      "are in the attribute discrete_actions",
  }];
}

function isOneHot(rows: Rows): boolean {
  const { columns } = rows;
  const used = new Set<number>();
  let isEach = true;
  visitBlocks(rows, (from, to) => {
    const block = rows.read(from, to);
    for (let row = 0; isEach && row < block.length; row += columns) {
      const at = onlyOne(block, row, columns);
      isEach = at >= 0;
      used.add(at);
    }
    return isEach;
  });
  return isEach && used.size > 1;
}

/** The column of the only 1 in a row of zeros; -1 where it is none. */
function onlyOne(block: Float32Array, row: number, columns: number): number {
  let at = -1;
  for (let column = 0; column < columns; column++) {
    const value = block[row + column];
    if (value === 0) continue;
    if (value !== 1 || at >= 0) return -1;
    at = column;
  }
  return at;
}

function guessed({ name }: Field, what: string): Notice {
  return {
    code: "actions-discrete",
    field: name,
    message: `${name} are ${what}: they are learnt as discrete actions`,
    advice:
      "write discrete actions with an integer type; continuous ones of only these values cannot be distinguished from them",
  };
}
