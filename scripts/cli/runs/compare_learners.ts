/**
 * Learners side by side: on the tasks that all of them know, episode by episode where these started alike, and over seeds where
 * some differ by their seeds alone. Pure.
 * @module
 */
import {
  averageInterval,
  type Gain,
  gainOf,
  type Measured,
  measureMatrix,
  type StreamMeasures,
} from "@cugro/algorithm/arrays";
import { describeKeptData } from "@cugro/algorithm/knobs";
import { UsageError } from "../commands/print_output.ts";
import type { ComparedLearner } from "./compared_learners.ts";
import { summarise, type SummarisedRun, type Summary } from "./summarise_seeds.ts";

/** A learner on one of the common tasks. `gain`: against the first learner; null of that itself. */
export interface ComparedCell {
  measured: Measured;
  gain: Gain | null;
}

/** A learner in the comparison. */
export interface ComparedRow {
  label: string;
  seed: number;
  /** Knobs in which the learners differ, `knob=value`; empty where they differ in none. */
  turned: string;
  /** The newest that counts. */
  version: number;
  /** How many tasks it has learnt; only those that all know are compared. */
  tasks: number;
  /** Mean over the common tasks. */
  average: Measured;
  gain: Gain | null;
  measures: StreamMeasures;
  cells: ComparedCell[];
  /** By task in the common order, for a picture. */
  resultsMatrix: (number | null)[][];
}

/** A comparison. `seeds`: over seeds, where there is a row with more than one. */
export interface Comparison {
  /** The first learner, with which all are compared. */
  reference: string;
  tasks: string[];
  learners: ComparedRow[];
  seeds: { reference: string; rows: Summary[] } | null;
  /** Caveats for the reader, in sentences. */
  notes: string[];
}

/** A task of a learner that has episodes. */
interface KnownTask {
  /** A key that is equal for equal tasks. */
  key: string;
  task: number;
  name: string;
  column: number;
  scores: readonly number[];
}

interface Prepared {
  learner: ComparedLearner;
  known: KnownTask[];
}

/**
 * Compares them.
 *
 * @param learners the first is the reference
 * @returns the common tasks, rows, differences and caveats
 * @throws {UsageError} where they have nothing in common
 */
export function compare(learners: readonly ComparedLearner[]): Comparison {
  if (learners.length < 2) throw new UsageError("At least two learners are needed for a comparison");
  const prepared = learners.map((learner) => ({ learner, known: knownTasks(learner) }));
  const [first] = prepared;
  const common = first!.known.filter(({ key }) =>
    prepared.every(({ known }) => known.some((one) => one.key === key))
  );
  if (common.length === 0) throw nothingCommon(prepared);
  const rows = prepared.map((one) => rowOf(one, first!, common.map(({ key }) => key), turnedOf(learners)));
  return {
    reference: first!.learner.label,
    tasks: common.map(({ name }) => name),
    learners: rows,
    seeds: overSeeds(rows, learners),
    notes: notesOn(prepared, common.length, rows),
  };
}

/** Tasks are the same where the same environment runs them for as many steps, or, without one, where their data is. */
function knownTasks({ status, episodes }: ComparedLearner): KnownTask[] {
  const seen = new Map<string, number>();
  return status.tasks.flatMap(({ task, name, environment, datasetHash }, column) => {
    const found = episodes.find((one) => one.task === task);
    if (!found || found.scores.length === 0) return [];
    const same = `${environment ? JSON.stringify(environment) : datasetHash} ${found.isSuccess}`;
    const count = seen.get(same) ?? 0;
    seen.set(same, count + 1);
    return [{ key: `${same} ${count}`, task, name, column, scores: found.scores }];
  });
}

function nothingCommon(prepared: readonly Prepared[]): UsageError {
  const list = prepared.map(({ learner: { label, status }, known }) =>
    known.length > 0
      ? `${label} has scores on ${known.map(({ name }) => name).join(", ")}`
      : status.validVersions.length === 0
      ? `${label} has no version yet`
      : `${label} has no score, as its tasks have no simulator`
  );
  return new UsageError(`There is no task that all of them have been run on: ${list.join("; ")}`);
}

