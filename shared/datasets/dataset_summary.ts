/**
 * What a person wants to know of a dataset at a glance.
 * @module
 */
import { type Rows, visitBlocks } from "./blocks/block_rows.ts";
import type { Dataset, DatasetRows } from "./dataset.ts";
import { rowsOfDataset } from "./dataset_rows.ts";

/** Episodes as half-open row ranges with their undiscounted return. */
export interface Episode {
  start: number;
  end: number;
  return: number;
  terminal: boolean;
}

/**
 * Cuts a dataset into its episodes.
 *
 * @param dataset rewards, terminals and timeouts `[N]`
 * @returns first row, length and return of each
 */
export function episodesOf(
  { rewards, terminals, timeouts, size }: Pick<Dataset, "rewards" | "terminals" | "timeouts" | "size">,
): Episode[] {
  const episodes: Episode[] = [];
  let start = 0;
  let sum = 0;
  for (let row = 0; row < size; row++) {
    sum += rewards[row]!;
    if (!terminals[row] && !timeouts[row]) continue;
    episodes.push({ start, end: row + 1, return: sum, terminal: terminals[row] === 1 });
    start = row + 1;
    sum = 0;
  }
  return episodes;
}

/** Figures of a dataset: sizes, returns per episode, ranges per dimension. */
export interface DatasetSummary {
  size: number;
  stateDim: number;
  actionDim: number;
  episodes: number;
  terminalEpisodes: number;
  episodeLength: { min: number; mean: number; max: number };
  episodeReturn: { min: number; mean: number; max: number };
  /** Per dimension `[min, max]`. */
  stateRange: [number, number][];
  actionRange: [number, number][];
}

/**
 * Summarises a dataset.
 *
 * @param dataset in memory or by rows
 * @returns sizes, returns and lengths
 */
export function summarise(dataset: Dataset | DatasetRows): DatasetSummary {
  const { states, actions } = rowsOfDataset(dataset);
  const episodes = episodesOf(dataset);
  return {
    size: dataset.size,
    stateDim: dataset.stateDim,
    actionDim: dataset.actionDim,
    episodes: episodes.length,
    terminalEpisodes: episodes.filter((episode) => episode.terminal).length,
    episodeLength: spread(episodes.map((episode) => episode.end - episode.start)),
    episodeReturn: spread(episodes.map((episode) => episode.return)),
    stateRange: ranges(states),
    actionRange: ranges(actions),
  };
}

function spread(values: number[]): { min: number; mean: number; max: number } {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, mean: sum / values.length, max };
}

function ranges(rows: Rows): [number, number][] {
  const result = Array.from({ length: rows.columns }, (): [number, number] => [Infinity, -Infinity]);
  visitBlocks(rows, (from, to) => {
    rows.read(from, to).forEach((value, index) => {
      const range = result[index % rows.columns]!;
      if (value < range[0]) range[0] = value;
      if (value > range[1]) range[1] = value;
    });
  });
  return result;
}
