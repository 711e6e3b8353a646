/**
 * What is legal and implausible in whole datasets: padding, doubled rows, terminals that are none, nothing to learn, digits
 * that 32 bits do not hold.
 * @module
 */
import type { Dataset } from "./dataset.ts";
import { episodesOf } from "./episodes.ts";
import { type Field, type Fields, flagsOf, valuesOf } from "./fields.ts";
import type { Notice } from "./notice.ts";
import { judgeCopies } from "./row_copies.ts";
import { rowsWhere } from "./row_keys.ts";
import { sameState } from "./row_order.ts";

const SAMPLES = 4096;

/**
 * Everything that a dataset as a whole shows.
 *
 * @param unpadded whether no padding was found, whose rows would be copies of one another
 */
export function judgePlausibility(dataset: Dataset, fields: Fields, unpadded = true): Notice[] {
  const notices = [
    ...(unpadded ? judgeCopies(dataset) : []),
    ...judgeTerminals(dataset, fields),
    ...judgeRewards(dataset),
  ];
  const { rows } = fields;
  const inFile = notices.map((notice) =>
    rows && notice.row !== undefined ? { ...notice, row: rows[notice.row]! } : notice
  );
  return [...inFile, ...judgeDigits(fields)];
}

/** Time limits that stand in both fields of flags: then terminals hold what `done` did in old Gym. */
function judgeBothFlags(fields: Fields): Notice[] | undefined {
  const { terminals, timeouts } = fields.found;
  if (!terminals || !timeouts) return undefined;
  const ended = flagsOf(fields, terminals), cut = flagsOf(fields, timeouts);
  const both = rowsWhere(cut.length, (row) => cut[row] === 1 && ended[row] === 1);
  const cuts = cut.reduce((sum, flag) => sum + flag, 0);
  if (both.length < 3 || both.length < 0.5 * cuts || cuts === fields.size) return undefined;
  return [{
    code: "terminals-at-time-limit",
    field: terminals.name,
    row: both[0]!,
    message:
      `${both.length} of ${cuts} rows with 1 in ${timeouts.name} have 1 in ${terminals.name} as well, and count as ends ` +
      "of the task: a time limit is none, and a terminal's value is 0",
    advice: `write 0 to ${terminals.name} where an episode was cut`,
  }];
}

function judgeTerminals(dataset: Dataset, fields: Fields): Notice[] {
  const { terminals, states, nextStates, size, stateDim } = dataset;
  const rows = rowsWhere(size, (row) => terminals[row] === 1);
  const inARow = rows.filter((row) => row > 0 && terminals[row - 1]);
  if (inARow.length > 0.2 * rows.length && rows.length < size) {
    const continued = rows.filter((row) =>
      row + 1 < size && sameState(nextStates, row, states, row + 1, stateDim)
    );
    return [{
      code: "terminals-in-a-row",
      field: "terminals",
      row: inARow[0]!,
      message:
        `terminals stay 1 for several rows in a row (${rows.length} terminal rows, ${inARow.length} of them right ` +
        `after another): each would be an episode of one step${
          continued.length > 1 ? ", although the trajectory goes on" : ""
        }`,
      advice:
        "write 1 only where the task ended and the episode with it; where it goes on at the goal, write 0, and 1 in " +
        "timeouts where it was cut",
    }];
  }
  return judgeBothFlags(fields) ?? judgeTimeLimits(dataset);
}

