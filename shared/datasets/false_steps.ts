/**
 * Steps that never happened, and next states that belong to another episode: what vector environments write at resets.
 * @module
 */
import type { Ends } from "./episode_ends.ts";
import { type Fields, valuesOf } from "./fields.ts";
import { median, sampleRows } from "./doubtful_ends.ts";
import type { Notice } from "./notice.ts";
import { rowsWhere } from "./row_keys.ts";
import { sameState } from "./row_order.ts";

/** Share of the ends at which a pattern must show before it is believed. */
const MOST = 0.9;
/** How many times a usual step a reset is, in the columns that show it. */
const LEAP = 2.5;

/** The arrays that the judgement of steps looks at. */
export interface Steps {
  states: Float32Array;
  nextStates: Float32Array | undefined;
  rewards: Float32Array | undefined;
}

/** Rows that end an episode and have a row after them. */
function endsInside({ terminals, timeouts }: Ends): number[] {
  return rowsWhere(terminals.length - 1, (row) => terminals[row] === 1 || timeouts[row] === 1);
}

/** Whether the states leap in the rows after these ends, and not in the ends' own. */
function leapsAfter(
  states: Float32Array,
  nextStates: Float32Array,
  ends: readonly number[],
  columns: number,
): boolean {
  let after = 0, there = 0;
  for (let column = 0; column < columns; column++) {
    const step = (row: number) =>
      Math.abs(nextStates[row * columns + column]! - states[row * columns + column]!);
    const usual = median(sampleRows(states.length / columns).map(step));
    if (usual === 0) continue;
    const own = median(ends.map(step)) / usual;
    const following = median(ends.map((end) => step(end + 1))) / usual;
    if (following >= LEAP && own < following / 2) after += following;
    else if (own >= LEAP && following < own / 2) there += own;
  }
  return after > there;
}

/**
 * Rows that stand for a reset: since Gymnasium 1.0 the step after an end ignores its action and returns the first state of
 * the next episode with reward 0, so its row starts where the episode ended.
 *
 * @param cuts rows after which another environment's begin
 */
export function findResetRows(
  { states, nextStates, rewards }: Steps,
  ends: Ends,
  cuts: ReadonlySet<number>,
): number[] {
  const columns = states.length / ends.terminals.length;
  const isEnd = (row: number) => ends.terminals[row] === 1 || ends.timeouts[row] === 1;
  const inside = endsInside(ends).filter((end) => !cuts.has(end));
  const candidates = inside.filter((end) =>
    !isEnd(end + 1) || cuts.has(end + 1) || end + 2 === ends.terminals.length
  );
  const unpaid = rewards ? candidates.filter((end) => rewards[end + 1] === 0) : candidates;
  const resets = nextStates
    ? unpaid.filter((end) => sameState(nextStates, end, states, end + 1, columns))
    : unpaid;
  if (resets.length < 2 || resets.length < MOST * inside.length) return [];
  const sparse = !rewards || rewards.filter((reward) => reward === 0).length > 1.5 * resets.length + 2;
  if (sparse) {
    // Rewards of 0 say nothing here: the states must leap in the row after the end and not in the end's own.
    if (!nextStates) return [];
    if (!leapsAfter(states, nextStates, resets, columns)) return [];
  }
  return resets.map((end) => end + 1);
}

/** The notice of rows that were left out as resets. */
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
 * @param nextStates `[N, S]`, changed in place
 */
export function repairLastStates(fields: Fields, { states, nextStates }: Steps, ends: Ends): Notice[] {
  if (!nextStates) return [];
  const columns = states.length / fields.size;
  const reset = (row: number) =>
    nextStates.set(states.subarray(row * columns, (row + 1) * columns), row * columns);
  const cut = endsInside(ends).filter((row) => ends.timeouts[row]);
  const foreign = cut.filter((row) => sameState(nextStates, row, states, row + 1, columns));
  if (foreign.length >= 2 && foreign.length >= MOST * cut.length) {
    for (const row of foreign) reset(row);
    return [
      describe(
        fields,
        foreign,
        "the next state is the first state of the next episode",
        "next-state-of-next-episode",
      ),
    ];
  }
  const absent = absentStates(fields, nextStates, states, ends);
  if (absent.length === 0) return [];
  for (const row of absent) reset(row);
  return [describe(fields, absent, "the next state is all zeros or not a number", "next-state-not-a-number")];
}

/** Ends by a cut whose next state is no number, or zeros at nearly all of them. */
function absentStates(
  fields: Fields,
  nextStates: Float32Array,
  states: Float32Array,
  { timeouts }: Ends,
): number[] {
  const columns = states.length / fields.size;
  const values = valuesOf(fields, fields.found.nextStates!, columns);
  const cut = rowsWhere(fields.size, (row) => timeouts[row] === 1);
  const unusable = cut.filter((row) =>
    !values.subarray(row * columns, (row + 1) * columns).every((value: number) => Number.isFinite(value))
  );
  if (unusable.length > 0) return unusable;
  const zeros = cut.filter((row) => isZero(nextStates, row, columns) && !isZero(states, row, columns));
  return zeros.length >= 2 && zeros.length >= MOST * cut.length ? zeros : [];
}

function isZero(values: Float32Array, row: number, columns: number): boolean {
  for (let i = row * columns; i < (row + 1) * columns; i++) if (values[i] !== 0) return false;
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
