/**
 * Knobs as they are turned: overrides on a preset, or on the values that a learner has, -> checked hyperparameters. What
 * is turned must be a knob, have a value that it may have, and act; values may not contradict each other.
 *
 * Only what is turned is checked, that is what gets another value than it had: a preset may hold knobs that do nothing
 * under its other values, and what is stored is read as it is.
 * @module
 */
import { type Hyperparameters, type KnobName, knobs, presets } from "./hyperparameters.ts";
import { type KnobValue, parseKnobValue, type PresetName, showKnobValue } from "./knob.ts";
import { didYouMean } from "./nearest.ts";
import { describeRelation, type Effect, knobsOfRelation, type Limit, showValues } from "./relation.ts";
import { relations } from "./relations.ts";

/** Knobs that cannot be turned so. */
export class KnobError extends RangeError {
  override name = "KnobError";
}

/**
 * A preset, or values there are, with overrides. Values may be text, as a command line gives them.
 *
 * @param base one of {@linkcode presets}, or every knob's present value.
 * @param overrides By knob name; an unknown name is an error, never ignored.
 * @returns a value for every knob
 * @throws {KnobError} If preset, knob or value is not known or not allowed, if a knob that is turned would have no effect,
 * or if it contradicts another; the message names both and says what to set.
 */
export function resolveHyperparameters(
  base: PresetName | Readonly<Hyperparameters>,
  overrides: Record<string, unknown>,
): Hyperparameters {
  const before = typeof base === "string" ? presetOf(base) : base;
  const values = withOverrides(before, overrides);
  const turned = (Object.keys(overrides) as KnobName[]).filter((knob) => values[knob] !== before[knob]);
  refuseVain(turned, values, before);
  return values;
}

/**
 * The same without a look at how knobs go together: for what is compared only, or checked later against other values.
 *
 * @param base a preset, or every knob's present value
 * @param overrides by knob name
 * @returns a value for every knob
 * @throws {KnobError} If preset, knob or value is not known or not allowed.
 */
export function withOverrides(
  base: PresetName | Readonly<Hyperparameters>,
  overrides: Record<string, unknown>,
): Hyperparameters {
  const resolved: Record<string, KnobValue> = { ...typeof base === "string" ? presetOf(base) : base };
  for (const [knob, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(knobs, knob)) throw new KnobError(`Cannot set "${knob}" as ${noKnob(knob)}`);
    try {
      resolved[knob] = parseKnobValue(knob, knobs[knob as KnobName].rule, value);
    } catch (cause) {
      throw new KnobError((cause as Error).message, { cause });
    }
  }
  return resolved as Hyperparameters;
}

/**
 * Why a name is refused, with the one that was most likely meant.
 *
 * @param name what was typed
 * @returns a sentence
 */
export function noKnob(name: string): string {
  return `there is no such knob${didYouMean(name, Object.keys(knobs)) || "; cugro knobs lists them"}`;
}

function presetOf(name: string): Hyperparameters {
  if (Object.hasOwn(presets, name)) return presets[name as PresetName];
  throw new KnobError(
    `Cannot resolve preset: must be one of ${Object.keys(presets).join(", ")}: current value is ${name}` +
      didYouMean(name, Object.keys(presets)).replace(":", ";"),
  );
}

/** Refuses what is turned without effect, then what contradicts: a limit on a knob that does nothing is no fault. */
function refuseVain(turned: readonly KnobName[], values: Hyperparameters, before: Hyperparameters): void {
  for (const relation of relations) {
    if (relation.kind === "effect" && turned.includes(relation.knob)) refuseIdle(relation, values, before);
  }
  for (const relation of relations) {
    if (relation.kind !== "limit") continue;
    const concerned = knobsOfRelation(relation).some((knob) => turned.includes(knob));
    if (concerned) refuseContradiction(relation, values, before);
  }
}

function refuseIdle(relation: Effect, values: Hyperparameters, before: Hyperparameters): void {
  const unmet = relation.needs.find((need) => !need.holds(values, before));
  if (unmet === undefined) return;
  const { knob } = relation;
  throw new KnobError(
    `Cannot set "${knob}" to ${showKnobValue(values[knob])} as it would have no effect: it acts only with ` +
      `${unmet.words}, and ${showValues(unmet.knobs, values)}. Set ${
        unmet.knobs.join(" or ")
      } as well, or leave ` +
      `${knob} at ${showKnobValue(before[knob])}`,
  );
}

function refuseContradiction(relation: Limit, values: Hyperparameters, before: Hyperparameters): void {
  if (!relation.under.every((condition) => condition.holds(values, before))) return;
  if (relation.holds(values, before)) return;
  const what = relation.knobs.length > 1
    ? "Cannot set these knobs together"
    : `Cannot set "${relation.knobs[0]}"`;
  throw new KnobError(
    `${what}: ${describeRelation(relation).slice(0, -1)}: ${showValues(relation.knobs, values)}. Instead, ${
      relation.advice(values)
    }`,
  );
}
