/**
 * What robomimic's `dones` tell: in some files a success, in others (its done_mode 1 and 2) only where a demonstration's rows end.
 * @module
 */
import { valuesIn } from "@cugro/hdf5";
import type { RawArray } from "../dataset.ts";

/**
 * Where `dones` are 1 in the last row of every demonstration and nowhere else, they do not tell those that ended by themselves from
 * those that were cut, and are taken for cuts: unless the only reward comes there, too, which is a success.
 *
 * @param arrays of the file, by name
 * @returns with terminals of 0 where that is so
 */
export function withoutAmbiguousDones(arrays: Record<string, RawArray>): Record<string, RawArray> {
  const { terminals, rewards, episode_id: ids } = arrays;
  if (!terminals || !ids) return arrays;
  const rows = ids.data.length;
  const marks = (flags: RawArray) => flags.data.length === rows && marksEnds(flags, ids);
  if (!marks(terminals) || (rewards && marks(rewards))) return arrays;
  return { ...arrays, terminals: { ...terminals, data: new Uint8Array(rows) } };
}

const BLOCK = 2 ** 16;

/** Whether the flags are other than 0 at the last rows of episodes, and nowhere else. */
function marksEnds(flags: RawArray, ids: RawArray): boolean {
  const [values, numbers] = [valuesIn(flags.data), valuesIn(ids.data)];
  for (let from = 0; from < values.length; from += BLOCK) {
    const to = Math.min(values.length, from + BLOCK);
    const id = numbers.read(from, Math.min(values.length, to + 1));
    const isEnd = (i: number) => from + i + 1 === values.length || id[i] !== id[i + 1];
    if (!values.read(from, to).every((flag: number, i: number) => (flag !== 0) === isEnd(i))) return false;
  }
  return true;
}
