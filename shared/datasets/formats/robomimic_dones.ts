/**
 * What robomimic's `dones` tell: in some files a success, in others (its done_mode 1 and 2) only where a demonstration's rows end.
 * @module
 */
import type { RawArray } from "../dataset.ts";

/**
 * Where `dones` are 1 in the last row of every demonstration and nowhere else, they do not tell those that ended by themselves from
 * those that were cut, and are taken for cuts: unless the only reward comes there, too, which is a success.
 */
export function withoutUntoldDones(arrays: Record<string, RawArray>): Record<string, RawArray> {
  const { terminals, rewards, episode_id: ids } = arrays;
  if (!terminals || !ids) return arrays;
  const rows = ids.data.length;
  const isEnd = (row: number) => row + 1 === rows || ids.data[row] !== ids.data[row + 1];
  const marks = (flags: RawArray) =>
    flags.data.length === rows &&
    flags.data.every((flag: number, row: number) => (flag !== 0) === isEnd(row));
  if (!marks(terminals) || (rewards && marks(rewards))) return arrays;
  return { ...arrays, terminals: { ...terminals, data: new Uint8Array(rows) } };
}
