/**
 * Which knobs a job carries in its configuration, and what those mean that it does not carry.
 * @module
 */
import { type KnobName, knobs as allKnobs } from "./hyperparameters.ts";
import type { Knob, KnobKind, KnobValue } from "./knob.ts";

type Values = Readonly<Record<string, KnobValue>>;
type Table = Readonly<Record<string, Knob>>;

function namesOf(kind: KnobKind, table: Table): string[] {
  return Object.keys(table).filter((name) => table[name]!.readBy.includes(kind));
}

/**
 * The part of the knobs that a job of a kind carries: those it reads, without those at the value that their absence means.
 * They enter the job's id, so turning any other knob leaves it alone.
 *
 * @param kind of the job
 * @param values of all knobs
 * @param table of knobs
 * @returns knob name -> value
 */
export function carriedKnobs(
  kind: KnobKind,
  values: Readonly<Record<KnobName, KnobValue>> | Values,
  table: Table = allKnobs,
): Record<string, KnobValue> {
  const all: Values = values;
  const carried = namesOf(kind, table).filter((name) =>
    table[name]!.absent === undefined || all[name] !== table[name]!.absent
  );
  return Object.fromEntries(carried.map((name) => [name, all[name]!]));
}

/**
 * The knobs of a job: what it carries, and what the absence of the others means.
 *
 * @param kind of the job
 * @param carried knob name -> value, as its config has them
 * @param table of knobs
 * @returns knob name -> value, of all that the kind reads
 */
export function knobsOfJob(
  kind: KnobKind,
  carried: Values,
  table: Table = allKnobs,
): Record<string, KnobValue> {
  const absent = namesOf(kind, table).flatMap((name) => {
    const value = table[name]!.absent;
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(absent), ...carried };
}
