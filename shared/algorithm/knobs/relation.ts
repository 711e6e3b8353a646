/**
 * What a relation between knobs holds, and how relations are written: `atMost` for two values that contradict each other
 * otherwise, `acts` for knobs that have an effect only under values of others.
 * @module
 */
import type { Hyperparameters, KnobName } from "./hyperparameters.ts";
import { type KnobValue, showKnobValue } from "./knob.ts";

/** All values, and those before the knobs were turned. */
type Check = (values: Hyperparameters, before: Hyperparameters) => boolean;

/** A condition for a knob to act, or for a limit to apply. `words`: as part of a sentence. */
export interface Condition {
  /** The knobs it looks at. */
  knobs: readonly KnobName[];
  words: string;
  holds: Check;
}

/** Values that contradict each other; looked at when one of its knobs is turned. */
export interface Limit {
  kind: "limit";
  /** In the order in which a sentence names them. */
  knobs: readonly KnobName[];
  /** It counts only while these hold. */
  under: readonly Condition[];
  holds: Check;
  /** The rule in a sentence. */
  sentence: string;
  /** Advice on what to set instead. */
  advice: (values: Hyperparameters) => string;
}

/** A knob that does nothing unless its conditions hold; looked at when the knob itself is turned. */
export interface Effect {
  kind: "effect";
  knob: KnobName;
  needs: readonly Condition[];
}

/** A relation between knobs. */
export type Relation = Limit | Effect;

type Numeric = { [K in KnobName]: Hyperparameters[K] extends number ? K : never }[KnobName];

/** A training asks for its steps, and is cut off where a limit lies below them. */
export const CUT = "which cuts what is above it";

/**
 * A knob that has one of these values.
 *
 * @param knob its name
 * @param values those that fulfil it
 * @returns the condition
 */
export function is<K extends KnobName>(knob: K, ...values: Hyperparameters[K][]): Condition {
  return {
    knobs: [knob],
    words: `${knob}: ${values.join(" or ")}`,
    holds: (h) => (values as readonly KnobValue[]).includes(h[knob]),
  };
}

/**
 * A knob that is a number greater than this.
 *
 * @param knob its name
 * @param least the greatest number that does not fulfil it
 * @returns the condition
 */
export function above(knob: Numeric, least: number): Condition {
  return { knobs: [knob], words: `${knob} above ${showKnobValue(least)}`, holds: (h) => h[knob] > least };
}

/**
 * A condition that no single value decides.
 *
 * @param knobs names of those that it looks at
 * @param words the condition in a sentence
 * @param holds whether values fulfil it
 * @returns the condition
 */
export function when(knobs: readonly KnobName[], words: string, holds: Check): Condition {
  return { knobs, words, holds };
}

/**
 * Knobs that act only while all conditions hold.
 *
 * @param knobs names of those that depend
 * @param needs all of them must hold
 * @returns an effect for each knob
 */
export function acts(knobs: readonly KnobName[], ...needs: readonly Condition[]): Effect[] {
  return knobs.map((knob) => ({ kind: "effect", knob, needs }));
}

/**
 * Knobs of which the first may not be greater than any of the others. `because`: what would happen, after "which".
 *
 * @param lower knob that may not be greater
 * @param uppers knobs that it is compared with
 * @param because what would happen, after "which"
 * @param under conditions without which there is no limit
 * @returns a limit for each upper knob
 */
export function atMost(
  lower: Numeric,
  uppers: readonly Numeric[],
  because: string,
  ...under: readonly Condition[]
): Limit[] {
  return uppers.map((upper) => ({
    kind: "limit",
    knobs: [lower, upper],
    under,
    holds: (h) => h[lower] <= h[upper],
    sentence: `must be at most ${upper}, ${because}`,
    advice: (h) => `set ${upper}=${h[lower]} or more as well, or ${lower}=${h[upper]} or less`,
  }));
}

/**
 * What a relation says of the knobs it names, as a sentence that begins with the first of them.
 *
 * @param relation an effect or a limit
 * @returns a sentence
 */
export function describeRelation(relation: Relation): string {
  if (relation.kind === "limit") {
    const under = relation.under.length === 0 ? "" : ` (with ${joined(relation.under)})`;
    return `${relation.knobs[0]} ${relation.sentence}${under}.`;
  }
  return `${relation.knob} acts only with ${joined(relation.needs)}.`;
}

/**
 * Names of all knobs that a relation speaks of.
 *
 * @param relation an effect or a limit
 * @returns their names, each once
 */
export function knobsOfRelation(relation: Relation): KnobName[] {
  const named = relation.kind === "limit"
    ? [...relation.knobs, ...relation.under.flatMap((condition) => condition.knobs)]
    : [relation.knob, ...relation.needs.flatMap((condition) => condition.knobs)];
  return [...new Set(named)];
}

/**
 * Values as a sentence shows them: `criticTarget is mc and discount is 0.97`.
 *
 * @param names of knobs
 * @param values of all knobs
 * @returns part of a sentence
 */
export function showValues(names: readonly KnobName[], values: Hyperparameters): string {
  return names.map((name) => `${name} is ${showKnobValue(values[name])}`).join(" and ");
}

function joined(conditions: readonly Condition[]): string {
  return conditions.map(({ words }) => words).join(" and ");
}
