/**
 * Parses a sweep: its seeds, and the values of its knobs. Pure.
 * @module
 */
import { type PresetName, resolveHyperparameters } from "@cugro/algorithm/knobs";
import { LEARNER_NAME, sha256 } from "@cugro/protocol";
import { UsageError } from "../commands/print_output.ts";
import { parseSettings } from "../commands/knob_options.ts";
import { RUN_SETTINGS } from "./learn_one.ts";

/** One learner of a sweep. */
export interface SweepRun {
  name: string;
  seed: number;
  preset: PresetName;
  /** `knob=value`, in order. */
  settings: string[];
}

/** A knob's value in one combination. `isNamed`: part of the names, as it varies. */
interface Turned {
  knob: string;
  value: string;
  isNamed: boolean;
}

const MOST_SEEDS = 1_000;
const MOST_RUNS = 1_000;

/**
 * `0..4`, `0,3,7` or `0..2,9`: seeds, each once.
 *
 * @param text as typed
 * @returns seeds in order
 * @throws {UsageError}
 */
export function parseSeeds(text: string): number[] {
  const refuse = () =>
    new UsageError(`--seeds must be whole numbers and ranges, e.g. 0..4 or 0,3,7: current value is ${text}`);
  const seeds = text.split(",").flatMap((part) => {
    const match = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(part.trim());
    if (!match) throw refuse();
    const from = Number(match[1]), to = Number(match[2] ?? from);
    if (to < from || to - from >= MOST_SEEDS) throw refuse();
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [...new Set(seeds)];
}

/**
 * The learners of a sweep: every seed with every combination of values, seeds outermost, so that a sweep that is stopped has whole
 * comparisons. Names tell the seed and the knobs that have several values.
 *
 * @param base what their names begin with
 * @param settings `knob=a,b`: values separated by commas
 * @returns the learners, with names, seeds and knobs
 * @throws {UsageError} before anything runs, where a combination is refused
 */
export function sweepRuns(
  base: string,
  { seeds, settings, preset }: { seeds: readonly number[]; settings: readonly string[]; preset: PresetName },
): SweepRun[] {
  const knobs = Object.entries(parseSettings(settings)).map(([knob, values]) => ({
    knob,
    values: [...new Set(values.split(",").map((value) => value.trim()))],
  }));
  const empty = knobs.find(({ values }) => values.includes(""));
  if (empty) throw new UsageError(`--set ${empty.knob}: a value is missing between commas`);
  let combinations: Turned[][] = [[]];
  for (const { knob, values } of knobs) {
    const isNamed = values.length > 1;
    combinations = combinations.flatMap((one) => values.map((value) => [...one, { knob, value, isNamed }]));
  }
  const runs = seeds.flatMap((seed) => combinations.map((turned) => runOf(base, seed, preset, turned)));
  if (runs.length > MOST_RUNS) {
    throw new UsageError(
      `A sweep may have at most ${MOST_RUNS} learners: this one would have ${runs.length}`,
    );
  }
  return runs;
}

function runOf(
  base: string,
  seed: number,
  preset: PresetName,
  turned: readonly Turned[],
): SweepRun {
  const given = turned.map(({ knob, value }) => `${knob}=${value}`);
  // A version counts whatever it has lost, unless the gate itself is varied.
  const settings = turned.some(({ knob }) => knob === "gate") ? given : [...given, ...RUN_SETTINGS];
  try {
    resolveHyperparameters(preset, parseSettings(settings));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--set ${given.join(" ")}: ${error.message}`);
  }
  const named = turned.filter(({ isNamed }) => isNamed).map(({ knob, value }) =>
    `${slug(knob)}-${slug(value)}`
  );
  return { name: nameOf(base, named, seed), seed, preset, settings };
}

function slug(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** Where a name would be too long, a hash stands for the knobs. */
function nameOf(base: string, parts: readonly string[], seed: number): string {
  const name = [base, ...parts, "seed", seed].join("-");
  if (LEARNER_NAME.test(name)) return name;
  const short = `${base}-${sha256(parts.join(" ")).slice(0, 8)}-seed-${seed}`;
  if (LEARNER_NAME.test(short)) return short;
  throw new UsageError(
    `--learner must be of a-z, 0-9 and dashes, and short enough for seeds and knobs after it: current value is ${base}`,
  );
}
