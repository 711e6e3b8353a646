/**
 * Knobs as jobs and facts carry them. Who reads which knob: the table of `@cugro/algorithm/knobs`.
 * @module
 */
import { carriedKnobs, type Hyperparameters, type KnobKind, presets } from "@cugro/algorithm/knobs";
import type { JobKind, JsonObject } from "@cugro/protocol";

type Same<A, B> = [A, B] extends [B, A] ? true : false;
/** The algorithm knows no protocol: here the compiler checks that the kinds its knobs name are the kinds there are. */
const _sameKinds: Same<JobKind, KnobKind> = true;

/**
 * The part of the knobs that jobs of a kind carry: turning any other knob leaves their ids alone.
 *
 * @param kind of the jobs
 * @param knobs all of them
 * @returns values by name
 */
export function knobsFor(kind: JobKind, knobs: Hyperparameters): JsonObject {
  return carriedKnobs(kind, knobs);
}

/**
 * Knobs as a configuration fact holds them; ones younger than the fact take their preset's value.
 *
 * @param preset its name; `default` for one that this software does not know
 * @param stored values by name
 * @param overrides of one attempt
 * @returns all knobs
 */
export function readKnobs(preset: string, stored: JsonObject, overrides: JsonObject = {}): Hyperparameters {
  const base = Object.hasOwn(presets, preset) ? presets[preset as keyof typeof presets] : presets.default;
  return { ...base, ...stored, ...overrides } as Hyperparameters;
}
