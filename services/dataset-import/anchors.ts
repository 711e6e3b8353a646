/**
 * Which returns score 0 and 100.
 * @module
 */
import { type DatasetRows, episodesOf } from "@cugro/datasets";
import { randomReturn } from "@cugro/environments";
import {
  type Anchors,
  ANCHORS_ALL_EQUAL,
  ANCHORS_OF_FILE,
  type EnvironmentRef,
  RANDOM_EPISODES,
} from "@cugro/protocol";

const TAIL = 0.1;

/**
 * The file's own figures if it has both; else random episodes in a simulator of this project, or the worst tenth of the
 * data's episodes, against the best tenth. No Python runs here, so that data of Gymnasium is scored like data without a
 * simulator.
 *
 * @param dataset its returns and metadata
 * @param environment null where nothing simulates the task
 * @param seed of the random episodes
 * @returns returns that score 0 and 100, and in words where they come from
 */
export async function chooseAnchors(
  dataset: Pick<DatasetRows, "rewards" | "terminals" | "timeouts" | "size" | "metadata">,
  environment: EnvironmentRef | null,
  seed: number,
): Promise<Anchors> {
  const { returnRandom, returnFinalPolicy } = dataset.metadata;
  if (returnRandom !== undefined && returnFinalPolicy !== undefined && returnFinalPolicy > returnRandom) {
    return {
      random: returnRandom,
      good: returnFinalPolicy,
      source: ANCHORS_OF_FILE,
    };
  }
  const returns = episodesOf(dataset).map((episode) => episode.return).sort((a, b) => a - b);
  const tail = Math.max(1, Math.floor(returns.length * TAIL));
  const best = mean(returns.slice(-tail));
  const worst = mean(returns.slice(0, tail));
  if (!environment || "gymnasium" in environment) {
    return spread(worst, best, "worst and best 10 % of the episodes");
  }
  const random = await randomReturn(environment, RANDOM_EPISODES, seed);
  return random < best
    ? { random, good: best, source: `${RANDOM_EPISODES} random episodes, best 10 % of the data's episodes` }
    : spread(worst, best, "worst and best 10 % of the episodes");
}

/** Data whose episodes all earn the same cannot be scored: one point of return is then one hundred of score. */
function spread(random: number, good: number, source: string): Anchors {
  return good > random
    ? { random, good, source }
    : { random, good: random + 1, source: `${source}${ANCHORS_ALL_EQUAL}` };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
