/**
 * Estimates of what a policy is worth without running it.
 * @module
 */
export * from "./estimate_arrays.ts";
export { type FitProgress, fitValues, type ValueFitInput } from "./fit_values.ts";
export { openValues, type Values } from "./value_network.ts";
