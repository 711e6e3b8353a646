/**
 * What of this room works on arrays alone: to import it loads no tensor library.
 * @module
 */
export type { Stored, StoredTensor } from "@cugro/tensors/seam";
export { InvalidInputError } from "./numerics/errors.ts";
export {
  type Bounds,
  classesOf,
  denormalise,
  normalise,
  normalisedLimits,
  type Normaliser,
  normaliserFromStored,
  normaliserOf,
  OBSERVATION_CLAMP,
} from "./numerics/normaliser.ts";
export { entry, FISHER, knownTasks, taskRow } from "./numerics/weights.ts";
export { type Familiar, familiarOf, type Unusual, unusualAmong } from "./measures/unusual.ts";
export {
  type ActionNoise,
  decisionNoise,
  type NoiseShare,
  openNoise,
  rowSources,
} from "./policy/action_noise.ts";
export { countRows } from "./policy/policy_input.ts";