function rowOf(
  { learner, known }: Prepared,
  first: Prepared,
  keys: readonly string[],
  turned: ReadonlyMap<ComparedLearner, string>,
): ComparedRow {
  const pick = (from: readonly KnownTask[]) => keys.map((key) => from.find((one) => one.key === key)!);
  const [ours, theirs] = [pick(known), pick(first.known)];
  const { status: { learner: { seed }, validVersions, resultsMatrix, versions } } = learner;
  const version = validVersions.at(-1)!;
  const row = versions.find((one) => one.version === version)!.row;
  const matrix = resultsMatrix.map((scores) => ours.map(({ column }) => scores[column] ?? null))
    .filter((scores) => scores.some((one) => one !== null));
  const isFirst = learner === first.learner;
  // An evaluation's start states follow from the learner's seed and the task's place alone.
  const isPaired = ours.map(({ task }, i) =>
    seed === first.learner.status.learner.seed && task === theirs[i]!.task
  );
  return {
    ...{
      label: learner.label,
      seed,
      turned: turned.get(learner)!,
      version,
      tasks: learner.status.tasks.length,
    },
    average: averageInterval(ours.map(({ scores }) => scores)),
    gain: isFirst ? null : gainOf(scoresOf(ours), scoresOf(theirs), { paired: isPaired.every(Boolean) }),
    measures: measureMatrix(matrix),
    resultsMatrix: matrix,
    cells: ours.map(({ task, scores }, i) => {
      const { meanScore, low, high, episodes } = row.find((cell) => cell.task === task)!;
      return {
        measured: { mean: meanScore!, low, high, episodes },
        gain: isFirst ? null : gainOf([scores], [theirs[i]!.scores], { paired: isPaired[i]! }),
      };
    }),
  };
}

const scoresOf = (tasks: readonly KnownTask[]) => tasks.map(({ scores }) => scores);

/** Knobs that are not the same for all, of each learner as `knob=value`; the gate's decisions are not compared. */
function turnedOf(learners: readonly ComparedLearner[]): Map<ComparedLearner, string> {
  const valueIn = ({ status }: ComparedLearner, knob: string) => String(status.config.knobs[knob] ?? "");
  const knobs = [...new Set(learners.flatMap(({ status }) => Object.keys(status.config.knobs)))].sort();
  const apart = knobs.filter((knob) => new Set(learners.map((one) => valueIn(one, knob))).size > 1);
  return new Map(
    learners.map((one) => [one, apart.map((knob) => `${knob}=${valueIn(one, knob)}`).join(" ")]),
  );
}

/** Learners that are set alike and differ by their seeds, in rows; null where each stands alone. */
function overSeeds(
  rows: readonly ComparedRow[],
  learners: readonly ComparedLearner[],
): Comparison["seeds"] {
  if (rows.every(({ turned, seed }) => !rows.some((one) => one.turned === turned && one.seed !== seed))) {
    return null;
  }
  const labelOf = ({ turned }: ComparedRow) => turned || "all";
  const runs = rows.map((row, index): SummarisedRun => {
    const { bytes, secondsPerKind, config } = learners[index]!.status;
    return {
      ...row.measures,
      ...{ stream: "", label: labelOf(row), seed: row.seed, resultsMatrix: row.resultsMatrix, bytes },
      keepsOldData: describeKeptData(config.knobs.replay as string | undefined) !== undefined,
      coreSeconds: Object.values(secondsPerKind).reduce((sum, seconds) => sum + seconds, 0),
    };
  });
  const reference = labelOf(rows[0]!);
  return { reference, rows: summarise(runs, reference) };
}

function notesOn(prepared: readonly Prepared[], common: number, rows: readonly ComparedRow[]): string[] {
  const more = prepared.filter(({ known }) => known.length > common);
  const unpaired = rows.filter(({ gain }) => gain && !gain.paired);
  const name = (labels: readonly { label: string }[]) => labels.map(({ label }) => label).join(", ");
  return [
    ...more.length === 0 ? [] : [
      `Only the tasks that all have been run on are compared (${common}): ${
        name(more.map(({ learner }) => learner))
      } ${more.length === 1 ? "knows" : "know"} more.`,
    ],
    ...unpaired.length === 0 ? [] : [
      `Episodes of ${name(unpaired)} started from other states than those of ${
        rows[0]!.label
      } (another seed, or another order of tasks): ` +
      "their differences are not paired, and less certain.",
    ],
  ];
}
