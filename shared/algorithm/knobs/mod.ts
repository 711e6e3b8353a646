/**
 * All knobs: their types, their values in each preset, and checked overrides.
 * @module
 */
export * from "./hyperparameters.ts";
export * from "./presets.ts";
export * from "./resolve_hyperparameters.ts";
