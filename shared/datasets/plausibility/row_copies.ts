/**
 * Rows that stand in a file twice: copies are told from a small world in which the same steps come again by themselves.
 * @module
 */
import { rowsIn } from "../blocks/block_rows.ts";
import type { DatasetRows } from "../dataset.ts";
import type { Notice } from "../notice.ts";
import { countDifferentRows, keysOfRows } from "./row_keys.ts";

/** Share of copied rows that is worth a word, wherever they lie. */
const SCATTERED_SHARE = 0.1;
/** The same for stretches of rows that were copied as they are. */
const STRETCH_SHARE = 0.02;
const STRETCH = 8;
/** With fewer different states than this share of the rows, steps come again by themselves. */
const MANY_STATES = 0.3;

/**
 * Judges the rows that are equal to one before them.
 *
 * @param dataset its rows
 * @returns none where copies are few, or all alike
 */
export function judgeCopies({ states, actions, nextStates, rewards, size }: DatasetRows): Notice[] {
  const parts = [states, actions, nextStates, rowsIn(rewards, 1)];
  if (size - countDifferentRows(parts) < Math.max(1, STRETCH_SHARE * size)) return [];
  const { first, copied, inStretches, copies } = findCopies(keysOfRows(parts));
  if (!sameNumberOfCopies(copies)) {
    if (copied < SCATTERED_SHARE * size && inStretches < STRETCH_SHARE * size) return [];
    if (countDifferentRows([states]) < MANY_STATES * size) return [];
  }
  return [{
    code: "rows-doubled",
    row: first,
    message:
      `${copied} of ${size} rows stand there twice or more (duplicates): rows that are held out for judging the replay ` +
      "are among those trained on",
    advice: "write each transition once",
  }];
}

interface Copies {
  /** First row that is a copy. */
  first: number;
  copied: number;
  /** Copied rows in stretches that were copied as they are. */
  inStretches: number;
  /** How often each different row stands there. */
  copies: Uint32Array;
}

function findCopies(keys: Float64Array): Copies {
  const originalOf = openOriginals(keys);
  const copies = new Uint32Array(keys.length);
  let first = -1, copied = 0, inStretches = 0, stretch = 0, distance = 0;
  const close = () => {
    if (stretch >= STRETCH) inStretches += stretch;
    stretch = 0;
  };
  for (let row = 0; row < keys.length; row++) {
    const original = originalOf(row);
    copies[original] = copies[original]! + 1;
    if (original === row) {
      close();
      continue;
    }
    if (first < 0) first = row;
    copied++;
    if (row - original !== distance) close();
    distance = row - original;
    stretch++;
  }
  close();
  return { first, copied, inStretches, copies: copies.filter((count) => count > 0) };
}

/** The first row with the key of a row; rows are asked for in order. Six to twelve bytes a row, where a map takes forty. */
function openOriginals(keys: Float64Array): (row: number) => number {
  const slots = 2 ** Math.ceil(Math.log2(1.5 * keys.length + 1));
  const rows = new Int32Array(slots).fill(-1);
  return (row) => {
    const key = keys[row]!;
    for (let slot = Math.floor(key / 0x200000) % slots;; slot = (slot + 1) % slots) {
      const found = rows[slot]!;
      if (found < 0) return rows[slot] = row;
      if (keys[found] === key) return found;
    }
  };
}

/** Whether nearly every row stands there equally often: whole files written one after the other. */
function sameNumberOfCopies(copies: Uint32Array): boolean {
  const usual = copies.sort()[copies.length >> 1]!;
  return usual > 1 && copies.filter((count) => count === usual).length >= 0.95 * copies.length;
}
