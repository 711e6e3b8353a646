/**
 * Rows that fill episodes up to a common length: left out where a mask marks them, told where none does.
 * @module
 */
import { type Rows, visitBlocks } from "./blocks/block_rows.ts";
import { DatasetError } from "./dataset.ts";
import type { Ends } from "./episode_ends.ts";
import { flagsOf } from "./field_rows.ts";
import { type Field, type Fields, keepRows } from "./fields.ts";
import type { Notice } from "./notice.ts";
import { countDifferentRows } from "./plausibility/row_keys.ts";

/**
 * Leaves out the rows whose `mask` is 0. A mask that says no more than `1 - done`, or is of something else, is passed over.
 *
 * @param fields of the file
 * @param notices get one where rows are left out
 * @returns with the rows that remain
 * @throws {DatasetError} where none remains
 */
export function withoutPadding(fields: Fields, notices: Notice[]): Fields {
  const { mask } = fields.found;
  if (!mask || !isPerRow(mask)) return fields;
  const flags = flagsOf(fields, mask);
  const kept = new Int32Array(count(flags));
  for (let row = 0, i = 0; row < flags.length; row++) if (flags[row] === 1) kept[i++] = row;
  if (kept.length === fields.size || isNotDone(fields, flags)) return fields;
  if (kept.length === 0) {
    throw new DatasetError({ file: fields.file, field: mask.name }, "mask is 0 everywhere: no row is left");
  }
  const cuts = new Set<number>();
  for (let i = 0; i < kept.length; i++) {
    if (fields.cuts.has(kept[i]!) || (i + 1 < kept.length && kept[i + 1] !== kept[i]! + 1)) cuts.add(i);
  }
  const row = flags.indexOf(0);
  notices.push({
    code: "rows-padded",
    field: mask.name,
    row: fields.rows?.[row] ?? row,
    message: `${
      fields.size - kept.length
    } of ${fields.size} rows have 0 in mask: they are taken for padding and left out`,
    advice: "nothing, if mask marks the true rows; else give it another name",
  });
  return keepRows(fields, kept, cuts);
}

/** A mask of another shape marks something else than rows (actions that are allowed, say). */
function isPerRow({ shape }: Field): boolean {
  return shape.length === 1 || (shape.length === 2 && shape[1] === 1);
}

/** Whether a mask is 0 at ends alone, as the factor of the next state's value is written in some buffers. */
function isNotDone(fields: Fields, mask: Uint8Array): boolean {
  const { terminals, timeouts, dones } = fields.found;
  const flags = [terminals, timeouts, dones].flatMap((field) => field ? [flagsOf(fields, field)] : []);
  const isEnd = mask.map((_, row) => flags.some((flag) => flag[row] === 1) ? 1 : 0);
  // In padding either the flags say nothing, or the row before is marked as well.
  return mask.every((flag, row) => flag === 1 || (isEnd[row] === 1 && !(row > 0 && isEnd[row - 1])));
}

/** The arrays in which padding shows. */
export interface PaddedArrays {
  states: Rows;
  actions: Rows;
  /** Whether actions are one-hot rows. */
  discrete: boolean;
  rewards: Float32Array | undefined;
}

/**
 * Rows of zeros, and repetitions of an episode's last row, that no mask marks.
 *
 * @param fields of the file
 * @param arrays states, actions and rewards
 * @param ends flags, `[N]`
 * @returns undefined where nothing looks so
 */
export function judgePadding(fields: Fields, arrays: PaddedArrays, ends: Ends): Notice | undefined {
  const { size } = fields;
  const zeros = zeroRows(arrays, size);
  const zerosMarkEnds = arrays.discrete ? atEnds(zeros, ends) : count(zeros) > 0;
  const repeated = zerosMarkEnds && isEnough(count(zeros), size) ? undefined : repeatedRows(arrays, size);
  const found = repeated ?? zeros;
  if (!isEnough(count(found), size) || (repeated && !atEnds(repeated, ends))) return undefined;
  const row = found.indexOf(1);
  return {
    code: "rows-padded",
    field: fields.found.states!.name,
    row: fields.rows?.[row] ?? row,
    message: repeated
      ? `${count(found)} rows repeat the row before them, at ends of episodes: they look like padding`
      : `${count(found)} rows are all zeros, states, actions and reward: they look like padding`,
    advice: "leave them out, or mark the true rows with 1 in mask",
  };
}

const count = (flags: Uint8Array) => flags.reduce((sum, flag) => sum + flag, 0);
const isEnough = (rows: number, size: number) => rows >= Math.max(3, size / 200);

function zeroRows({ states, actions, discrete, rewards }: PaddedArrays, size: number): Uint8Array {
  const { columns } = states;
  const zero = (values: Float32Array, from: number, to: number) => {
    for (let i = from; i < to; i++) if (values[i] !== 0) return false;
    return true;
  };
  const rows = new Uint8Array(size);
  visitBlocks(states, (first, to) => {
    const block = states.read(first, to), taken = actions.read(first, to);
    for (let row = first; row < to; row++) {
      const at = row - first;
      if ((rewards?.[row] ?? 0) !== 0 || !zero(block, at * columns, (at + 1) * columns)) continue;
      const noAction = discrete
        ? taken[at * actions.columns] === 1
        : zero(taken, at * actions.columns, (at + 1) * actions.columns);
      if (noAction) rows[row] = 1;
    }
  });
  return rows;
}

function repeatedRows({ states, actions, rewards }: PaddedArrays, size: number): Uint8Array {
  const repeated = new Uint8Array(size);
  const same = (values: Float32Array, row: number, width: number) => {
    for (let i = row * width, end = i + width; i < end; i++) {
      if (values[i] !== values[i - width]) return false;
    }
    return true;
  };
  visitBlocks(states, (from, to) => {
    const first = Math.max(0, from - 1);
    const block = states.read(first, to), taken = actions.read(first, to);
    for (let row = first + 1; row < to; row++) {
      if (rewards !== undefined && rewards[row] !== rewards[row - 1]) continue;
      if (same(block, row - first, states.columns) && same(taken, row - first, actions.columns)) {
        repeated[row] = 1;
      }
    }
  });
  // In a small world a step that leads nowhere comes again by itself.
  const isSmall = count(repeated) > 0 &&
    countDifferentRows([states]) < 0.3 * (size - count(repeated));
  return isSmall ? new Uint8Array(size) : repeated;
}

/** Whether nearly all stretches of these rows, three at least and longer than one row on average, lie at ends of episodes. */
function atEnds(rows: Uint8Array, { terminals, timeouts }: Ends): boolean {
  const isEnd = (row: number) => terminals[row] === 1 || timeouts[row] === 1;
  let stretches = 0, there = 0;
  for (let start = 0; start < rows.length; start++) {
    if (!rows[start]) continue;
    let last = start;
    while (rows[last + 1]) last++;
    stretches++;
    if (isEnd(last) || (start > 0 && isEnd(start - 1))) there++;
    start = last;
  }
  return stretches >= 3 && there >= 0.8 * stretches && count(rows) > 1.5 * stretches;
}
