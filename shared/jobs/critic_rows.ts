/**
 * A critic's rows of a task: those of the other trainers, with what returns need of the rows that are not read.
 * @module
 */
import { type EpisodeRest, findRests } from "@cugro/algorithm/arrays";
import type { StoredDataset } from "./stored_dataset.ts";

/** A task's rows for the critic, in raw units. */
export interface CriticRows {
  stateDim: number;
  actionDim: number;
  /** `[size, S]` */
  states: Float32Array;
  /** `[size, A]` */
  actions: Float32Array;
  /** `[size]` */
  rewards: Float32Array;
  /** `[size, S]` */
  nextStates: Float32Array;
  /** `[size]`, 0 or 1 */
  terminals: Uint8Array;
  /** `[size]`, 0 or 1 */
  timeouts: Uint8Array;
  /** `[size]`; absent where every row is one step. */
  steps?: Int32Array;
  size: number;
}

/** Rows of which rewards and ends are looked at together. */
const BLOCK_ROWS = 1 << 20;

/**
 * Rows of a task for the critic. Where they are not all, a row follows the last of each run whose episode goes on: the
 * rest of that episode, gathered, so that returns are those of the whole task.
 *
 * @param rows rising, `[n]`
 * @param discount γ, of the returns after a run's last row
 * @returns of each row all fields, of shapes `[N,S] [N,A] [N] [N,S] [N] [N]` with the gathered ones; `places`:
 *   where each of `rows` is among them, `[n]`
 */
export async function readCriticRows(
  dataset: StoredDataset,
  rows: Int32Array,
  discount: number,
): Promise<CriticRows & { places: Int32Array }> {
  const { stateDim, actionDim } = dataset;
  const lasts = lastsOfRuns(rows, dataset.size);
  const rests = await restsAfter(dataset, lasts, discount);
  const { all, places, gathered } = withRests(rows, lasts, rests);
  const found = {
    stateDim,
    actionDim,
    states: await dataset.numbers("states", all),
    actions: await dataset.numbers("actions", all),
    rewards: await dataset.numbers("rewards", all),
    nextStates: await dataset.numbers("nextStates", all),
    terminals: await dataset.flags("terminals", all),
    timeouts: await dataset.flags("timeouts", all),
    size: all.length,
    places,
  };
  if (gathered.length === 0) return found;
  const steps = new Int32Array(all.length).fill(1);
  await putRests(dataset, { ...found, steps }, gathered, rests.filter((rest) => rest !== undefined));
  return { ...found, steps };
}

/** The last row of each run of consecutive rows, the task's own last row left out. */
function lastsOfRuns(rows: Int32Array, size: number): Int32Array {
  return rows.filter((row, at) => row + 1 < size && rows[at + 1] !== row + 1);
}

/** The rest of each row's episode, from the rewards and ends of all rows, last to first. */
async function restsAfter(
  dataset: StoredDataset,
  lasts: Int32Array,
  discount: number,
): Promise<(EpisodeRest | undefined)[]> {
  if (lasts.length === 0) return [];
  const finder = findRests(lasts, discount);
  for (let end = dataset.size; end > lasts[0]!; end -= BLOCK_ROWS) {
    const first = Math.max(0, end - BLOCK_ROWS);
    const block = new Int32Array(end - first).map((_, n) => first + n);
    finder.add(first, {
      rewards: await dataset.numbers("rewards", block),
      terminals: await dataset.flags("terminals", block),
      timeouts: await dataset.flags("timeouts", block),
    });
  }
  return finder.rests;
}

/** `all`: the rows, and after each run whose episode goes on its last row once more, in the place of the rest. */
function withRests(
  rows: Int32Array,
  lasts: Int32Array,
  rests: readonly (EpisodeRest | undefined)[],
): { all: Int32Array; places: Int32Array; gathered: Int32Array } {
  const goesOn = lasts.filter((_, i) => rests[i] !== undefined);
  const all = new Int32Array(rows.length + goesOn.length);
  const places = new Int32Array(rows.length);
  const gathered = new Int32Array(goesOn.length);
  let [at, run] = [0, 0];
  rows.forEach((row, i) => {
    places[i] = at;
    all[at++] = row;
    if (row !== goesOn[run]) return;
    gathered[run++] = at;
    all[at++] = row;
  });
  return { all, places, gathered };
}

/** Puts the rests in their places. */
async function putRests(
  dataset: StoredDataset,
  rows: CriticRows & { steps: Int32Array },
  gathered: Int32Array,
  rests: readonly EpisodeRest[],
): Promise<void> {
  const { stateDim } = dataset;
  const after = await dataset.numbers("nextStates", Int32Array.from(rests, ({ end }) => end));
  rests.forEach(({ reward, steps, terminal, timeout }, i) => {
    const place = gathered[i]!;
    rows.rewards[place] = reward;
    rows.steps[place] = steps;
    rows.terminals[place] = Number(terminal);
    rows.timeouts[place] = Number(timeout);
    rows.nextStates.set(after.subarray(i * stateDim, (i + 1) * stateDim), place * stateDim);
  });
}
