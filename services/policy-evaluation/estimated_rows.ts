/**
 * Which rows of a task an estimate is made of.
 * @module
 */
import { rowsOfTask, type StoredDataset } from "@cugro/jobs";

/** As many rows as an estimate is fitted to: the policy acts once after each of them. */
const MAX_ROWS = 8_192;
/** With fewer rows held out than this, rows of the trainings make up for them. */
const LEAST_HELD_OUT = 1_000;
const FIRST_STATES = 512;
const BLOCK_ROWS = 1 << 20;

/**
 * The rows that the networks are fitted to: those held out, which no critic has seen. Where they are fewer than a thousand,
 * rows of the trainings make up the thousand.
 *
 * @param dataset stored; only its size is looked at
 * @param config of the job, which tells how rows are split
 * @returns rising; `heldOut`: how many of them are
 */
export function fittedRows(
  dataset: Pick<StoredDataset, "size">,
  config: Parameters<typeof rowsOfTask>[1],
): { rows: Int32Array; heldOut: number } {
  const { heldOut, train } = rowsOfTask(dataset, config);
  if (heldOut.length >= LEAST_HELD_OUT) {
    const rows = spread(heldOut, MAX_ROWS);
    return { rows, heldOut: rows.length };
  }
  const further = spread(train, LEAST_HELD_OUT - heldOut.length);
  return { rows: Int32Array.of(...heldOut, ...further).sort(), heldOut: heldOut.length };
}

/** `count` of the rows at equal distances; all where there are no more. */
function spread(rows: Int32Array, count: number): Int32Array {
  if (rows.length <= count) return rows;
  return Int32Array.from({ length: count }, (_, i) => rows[Math.floor(i * rows.length / count)]!);
}

/**
 * Rows that begin an episode (some, spread over all), and how long episodes are on average.
 *
 * @param dataset stored, read in blocks
 * @returns `first`: rows, `[n]`; `meanSteps` over all episodes
 */
export async function readEpisodes(
  dataset: StoredDataset,
): Promise<{ first: Int32Array; meanSteps: number }> {
  const starts = [0];
  for (let from = 0; from < dataset.size; from += BLOCK_ROWS) {
    const block = Int32Array.from({ length: Math.min(BLOCK_ROWS, dataset.size - from) }, (_, n) => from + n);
    const [terminals, timeouts] = [
      await dataset.flags("terminals", block),
      await dataset.flags("timeouts", block),
    ];
    block.forEach((row, n) => {
      if ((terminals[n] || timeouts[n]) && row + 1 < dataset.size) starts.push(row + 1);
    });
  }
  return { first: spread(Int32Array.from(starts), FIRST_STATES), meanSteps: dataset.size / starts.length };
}