function judgeTimeLimits(dataset: Dataset): Notice[] {
  const episodes = episodesOf(dataset);
  const ended = episodes.filter(({ terminal }) => terminal);
  const longest = episodes.reduce((most, { start, end }) => Math.max(most, end - start), 0);
  const ofLength = (length: number) => ended.filter(({ start, end }) => end - start === length);
  const atLimit = ofLength(longest);
  if (longest < 2 || atLimit.length < 3) return [];
  const timeLimits = episodes.length - ended.length - 1;
  const all = atLimit.length === ended.length;
  // A limit piles up what would have gone on; lengths that thin out by themselves do not.
  const piled = atLimit.length >= 0.2 * episodes.length && atLimit.length > 2 * ofLength(longest - 1).length;
  if (!all && (timeLimits > 0 || !piled)) return [];
  return [{
    code: "terminals-at-time-limit",
    field: "terminals",
    row: atLimit[0]!.end - 1,
    message:
      `${all ? "every" : `${atLimit.length} of ${ended.length}`} terminal${all ? "" : "s"} come${
        all ? "s" : ""
      } at step ` +
      `${longest}, ${
        all ? "none before" : "and no episode is longer"
      }: a time limit is no end of the task, and a terminal's ` +
      "value is 0",
    advice: "write time limits to timeouts and 0 to terminals there",
  }];
}

function judgeRewards(dataset: Dataset): Notice[] {
  if (dataset.rewards.every((reward) => reward === 0)) {
    return [{
      code: "rewards-all-zero",
      field: "rewards",
      message: "all rewards are 0: there is nothing to learn from, and no score can be measured",
      advice: "write the task's rewards, or say how they are made with --reward",
    }];
  }
  const returns = episodesOf(dataset).map((episode) => episode.return);
  const least = returns.reduce((a, b) => Math.min(a, b)), most = returns.reduce((a, b) => Math.max(a, b));
  const { returnRandom, returnFinalPolicy } = dataset.metadata;
  const known = returnRandom !== undefined && returnFinalPolicy !== undefined &&
    returnFinalPolicy > returnRandom;
  const scale = Math.max(Math.abs(least), Math.abs(most));
  if (returns.length < 2 || known || most - least > 1e-6 * Math.max(1, scale)) return [];
  if (most - least > 1e-6 * scale) {
    return [{
      code: "returns-all-equal",
      field: "rewards",
      message: `the returns of all episodes lie within ${
        (most - least).toPrecision(3)
      }: too little to learn from`,
      advice: "multiply the rewards, so that returns differ by 1 or more",
    }];
  }
  return [{
    code: "returns-all-equal",
    field: "rewards",
    message: `the return of every episode is ${
      Number(most.toPrecision(6))
    }: no score can be measured (one point of return would be 100 of score)`,
    advice: "add episodes of other quality, or the attributes return_random and return_final_policy",
  }];
}

function judgeDigits(fields: Fields): Notice[] {
  const { states, actions, rewards } = fields.found;
  return [states, actions, rewards].flatMap((field) => field ? digitsLost(fields, field) : []);
}

/** Columns whose numbers differ in digits only that 32 bits do not hold. */
function digitsLost(fields: Fields, field: Field): Notice[] {
  if (field.integer && field.data.BYTES_PER_ELEMENT < 4) return [];
  const columns = field.data.length / field.shape[0]!;
  const values = valuesOf(fields, field, columns);
  const rows = Math.min(fields.size, SAMPLES);
  for (let column = 0; column < columns; column++) {
    const wide = new Set<number>(), narrow = new Set<number>();
    let least = Infinity, most = -Infinity;
    for (let i = 0; i < rows; i++) {
      const value = values[Math.floor(i * fields.size / rows) * columns + column]!;
      wide.add(value);
      narrow.add(Math.fround(value));
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    const isHalved = wide.size >= 8 && narrow.size < wide.size / 2;
    // Already lost where the numbers were written as float32: 2^-24 is the smallest relative step.
    const isCoarse = most > least &&
      most - least < 64 * 2 ** -24 * Math.max(Math.abs(least), Math.abs(most));
    if (!isHalved && !isCoarse) continue;
    return [{
      code: "digits-lost",
      field: field.name,
      message:
        `column ${column} has ${wide.size} values in ${rows} rows and ${narrow.size} in float32, in which everything is ` +
        "computed",
      advice: "subtract what is common to all (a start time), or leave the column out",
    }];
  }
  return [];
}
