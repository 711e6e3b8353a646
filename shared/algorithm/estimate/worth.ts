/**
 * What estimates have been worth where a simulator could tell: figures of `../results/calibration.json`, to which
 * `deno task docs` holds them. To be said beside every estimate.
 * @module
 */

/** Figures of the calibration over all its runs. */
export const ESTIMATE_WORTH = {
  runs: 4,
  streams: 3,
  /** Tasks of versions, and those of them that were old. */
  cells: 45,
  oldCells: 28,
  /** Spearman's rank correlation of estimated and true scores, and of drops. */
  rankCorrelation: -0.17,
  dropCorrelation: 0.6,
  /** Median distance of the estimated drop from the true one, in points of score. */
  dropError: 6.6,
  /** In how many old cells the gate by estimates decides as the true one, and how many the true one parks. */
  gateAgrees: 24,
  gateParks: 8,
  gateFinds: 4,
} as const;

/** What an estimate cannot see. */
export const ESTIMATE_BLINDNESS = "estimated from data, and blind to states that the data never reached";

/** What estimates have been worth, as a sentence. */
export function describeEstimateWorth(): string {
  const { runs, streams, cells, oldCells, ...w } = ESTIMATE_WORTH;
  return `What such estimates have been worth in ${runs} runs of ${streams} simulated streams: rank correlation ` +
    `${w.rankCorrelation.toFixed(2)} with the true scores of ${cells} tasks of versions, ${
      w.dropCorrelation.toFixed(2)
    } with the drops of ` +
    `${oldCells} old ones, whose size was missed by ${
      w.dropError.toFixed(1)
    } points (median). Their gate decided as the true one in ` +
    `${w.gateAgrees} of ${oldCells}, and found ${w.gateFinds} of the ${w.gateParks} drops that the true one parks.`;
}
