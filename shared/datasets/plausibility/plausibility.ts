/**
 * What is legal and implausible in whole datasets: padding, doubled rows, terminals that are time limits, nothing to learn, digits
 * that 32 bits do not hold.
 * @module
 */
import { takeRows } from "../blocks/block_rows.ts";
import type { DatasetRows } from "../dataset.ts";
import { judgeDigits } from "./digits.ts";
import { episodesOf } from "../dataset_summary.ts";
import { flagsOf } from "../field_rows.ts";
import type { Fields } from "../fields.ts";
import type { Notice } from "../notice.ts";
import { judgeCopies } from "./row_copies.ts";
import { rowsWhere } from "./row_keys.ts";
import { sameState } from "../steps.ts";

/**
 * Everything that a dataset as a whole shows.
 *
 * @param dataset as it is learnt from
 * @param fields of the file, for the rows in it
 * @param unpadded whether no padding was found, whose rows would be copies of one another
 * @returns notices
 */
export function judgePlausibility(dataset: DatasetRows, fields: Fields, unpadded = true): Notice[] {
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

function judgeTerminals(dataset: DatasetRows, fields: Fields): Notice[] {
  const { terminals, size } = dataset;
  const rows = rowsWhere(size, (row) => terminals[row] === 1);
  const inARow = rows.filter((row) => row > 0 && terminals[row - 1]);
  if (inARow.length > 0.2 * rows.length && rows.length < size) {
    const continued = continuedRows(dataset, rows);
    return [{
      code: "terminals-in-a-row",
      field: "terminals",
      row: inARow[0]!,
      message:
        `terminals stay 1 for several rows in a row (${rows.length} terminal rows, ${inARow.length} of them right ` +
        `after another): each would be an episode of one step${
          continued > 1 ? ", although the trajectory goes on" : ""
        }`,
      advice:
        "write 1 only where the task ended and the episode with it; where it goes on at the goal, write 0, and 1 in " +
        "timeouts where it was cut",
    }];
  }
  return judgeBothFlags(fields) ?? judgeTimeLimits(dataset);
}

/** How many of these rows lead on to the row behind them. */
function continuedRows({ states, nextStates, size, stateDim }: DatasetRows, rows: readonly number[]): number {
  let continued = 0;
  for (const row of rows) {
    if (row + 1 >= size) continue;
    const next = takeRows(nextStates, [row]);
    if (sameState(next, 0, states.read(row + 1, row + 2), 0, stateDim)) continued++;
  }
  return continued;
}

function judgeTimeLimits(dataset: DatasetRows): Notice[] {
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

function judgeRewards(dataset: DatasetRows): Notice[] {
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
