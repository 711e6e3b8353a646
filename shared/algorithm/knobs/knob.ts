/**
 * What a row of the knob table holds, and how rows are written: `whole`, `number`, `choice` and `flag` say what a value
 * may be.
 * @module
 */

/** Presets that have a column of the table: the reference code's settings, ours, and one that takes seconds, for tests. */
export const PRESET_COLUMNS = ["paper", "default", "smoke"] as const;
/** Names of the presets: those, and one that is `default` with shorter work (`lean.ts`). */
export const PRESET_NAMES = [...PRESET_COLUMNS, "lean"] as const;
/** Name of a preset. */
export type PresetName = typeof PRESET_NAMES[number];

/** Every kind of job; `@cugro/learners` checks that these are the protocol's, which this room may not import. */
export const KNOB_KINDS = [
  "dataset.import",
  "dataset.measure",
  "states.sample",
  "actions.label",
  "states.train",
  "behavior.train",
  "critic.train",
  "proposer.label",
  "proposer.train",
  "actor.label",
  "actor.train",
  "policy.evaluate",
  "policy.estimate",
] as const;
/** A kind of job. */
export type KnobKind = typeof KNOB_KINDS[number];

/** The allowed values of a knob. `or`: a word allowed instead of a number. */
export type KnobRule =
  | { kind: "choice"; choices: readonly string[] }
  | { kind: "flag" }
  | { kind: "number"; whole: boolean; min: number; max: number; or?: string };

/** A value of a knob. */
export type KnobValue = string | number | boolean;

/** Fields of every row. */
interface Row<V extends KnobValue> {
  /** One sentence, with the unit. */
  about: string;
  /** The value in each preset that is a column. */
  values: Readonly<Record<typeof PRESET_COLUMNS[number], V>>;
  /**
   * The kinds of job that read it: only these carry it in their configuration, so that turning it redoes these jobs
   * and no others. `plan`, alone: no job reads it; it shapes the graph, or judges the outcome.
   */
  readBy: readonly (KnobKind | "plan")[];
  /** The first task's weights fix it, since every later version continues from them. */
  frozen?: true;
  /**
   * What a job means that does not carry it. Every knob that is added to kinds which have been released has it: what was
   * done before there was the knob. At this value it enters no job, so that the ids of stores that do not turn it stay.
   */
  absent?: V;
}

/** One knob: a row with its rule. */
export interface Knob<V extends KnobValue = KnobValue> extends Row<V> {
  rule: KnobRule;
}

/**
 * A knob that is a whole number in `range`, both ends included.
 *
 * @param row range, values, readers and sentence
 * @returns the knob
 */
export function whole(row: Row<number> & { range: readonly [number, number] }): Knob<number> {
  const { range: [min, max], ...rest } = row;
  return { ...rest, rule: { kind: "number", whole: true, min, max } };
}

/**
 * A knob that is a number in `range`, both ends included, or the word `or`.
 *
 * @param row range, values, readers and sentence
 * @returns the knob
 */
export function number<const W extends string = never>(
  row: Row<number | NoInfer<W>> & { range: readonly [number, number]; or?: W },
): Knob<number | W> {
  const { range: [min, max], or, ...rest } = row;
  const rule: KnobRule = { kind: "number", whole: false, min, max };
  return { ...rest, rule: or === undefined ? rule : { ...rule, or } };
}

/**
 * A knob that is one of several words.
 *
 * @param row words, values, readers and sentence
 * @returns the knob
 */
export function choice<const C extends string>(
  row: Row<NoInfer<C>> & { choices: readonly C[] },
): Knob<C> {
  const { choices, ...rest } = row;
  return { ...rest, rule: { kind: "choice", choices } };
}

/**
 * A knob that is true or false.
 *
 * @param row values, readers and sentence
 * @returns the knob
 */
export function flag(row: Row<boolean>): Knob<boolean> {
  return { ...row, rule: { kind: "flag" } };
}

/**
 * What a rule allows, as part of a sentence: `a whole number from 1 to 100`. `show`: how numbers are written.
 *
 * @param rule of a knob
 * @param show writes a number
 * @returns part of a sentence
 */
export function describeRule(rule: KnobRule, show: (value: number) => string = String): string {
  if (rule.kind === "choice") return `one of ${rule.choices.join(", ")}`;
  if (rule.kind === "flag") return "true or false";
  const range = `a ${rule.whole ? "whole " : ""}number from ${show(rule.min)} to ${show(rule.max)}`;
  return rule.or === undefined ? range : `${range}, or "${rule.or}"`;
}

/**
 * A value as tables show it: `29,300`, `1e-12`.
 *
 * @param value of a knob
 * @returns its text
 */
export function showKnobValue(value: KnobValue): string {
  return Number.isInteger(value) ? value.toLocaleString("en-US") : String(value);
}

/**
 * The value a knob takes when it is set to `value`, which may be text, as a command line gives it.
 *
 * @param name of the knob
 * @param rule what it may be
 * @param value a value, or its text
 * @returns the value
 * @throws {RangeError} naming the knob, what it may be and the value.
 */
export function parseKnobValue(name: string, rule: KnobRule, value: unknown): KnobValue {
  if (rule.kind === "choice") {
    if (typeof value === "string" && rule.choices.includes(value)) return value;
  } else if (rule.kind === "flag") {
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
  } else {
    if (rule.or !== undefined && value === rule.or) return rule.or;
    const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    const fits = typeof parsed === "number" && parsed >= rule.min && parsed <= rule.max;
    if (fits && (!rule.whole || Number.isSafeInteger(parsed))) return parsed;
  }
  throw new RangeError(
    `Cannot set "${name}": must be ${describeRule(rule)}: current value is ${JSON.stringify(value)}`,
  );
}

/**
 * Refuses a table that could not be used: a knob that nobody reads, is explained by no sentence, stands in two chapters,
 * or has a preset's value that its rule forbids.
 *
 * @param chapters of the table: knob name -> knob
 * @throws {RangeError} naming the knob.
 */
export function checkKnobs(chapters: readonly Readonly<Record<string, Knob>>[]): void {
  const seen = new Set<string>();
  for (const [name, { about, rule, values, readBy }] of chapters.flatMap(Object.entries<Knob>)) {
    if (seen.has(name)) throw badKnob(name, "it stands in the table twice");
    seen.add(name);
    if (readBy.length === 0) throw badKnob(name, "neither a kind of job nor the plan reads it");
    if (readBy.includes("plan") && readBy.length > 1) throw badKnob(name, "jobs read it as well as the plan");
    if (!/^\S.*\.$/.test(about)) throw badKnob(name, "a sentence must say what it is, with its unit");
    for (const preset of PRESET_COLUMNS) parseKnobValue(name, rule, values[preset]);
  }
}

function badKnob(name: string, reason: string): RangeError {
  return new RangeError(`"${name}" cannot be a knob: ${reason}`);
}
