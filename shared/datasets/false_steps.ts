/**
 * Steps that never happened, and next states that belong to another episode: what vector environments write at resets.
 * @module
 */
import type { Ends } from "./episode_ends.ts";
import type { Fields } from "./fields.ts";
import type { Notice } from "./notice.ts";
import { sameState } from "./row_order.ts";

/** Share of the ends at which a pattern must show before it is believed. */
const MOST = 0.9;

/** The arrays that the judgement of steps looks at. */
export interface Steps {
  states: Float32Array;
  nextStates: Float32Array | undefined;
  rewards: Float32Array | undefined;
}

/** Rows that end an episode and have a row after them. */
function endsInside({ terminals, timeouts }: Ends): number[] {
  return Array.from({ length: terminals.length - 1 }, (_, row) => row)
    .filter((row) => terminals[row] || timeouts[row]);
}

function jump(states: Float32Array, nextStates: Float32Array, row: number, columns: number): number {
  let sum = 0;
  for (let i = row * columns; i < (row + 1) * columns; i++) sum += Math.abs(states[i]! - nextStates[i]!);
  return sum;
}

/**
 * Rows that stand for a reset: since Gymnasium 1.0 the step after an end ignores its action and returns the first state of
 * the next episode with reward 0, so its row starts where the episode ended.
 */
export function findResetRows({ states, nextStates, rewards }: Steps, ends: Ends): number[] {
  if (!nextStates) return [];
  const columns = states.length / ends.terminals.length;
  const candidates = endsInside(ends);
  const resets = candidates.filter((end) =>
    sameState(nextStates, end, states, end + 1, columns) && (rewards?.[end + 1] ?? 0) === 0 &&
    jump(states, nextStates, end + 1, columns) > jump(states, nextStates, end, columns)
  );
  return resets.length >= 2 && resets.length >= MOST * candidates.length ? resets.map((end) => end + 1) : [];
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
  const empty = cut.filter((row) => isZero(nextStates, row, columns) && !isZero(states, row, columns));
  if (empty.length < 2) return [];
  for (const row of empty) reset(row);
  return [describe(fields, empty, "the next state is all zeros or not a number", "next-state-not-a-number")];
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
