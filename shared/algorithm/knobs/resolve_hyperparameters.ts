/**
 * A preset plus overrides -> checked hyperparameters. Overrides may only name known knobs, with values those knobs can have.
 * @module
 */
import { type Hyperparameters, type KnobName, knobs, presets } from "./hyperparameters.ts";
import { type KnobValue, parseKnobValue, type PresetName } from "./knob.ts";

/**
 * A preset with overrides. Values may be text, as a command line gives them.
 *
 * @param preset One of {@linkcode presets}.
 * @param overrides By knob name; an unknown name is an error, never ignored.
 * @throws {RangeError} If preset, knob or value is not known or not allowed; the message names what is allowed.
 */
export function resolveHyperparameters(
  preset: PresetName,
  overrides: Record<string, unknown>,
): Hyperparameters {
  const base = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  if (base === undefined) {
    throw new RangeError(
      `Cannot resolve preset: must be one of ${Object.keys(presets).join(", ")}: current value is ${preset}`,
    );
  }
  const resolved: Record<string, KnobValue> = { ...base };
  for (const [knob, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(knobs, knob)) {
      throw new RangeError(
        `Cannot set "${knob}" as there is no such knob: known are ${Object.keys(knobs).join(", ")}`,
      );
    }
    resolved[knob] = parseKnobValue(knob, knobs[knob as KnobName].rule, value);
  }
  const result = resolved as Hyperparameters;
  checkTogether(result);
  return result;
}

/** What only makes sense for several knobs at once. */
function checkTogether(h: Hyperparameters): void {
  if (h.topCount > h.candidates) {
    throw new RangeError(
      `Cannot set "topCount": must be at most candidates (${h.candidates}): current value is ${h.topCount}`,
    );
  }
  if (h.denoiserWidth % 4 !== 0) {
    throw new RangeError(
      `Cannot set "denoiserWidth": must be a multiple of 4: current value is ${h.denoiserWidth}`,
    );
  }
}

/** Steps of a training: `base`, more for every old task, never above `max`. */
export function stepsFor(base: number, perOldTask: number, max: number, oldTasks: number): number {
  return Math.min(base + perOldTask * oldTasks, max);
}
