/**
 * What networks and their training are made of: random numbers, weights, layers, the optimiser.
 * @module
 */
export * from "./errors.ts";
export * from "./layers.ts";
export * from "./optimiser.ts";
export * from "./rng.ts";
export * from "./weights.ts";
