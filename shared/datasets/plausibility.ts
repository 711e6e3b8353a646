/**
 * What is legal and implausible in whole datasets: padding, doubled rows, terminals that are none, nothing to learn, digits
 * that 32 bits do not hold.
 * @module
 */
import type { Dataset } from "./dataset.ts";
import { episodesOf } from "./episodes.ts";
import { type Field, type Fields, valuesOf } from "./fields.ts";
import type { Notice } from "./notice.ts";
import { sameState } from "./row_order.ts";

const DOUBLED_SHARE = 0.1;
const SAMPLES = 4096;

/** Everything that a dataset as a whole shows. */
export function judgePlausibility(dataset: Dataset, fields: Fields): Notice[] {
  return [
    ...judgePadding(dataset),
    ...judgeDoubles(dataset),
    ...judgeTerminals(dataset),
    ...judgeRewards(dataset),
    ...judgeDigits(fields),
  ];
}

function judgePadding(
  { states, actions, rewards, size, stateDim, actionDim, metadata }: Dataset,
): Notice[] {
  if (metadata.discreteActions !== undefined) return [];
  const zero = (values: Float32Array, row: number, columns: number) => {
    for (let i = row * columns; i < (row + 1) * columns; i++) if (values[i] !== 0) return false;
    return true;
  };
  const rows = Array.from({ length: size }, (_, row) => row).filter((row) =>
    rewards[row] === 0 && zero(states, row, stateDim) && zero(actions, row, actionDim)
  );
  if (rows.length < Math.max(3, size / 200)) return [];
  return [{
    code: "rows-padded",
    field: "terminals",
    row: rows[0]!,
    message: `${rows.length} rows are all zeros, states, actions and reward: they look like padding`,
    advice: "leave them out, or mark the true rows with 1 in mask",
  }];
}

function judgeDoubles(
  { states, actions, nextStates, rewards, size, stateDim, actionDim }: Dataset,
): Notice[] {
  const parts: [Uint32Array, number][] = [[states, stateDim], [actions, actionDim], [nextStates, stateDim], [
    rewards,
    1,
  ]].map(([values, columns]) => [bitsOf(values as Float32Array), columns as number]);
  const seen = new Set<number>();
  let first: number | undefined;
  for (let row = 0; row < size; row++) {
    const before = seen.size;
    seen.add(hashRow(parts, row));
    if (seen.size === before) first ??= row;
  }
  const doubled = size - seen.size;
  if (first === undefined || doubled < DOUBLED_SHARE * size) return [];
  return [{
    code: "rows-doubled",
    row: first,
    message:
      `${doubled} of ${size} rows stand there twice or more (duplicates): rows that are held out for judging the replay ` +
      "are among those trained on",
    advice: "write each transition once",
  }];
}

const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** 53 bits of a row's content (two FNV-1a hashes). */
function hashRow(parts: readonly [Uint32Array, number][], row: number): number {
  let low = 0x811c9dc5, high = 0x01000193;
  for (const [bits, columns] of parts) {
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      low = Math.imul(low ^ bits[i]!, 0x01000193);
      high = Math.imul(high ^ ((bits[i]! >>> 7) + low), 0x85ebca6b);
    }
  }
  return (low >>> 0) * 0x200000 + ((high >>> 0) & 0x1fffff);
}

function judgeTerminals(dataset: Dataset): Notice[] {
  const { terminals, states, nextStates, size, stateDim } = dataset;
  const rows = Array.from({ length: size }, (_, row) => row).filter((row) => terminals[row]);
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
  return judgeTimeLimits(dataset);
}

function judgeTimeLimits(dataset: Dataset): Notice[] {
  const episodes = episodesOf(dataset);
  const ended = episodes.filter(({ terminal }) => terminal);
  const longest = dataset.metadata.horizon ?? Math.max(...episodes.map(({ start, end }) => end - start));
  const atLimit = ended.filter(({ start, end }) => end - start === longest);
  if (longest < 2 || atLimit.length < 3) return [];
  const timeLimits = episodes.length - ended.length - 1;
  const all = atLimit.length === ended.length;
  if (!all && (timeLimits > 0 || atLimit.length < 0.2 * episodes.length)) return [];
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
  const least = Math.min(...returns), most = Math.max(...returns);
  if (returns.length < 2 || most - least > 1e-6 * Math.max(1, Math.abs(most))) return [];
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

/** Columns of 64-bit numbers that have far fewer values in 32 bits. */
function digitsLost(fields: Fields, field: Field): Notice[] {
  if (!(field.data instanceof Float64Array)) return [];
  const columns = field.data.length / field.shape[0]!;
  const values = valuesOf(fields, field, columns);
  const rows = Math.min(fields.size, SAMPLES);
  for (let column = 0; column < columns; column++) {
    const wide = new Set<number>(), narrow = new Set<number>();
    for (let row = 0; row < rows; row++) {
      const value = values[row * columns + column]!;
      wide.add(value);
      narrow.add(Math.fround(value));
    }
    if (wide.size < 8 || narrow.size >= wide.size / 2) continue;
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
