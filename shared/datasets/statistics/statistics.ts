/**
 * What a dataset holds: returns, lengths, and which states and actions it covers.
 * @module
 */
import type { Dataset } from "../dataset.ts";
import { type Episode, episodesOf } from "../dataset_summary.ts";
import { type Distribution, distributionOf, distributionsOf } from "./distribution.ts";

/** One dimension of a state or an action. */
export interface DimensionStatistics extends Distribution {
  /** Whether it has the same value in every row. */
  isConstant: boolean;
}

/** Figures of a dataset. */
export interface DatasetStatistics {
  size: number;
  stateDim: number;
  actionDim: number;
  episodes: number;
  /** Episodes that ended by themselves; the others were cut. */
  terminalEpisodes: number;
  episodeReturn: Distribution;
  episodeLength: Distribution;
  reward: Distribution;
  /** Share of the rows whose reward is not 0. */
  rewarded: number;
  /** Share of the episodes with a step that succeeded; absent where the data does not say. */
  successful?: number;
  states: DimensionStatistics[];
  actions: DimensionStatistics[] | { discrete: { action: number; share: number }[] };
}

/**
 * Computes the figures from all rows.
 *
 * @param dataset in memory
 * @returns distributions of returns, lengths, states and actions
 */
export function statisticsOf(dataset: Dataset): DatasetStatistics {
  const { size, stateDim, actionDim, rewards, states } = dataset;
  const episodes = episodesOf(dataset);
  return {
    size,
    stateDim,
    actionDim,
    episodes: episodes.length,
    terminalEpisodes: episodes.filter(({ terminal }) => terminal).length,
    episodeReturn: distributionOf(episodes.map((episode) => episode.return)),
    episodeLength: distributionOf(episodes.map(({ start, end }) => end - start)),
    reward: distributionOf(rewards),
    rewarded: rewards.reduce((count, reward) => count + (reward === 0 ? 0 : 1), 0) / size,
    ...successOf(dataset, episodes),
    states: dimensionsOf(states, stateDim),
    actions: actionsOf(dataset),
  };
}

function dimensionsOf(values: Float32Array, columns: number): DimensionStatistics[] {
  return distributionsOf(values, columns).map((one) => ({ ...one, isConstant: one.min === one.max }));
}

function actionsOf({ actions, actionDim, size, metadata }: Dataset): DatasetStatistics["actions"] {
  if (metadata.discreteActions === undefined) return dimensionsOf(actions, actionDim);
  const counts = new Array<number>(actionDim).fill(0);
  for (let i = 0; i < actions.length; i++) if (actions[i] === 1) counts[i % actionDim]!++;
  return { discrete: counts.map((count, action) => ({ action, share: count / size })) };
}

function successOf({ success }: Dataset, episodes: readonly Episode[]): { successful?: number } {
  if (!success) return {};
  const count = episodes.filter(({ start, end }) => success.subarray(start, end).includes(1)).length;
  return { successful: count / episodes.length };
}
