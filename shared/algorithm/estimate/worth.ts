/**
 * What estimates have been worth where a simulator could tell: figures of `../results/calibration.json`, to which
 * `deno task docs` holds them. To be shown beside every estimate.
 * @module
 */

/** Figures of the calibration over all its runs. */
export const ESTIMATE_WORTH = {
  runs: 6,
  streams: 5,
  /** Tasks of versions, and those of them that were old. */
  cells: 75,
  oldCells: 48,
  /** Spearman's rank correlation of estimated and true scores, and of drops. */
  rankCorrelation: 0.09,
  dropCorrelation: 0.47,
  /** Median distance of the estimated drop from the true one, in points of score. */
  dropError: 3.2,
  /** In how many old cells the gate by estimates decides as the true one, and how many the true one parks. */
  gateAgrees: 44,
  gateParks: 8,
  gateFinds: 4,
} as const;

/** The conditions of the calibration. */
export const ESTIMATE_CALIBRATION = {
  preset: "default",
  estimateSteps: 1_500,
  /** Stream, as its runs are called -> family of its tasks, or namespace of their environments. */
  streams: {
    ...{ "walker-params": "walker-params", "swimmer-4": "swimmer-dir", "meta-world-cl5": "Meta-World" },
    ...{ "cheetah-vel": "cheetah-vel", "swimmer-dir": "swimmer-dir" },
  },
} as const;

/** The blind spot of every estimate. */
export const ESTIMATE_BLINDNESS = "estimated from data, and blind to states that the data never reached";

/** Where estimates are shown. `world`: family or namespace of a task's simulator; null where there is none. */
export interface EstimateConditions {
  preset: string;
  estimateSteps: number | undefined;
  tasks: readonly { task: number; world: string | null }[];
}

/**
 * What estimates have been worth, on what, and what of these conditions that does not cover: a few sentences.
 *
 * @param conditions data, simulator and method of the estimate
 * @returns a few sentences
 */
export function describeEstimateWorth(conditions: EstimateConditions): string {
  const { runs, cells, oldCells, ...w } = ESTIMATE_WORTH;
  const { streams, preset, estimateSteps } = ESTIMATE_CALIBRATION;
  const names = listed([...new Set(Object.values(streams))]);
  return `What such estimates have been worth in ${runs} runs of ${names}, with preset ${preset} and fits of ` +
    `${estimateSteps.toLocaleString("en")} steps: rank correlation ` +
    `${w.rankCorrelation.toFixed(2)} with the true scores of ${cells} tasks of versions, ${
      w.dropCorrelation.toFixed(2)
    } with the drops of ` +
    `${oldCells} old ones, whose size was missed by ${
      w.dropError.toFixed(1)
    } points (median). Their gate decided as the true one in ` +
    `${w.gateAgrees} of ${oldCells}, and found ${w.gateFinds} of the ${w.gateParks} drops that the true one parks.` +
    describeUncovered(conditions);
}

/** A sentence on conditions that the calibration does not cover; empty if it does. */
function describeUncovered({ preset, estimateSteps, tasks }: EstimateConditions): string {
  const measured = ESTIMATE_CALIBRATION;
  const worlds: readonly (string | null)[] = Object.values(measured.streams);
  const others = tasks.filter(({ world }) => !worlds.includes(world)).map(({ task }) => task);
  const not = [
    ...preset === measured.preset ? [] : [`the preset ${preset}`],
    ...estimateSteps === undefined || estimateSteps >= measured.estimateSteps
      ? []
      : [`fits of ${estimateSteps.toLocaleString("en")} steps (estimateSteps)`],
    ...others.length === 0 ? [] : [`the data of task${others.length === 1 ? "" : "s"} ${others.join(", ")}`],
  ];
  if (not.length === 0) return "";
  return ` Not covered by that: ${listed(not)}. What an estimate is worth there is not known.`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
