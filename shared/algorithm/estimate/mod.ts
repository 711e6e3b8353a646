/**
 * Estimates of what a policy is worth without running it.
 * @module
 */
export { type FitProgress, fitValues, type ValueFitInput } from "./fit_values.ts";
export {
  describeEstimateWorth,
  ESTIMATE_BLINDNESS,
  ESTIMATE_CALIBRATION,
  ESTIMATE_WORTH,
  type EstimateConditions,
} from "./worth.ts";
export { ESTIMATE_NETWORKS, openValues, type Values } from "./value_network.ts";
export {
  type Estimate,
  estimatedPoints,
  estimatedScore,
  estimateOf,
  lostReturns,
  valueReturns,
} from "./read_estimates.ts";
