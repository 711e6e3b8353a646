/**
 * Ends of episodes that the file does not mark, or marks in doubt: what next states, jumps and horizon tell.
 * @module
 */
import type { Rows } from "./blocks/block_rows.ts";
import { columnOf } from "./field_rows.ts";
import type { Fields } from "./fields.ts";
import { otherHorizon } from "./horizon_doubt.ts";
import type { Notice } from "./notice.ts";
import { judgeJumps } from "./doubtful_ends.ts";
import type { Ends } from "./episode_ends.ts";

/**
 * Adds the ends that follow from next states and horizon.
 * @param fields of the file
 * @param states `[N, S]`
 * @param leadsOn 1 where the next state is the following row's, `[N]`; undefined without next states
 * @param horizon in steps, where the file has one
 * @returns the notices where nothing in the file tells
 */
export function inferEnds(
  fields: Fields,
  ends: Ends,
  states: Rows,
  leadsOn: Uint8Array | undefined,
  horizon: number | undefined,
): Notice[] {
  const { terminals, timeouts } = ends;
  if (ends.known) return [];
  let jumps = 0, ledOn = 0, ended = 0;
  for (let row = 0; leadsOn && row + 1 < fields.size; row++) {
    const goesOn = leadsOn[row] === 1;
    if (terminals[row]) {
      ended++;
      if (goesOn) ledOn++;
    } else if (!goesOn) {
      timeouts[row] = 1;
      jumps++;
    }
  }
  if (jumps > 0 || terminals.every((terminal) => terminal === 1)) return [];
  if (horizon !== undefined) {
    cutAt(horizon, ends);
    return leadsOn ? [] : judgeHorizon(fields, states, ends, horizon);
  }
  if (!leadsOn) {
    return [endsUnknown(terminals, "there are no timeouts, no next_observations and no horizon")];
  }
  // Next states that lead from one episode into the next show no cut.
  return ended > 0 && ledOn < 0.9 * ended ? [] : [
    endsUnknown(
      terminals,
      "there are no timeouts, and next_observations go on from the first row to the last",
    ),
  ];
}

function judgeHorizon(fields: Fields, states: Rows, ends: Ends, horizon: number): Notice[] {
  const other = ends.terminals.includes(1) ? undefined : otherHorizon(states, horizon);
  if (other === undefined) return judgeJumps(fields, states, ends, true);
  return [{
    code: "episode-ends-unknown",
    field: "@horizon",
    message:
      `the horizon is ${horizon}, but the states jump after every ${other} rows, as if episodes were cut there`,
    advice:
      "put the attribute horizon right, or write timeouts (1 at the last row of each episode that was cut)",
  }];
}

function cutAt(horizon: number, { terminals, timeouts }: Ends): void {
  let length = 0;
  for (let row = 0; row < terminals.length; row++) {
    length = terminals[row] ? 0 : length + 1;
    if (length < horizon) continue;
    timeouts[row] = 1;
    length = 0;
  }
}

/**
 * Marked ends without next states: flags that mark nothing at all, and flags that the states contradict.
 * @param fields of the file
 * @param states `[N, S]`
 * @param ends flags, `[N]`
 * @param horizon in steps, where the file has one
 * @returns none where the marks are plausible
 */
export function judgeMarkedEnds(
  fields: Fields,
  states: Rows,
  ends: Ends,
  horizon?: number,
): Notice[] {
  const marksNone = !ends.timeouts.subarray(0, -1).includes(1) && !ends.terminals.includes(1);
  const lastIsMarked = fields.found.timeouts && columnOf(fields, fields.found.timeouts).at(-1) === 1;
  if (marksNone && !lastIsMarked && horizon === undefined && !fields.found.episodeIds) {
    return [
      endsUnknown(
        ends.terminals,
        "timeouts are 0 everywhere, and there are no next_observations and no horizon",
      ),
    ];
  }
  return judgeJumps(fields, states, ends, false);
}

function endsUnknown(terminals: Uint8Array, why: string): Notice {
  return {
    code: "episode-ends-unknown",
    field: "timeouts",
    message: `nothing tells where an episode was cut: ${why}, so that ${
      terminals.includes(1) ? "only terminals end an episode" : "all rows count as one episode"
    }`,
    advice:
      "write timeouts (1 at the last row of each episode that was cut), next_observations (the state that each step led " +
      "to, not the first one after a reset), episode_id, or the attribute horizon",
  };
}
