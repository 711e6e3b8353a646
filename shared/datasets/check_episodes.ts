/**
 * Checks of episodes: no longer than the horizon, each row the successor of the one before.
 * @module
 */
import { type Rows, takeRows } from "./blocks/block_rows.ts";
import { DatasetError } from "./dataset.ts";
import type { Ends } from "./episode_ends.ts";
import { type Fields, placeOf } from "./fields.ts";
import type { Notice } from "./notice.ts";
import type { Following } from "./row_order.ts";

/**
 * Refuses episodes that are longer than the horizon, and rows that are no successors inside one.
 *
 * @param following undefined where each row's next state was made of the following row
 * @param doubt an explanation of rows that are no successors, where one is known
 * @throws {DatasetError} naming the first row that is wrong
 */
export function checkEpisodes(
  fields: Fields,
  { terminals, timeouts }: Ends,
  states: Rows,
  following: Following | undefined,
  horizon = Infinity,
  doubt?: Notice,
): void {
  let length = 0;
  for (let row = 0; row < fields.size; row++) {
    length++;
    if (length > horizon) {
      throw new DatasetError(
        placeOf(fields, { ...fields.found.states!, name: "timeouts" }, row, undefined, length),
        `an episode is longer than the horizon of ${horizon} steps; mark its end in terminals or timeouts`,
      );
    }
    if (terminals[row] || timeouts[row]) length = 0;
    else if (following && !following.leadsOn[row]) {
      if (doubt) {
        throw new DatasetError(
          placeOf(fields, fields.found.states!, row),
          `${doubt.message}; ${doubt.advice}`,
        );
      }
      const shift = shiftOfEnds({ terminals, timeouts }, following.leadsOn);
      throw brokenStep(fields, states, following.nextStates, row, shift);
    }
  }
}

function brokenStep(
  fields: Fields,
  states: Rows,
  nextStates: Rows,
  row: number,
  shift: -1 | 0 | 1,
): DatasetError {
  const { columns } = states;
  const [own, next] = [takeRows(nextStates, [row]), takeRows(states, [row + 1])];
  const field = fields.found.nextStates ?? fields.found.states!;
  for (let column = 0; column < columns; column++) {
    const value = own[column]!;
    const following = next[column]!;
    if (Math.abs(value - following) <= 1e-5 * (1 + Math.abs(value))) continue;
    return new DatasetError(
      placeOf(fields, field, row, column, value),
      `the next row starts at ${following} although the episode goes on; ${
        shift === 0
          ? "mark the end of the episode in timeouts, or mend the next state"
          : shift > 0
          ? "ends are marked one row too early: write 1 at the last row of each episode, not at the row before it"
          : "ends are marked one row too late: write 1 at the last row of each episode, not at the row after it"
      }`,
    );
  }
  return new DatasetError(placeOf(fields, field, row), "the next state is not the following row's state");
}

/** 1: nearly all trajectories break off one row after a marked end, -1: one row before; 0: neither. */
function shiftOfEnds(
  { terminals, timeouts }: Pick<Ends, "terminals" | "timeouts">,
  leadsOn: Uint8Array,
): -1 | 0 | 1 {
  const isEnd = (row: number) => terminals[row] === 1 || timeouts[row] === 1;
  let breaks = 0, early = 0, late = 0;
  for (let row = 0; row + 1 < terminals.length; row++) {
    if (isEnd(row) || leadsOn[row]) continue;
    breaks++;
    if (row > 0 && isEnd(row - 1)) early++;
    // The last row ends an episode in any case.
    if (isEnd(row + 1) && row + 2 < terminals.length) late++;
  }
  if (breaks < 2) return 0;
  return early >= 0.8 * breaks ? 1 : late >= 0.8 * breaks ? -1 : 0;
}
