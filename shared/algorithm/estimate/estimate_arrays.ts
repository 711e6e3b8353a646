/**
 * What of estimates works on arrays alone: what they say, and what they are worth. To import it loads no tensor library.
 * @module
 */
export {
  describeEstimateWorth,
  ESTIMATE_BLINDNESS,
  ESTIMATE_CALIBRATION,
  ESTIMATE_WORTH,
  type EstimateConditions,
} from "./worth.ts";
export {
  type Estimate,
  ESTIMATE_NETWORKS,
  estimatedPoints,
  estimatedScore,
  estimateOf,
  lostReturns,
  valueReturns,
} from "./read_estimates.ts";
