/**
 * Steps that never happened, and next states that belong to another episode: what vector environments write at resets.
 * @module
 */
import { type Rows, takeRows } from "./blocks/block_rows.ts";
import type { Ends } from "./episode_ends.ts";
import type { Fields } from "./fields.ts";
import { atMost, median, sampleRows } from "./doubtful_ends.ts";
import type { Notice } from "./notice.ts";
import { rowsWhere } from "./plausibility/row_keys.ts";
import type { Following } from "./row_order.ts";

/** Share of the ends at which a pattern must show before it is believed. */
const MOST = 0.9;
/** How many times a usual step a reset is, in the columns that show it. */
const LEAP = 2.5;

/** The arrays that the judgement of steps looks at. */
export interface Steps {
  states: Rows;
  following: Following | undefined;
  rewards: Float32Array | undefined;
}

/** Rows that end an episode and have a row after them. */
function endsInside({ terminals, timeouts }: Ends): number[] {
  return rowsWhere(terminals.length - 1, (row) => terminals[row] === 1 || timeouts[row] === 1);
}

/** Whether the states leap in the rows after these ends, and not in the ends' own. */
function leapsAfter(states: Rows, nextStates: Rows, all: number[]): boolean {
  const { size, columns } = states;
  const ends = atMost(all, columns);
  const stepsAt = (rows: number[]) => {
    const [from, to] = [takeRows(states, rows), takeRows(nextStates, rows)];
    return (column: number) =>
      rows.map((_, i) => Math.abs(to[i * columns + column]! - from[i * columns + column]!));
  };
  const [sampled, at, behind] = [sampleRows(size), ends, ends.map((end) => end + 1)].map(stepsAt);
  let after = 0, there = 0;
  for (let column = 0; column < columns; column++) {
    const usual = median(sampled!(column));
    if (usual === 0) continue;
    const own = median(at!(column)) / usual;
    const following = median(behind!(column)) / usual;
    if (following >= LEAP && own < following / 2) after += following;
    else if (own >= LEAP && following < own / 2) there += own;
  }
  return after > there;
}

/**
 * Rows that stand for a reset: since Gymnasium 1.0 the step after an end ignores its action and returns the first state of
 * the next episode with reward 0, so its row starts where the episode ended.
 *
 * @param ends flags, `[N]`
 * @param cuts rows after which another environment's begin
 * @param steps states, next states and rewards
 * @returns rising; none where there are too few to be sure
 */
export function findResetRows(
  { states, following, rewards }: Steps,
  ends: Ends,
  cuts: ReadonlySet<number>,
): number[] {
  const isEnd = (row: number) => ends.terminals[row] === 1 || ends.timeouts[row] === 1;
  const inside = endsInside(ends).filter((end) => !cuts.has(end));
  const candidates = inside.filter((end) =>
    !isEnd(end + 1) || cuts.has(end + 1) || end + 2 === ends.terminals.length
  );
  const unpaid = rewards ? candidates.filter((end) => rewards[end + 1] === 0) : candidates;
  const resets = following ? unpaid.filter((end) => following.leadsOn[end] === 1) : unpaid;
  if (resets.length < 2 || resets.length < MOST * inside.length) return [];
  const sparse = !rewards || zerosIn(rewards) > 1.5 * resets.length + 2;
  if (sparse) {
    // Rewards of 0 say nothing here: the states must leap in the row after the end and not in the end's own.
    if (!following) return [];
    if (!leapsAfter(states, following.nextStates, resets)) return [];
  }
  return resets.map((end) => end + 1);
}

function zerosIn(values: Float32Array): number {
  let zeros = 0;
  for (const value of values) if (value === 0) zeros++;
  return zeros;
}

/**
 * The notice of rows that were left out as resets.
 *
 * @param fields of the file
 * @param rows those that were left out
 * @returns the notice, with the first of them
 */
export function resetNotice(fields: Fields, rows: readonly number[]): Notice {
  const row = fields.rows?.[rows[0]!] ?? rows[0]!;
  return {
    code: "reset-steps",
    field: fields.found.states!.name,
    row,
    message:
      `${rows.length} rows after an end are resets and no steps: they start where the episode ended, with reward 0; ` +
      "they are left out",
    advice:
      "leave out the step after each end when recording a Gymnasium vector environment, or record with " +
      "autoreset_mode SAME_STEP",
  };
}

/**
 * Next states at ends that are those of another episode, or not numbers: they are replaced by the rule for absent ones (the
 * row's own state).
 *
 * @param fields of the file
 * @param ends flags, `[N]`
 * @param noNumbers rows whose next state is not all numbers
 * @param writable the next states, where they may be changed
 * @returns notices; next states only where the file has them
 */
export function repairLastStates(
  fields: Fields,
  { states, following }: Steps,
  ends: Ends,
  noNumbers: readonly number[],
  writable: (nextStates: Rows) => Rows,
): { notices: Notice[]; nextStates: Rows | undefined } {
  if (!following) return { notices: [], nextStates: undefined };
  const { leadsOn } = following;
  const cut = endsInside(ends).filter((row) => ends.timeouts[row]);
  const foreign = cut.filter((row) => leadsOn[row] === 1);
  const isForeign = foreign.length >= 2 && foreign.length >= MOST * cut.length;
  const wrong = isForeign ? foreign : absentStates(fields, following.nextStates, states, ends, noNumbers);
  if (wrong.length === 0) return { notices: [], nextStates: following.nextStates };
  const nextStates = writable(following.nextStates);
  for (const row of wrong) nextStates.write!(row, states.read(row, row + 1));
  const notice = isForeign
    ? describe(
      fields,
      wrong,
      "the next state is the first state of the next episode",
      "next-state-of-next-episode",
    )
    : describe(fields, wrong, "the next state is all zeros or not a number", "next-state-not-a-number");
  return { notices: [notice], nextStates };
}

/** Ends by a cut whose next state is no number, or zeros at nearly all of them. */
function absentStates(
  { size }: Fields,
  nextStates: Rows,
  states: Rows,
  { timeouts }: Ends,
  noNumbers: readonly number[],
): number[] {
  const unusable = noNumbers.filter((row) => timeouts[row] === 1);
  if (unusable.length > 0) return unusable;
  const cut = rowsWhere(size, (row) => timeouts[row] === 1);
  const zeros = cut.filter((row) =>
    isZero(nextStates.read(row, row + 1)) && !isZero(states.read(row, row + 1))
  );
  return zeros.length >= 2 && zeros.length >= MOST * cut.length ? zeros : [];
}

function isZero(row: Float32Array): boolean {
  for (let i = 0; i < row.length; i++) if (row[i] !== 0) return false;
  return true;
}

function describe(
  fields: Fields,
  rows: readonly number[],
  what: string,
  code: Notice["code"],
): Notice {
  const field = fields.found.nextStates!.name;
  const row = fields.rows?.[rows[0]!] ?? rows[0]!;
  return {
    code,
    field,
    row,
    message: `at ${rows.length} ends of episodes ${what}; the row's own state is used there`,
    advice: `write the state that the last step led to into ${field} (final_observation in Gymnasium)`,
  };
}
